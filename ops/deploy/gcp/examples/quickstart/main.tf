# Everything from nothing: a repository for the image, a secret for the tokens, and the service.
# The README says in which order.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
}

variable "project" {
  type = string
}

variable "region" {
  type    = string
  default = "europe-west3"
}

variable "digest" {
  description = "Of the image that was pushed: sha256:..."
  type        = string
}

provider "google" {
  project = var.project
  region  = var.region
}

resource "google_artifact_registry_repository" "this" {
  #checkov:skip=CKV_GCP_84:the key of Google encrypts it
  location      = var.region
  repository_id = "sla-tracker"
  format        = "DOCKER"

  docker_config {
    immutable_tags = true
  }
}

# Its value is put there by hand: Terraform would keep it in its state.
resource "google_secret_manager_secret" "api_tokens" {
  secret_id = "sla-tracker-api-tokens"

  replication {
    auto {}
  }
}

module "sla_tracker" {
  source = "../.."

  project           = var.project
  region            = var.region
  image             = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}/sla-tracker@${var.digest}"
  sla_config        = file("${path.module}/../../../../../sla_config.yaml")
  api_tokens_secret = google_secret_manager_secret.api_tokens.secret_id

  # As small as it goes. For a service that others rely on, leave these four out.
  api               = { cpu = "1", memory = "512Mi", minimum = 1, maximum = 2 }
  worker            = { cpu = "1", memory = "512Mi", count = 1 }
  database_tier     = "db-f1-micro"
  database_regional = false
}

output "url" {
  value = module.sla_tracker.url
}
