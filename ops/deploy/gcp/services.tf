# One image in three roles: the migrations before a roll-out, api, and worker. A roll-out starts the new instances,
# and leaves the old ones in place until the new ones are ready; `terraform apply` waits for it and fails with it.

locals {
  port = 8000
}

# No secret, but this is how Cloud Run mounts a file. A revision names its version: rolled back with it.
resource "google_secret_manager_secret" "sla_config" {
  project   = var.project
  secret_id = "${var.name}-config"

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "sla_config" {
  secret          = google_secret_manager_secret.sla_config.id
  secret_data     = var.sla_config
  deletion_policy = "ABANDON" # earlier revisions still name the earlier ones
}

resource "google_cloud_run_v2_job" "migrate" {
  project             = var.project
  location            = var.region
  name                = "${var.name}-migrate"
  deletion_protection = var.deletion_protection

  template {
    task_count = 1

    template {
      service_account = google_service_account.part["migrate"].email
      max_retries     = 0
      timeout         = "600s"

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"

        network_interfaces {
          network    = local.network
          subnetwork = local.subnetwork
        }
      }

      containers {
        image = var.image
        args  = ["migrate"]

        env {
          name = "DATABASE_URL"

          value_source {
            secret_key_ref {
              secret  = local.database_url.DATABASE_URL.secret
              version = local.database_url.DATABASE_URL.version
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads]
}

# The step before: it fails, and nothing is rolled out. It needs the gcloud CLI where Terraform runs.
resource "terraform_data" "migrated" {
  triggers_replace = [var.image, google_cloud_run_v2_job.migrate.uid, local.database_url.DATABASE_URL]

  provisioner "local-exec" {
    command = "gcloud run jobs execute \"$JOB\" --project \"$PROJECT\" --region \"$REGION\" --wait"

    environment = {
      JOB     = google_cloud_run_v2_job.migrate.name
      PROJECT = var.project
      REGION  = var.region
    }
  }
}

locals {
  # The worker is a service that nobody calls, not a worker pool: only services had health checks in the provider that
  # this was checked against. As many of it as wanted always run, no more and no fewer.
  services = {
    api = {
      size    = var.api
      maximum = var.api.maximum
      minimum = var.api.minimum
      ingress = var.domain == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    }
    worker = {
      size    = var.worker
      maximum = var.worker.count
      minimum = var.worker.count
      ingress = "INGRESS_TRAFFIC_INTERNAL_ONLY"
    }
  }
}

resource "google_cloud_run_v2_service" "part" {
  for_each = local.services

  project             = var.project
  location            = var.region
  name                = "${var.name}-${each.key}"
  deletion_protection = var.deletion_protection
  ingress             = each.value.ingress

  scaling {
    min_instance_count = each.value.minimum
  }

  template {
    service_account       = google_service_account.part[each.key].email
    execution_environment = "EXECUTION_ENVIRONMENT_GEN2"

    # A WebSocket is a request: the longest that Cloud Run knows. Clients come again, and miss nothing.
    timeout                          = "3600s"
    max_instance_request_concurrency = 200

    scaling {
      max_instance_count = each.value.maximum
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"

      network_interfaces {
        network    = local.network
        subnetwork = local.subnetwork
      }
    }

    volumes {
      name = "config"

      secret {
        secret       = google_secret_manager_secret.sla_config.secret_id
        default_mode = 292 # 0444

        items {
          path    = "sla_config.yaml"
          version = google_secret_manager_secret_version.sla_config.version
        }
      }
    }

    containers {
      name  = each.key
      image = var.image
      args  = ["serve", "--role", each.key, "--host", "0.0.0.0", "--port", tostring(local.port)]

      ports {
        container_port = local.port
      }

      resources {
        limits            = { cpu = each.value.size.cpu, memory = each.value.size.memory }
        cpu_idle          = false # alerts do not sleep, and the api follows the log between requests
        startup_cpu_boost = true
      }

      volume_mounts {
        name       = "config"
        mount_path = local.config_folder
      }

      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 5
        failure_threshold = 48 # four minutes, as long as Cloud Run allows

        http_get {
          path = "/ready"
          port = local.port
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 10 # five minutes: a database that fails over is no reason to restart

        http_get {
          path = "/health"
          port = local.port
        }
      }

      dynamic "env" {
        for_each = { for name, value in local.environment : name => value if value != "" }

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secrets

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reads, terraform_data.migrated]
}
