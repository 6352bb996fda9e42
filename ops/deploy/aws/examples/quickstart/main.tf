# Everything from nothing: a repository for the image, a secret for the tokens, and the service.
# The README says in which order.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.66"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "digest" {
  description = "Of the image that was pushed: sha256:..."
  type        = string
}

variable "certificate_arn" {
  description = "A certificate in ACM for your domain, in the same region."
  type        = string
}

variable "domain" {
  description = "As in sla.example.com."
  type        = string
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { service = "sla-tracker" }
  }
}

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:the key of AWS encrypts it
  name                 = "sla-tracker"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# Its value is put there by hand: Terraform would keep it in its state.
resource "aws_secretsmanager_secret" "api_tokens" {
  #checkov:skip=CKV_AWS_149:the key of AWS encrypts it
  #checkov:skip=CKV2_AWS_57:tokens are changed by whoever gives them out
  name        = "sla-tracker/api-tokens"
  description = "API_TOKENS: <token>:<scope>,<scope>, separated by spaces"
}

module "sla_tracker" {
  source = "../.."

  image                 = "${aws_ecr_repository.this.repository_url}@${var.digest}"
  sla_config            = file("${path.module}/../../../../../sla_config.yaml")
  certificate_arn       = var.certificate_arn
  public_url            = "https://${var.domain}"
  api_tokens_secret_arn = aws_secretsmanager_secret.api_tokens.arn

  # As small as it goes. For a service that others rely on, leave these four out.
  api               = { cpu = 256, memory = 512, minimum = 1, maximum = 2 }
  worker            = { cpu = 256, memory = 512, count = 1 }
  database_class    = "db.t4g.micro"
  database_multi_az = false
}

output "repository" {
  value = aws_ecr_repository.this.repository_url
}

output "load_balancer" {
  value = module.sla_tracker.load_balancer
}

output "api_tokens_secret_arn" {
  value = aws_secretsmanager_secret.api_tokens.arn
}
