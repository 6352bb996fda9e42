# Cloud SQL for PostgreSQL, unless one is given. Its password is made here, written to the database and to the secret,
# and kept nowhere else: not in Terraform's state either.

locals {
  builds_database = var.database == null
}

ephemeral "random_password" "database" {
  length  = 40
  special = false # it stands in an address
}

resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_109:every query logged would be every title and person in the logs; slow ones are
  #checkov:skip=CKV_GCP_110:pgaudit would write the same into the logs again; the log of events is the audit
  #checkov:skip=CKV_GCP_111:as above
  #checkov:skip=CKV2_GCP_13:every query's duration would be a line for every query
  #checkov:skip=CKV_GCP_6:every connection is encrypted; client certificates would be one more secret beside the password
  #checkov:skip=CKV_GCP_57:what takes a second is a line in the log
  #checkov:skip=CKV_GCP_108:looking names up delays every connection, and there are none for Cloud Run's addresses
  #checkov:skip=CKV_GCP_55:the default, WARNING and above, is what is wanted
  count = local.builds_database ? 1 : 0

  project             = var.project
  region              = var.region
  name                = var.name
  database_version    = var.database_version
  deletion_protection = var.deletion_protection

  settings {
    edition                     = "ENTERPRISE"
    tier                        = var.database_tier
    availability_type           = var.database_regional ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.database_gigabytes
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection

    ip_configuration {
      ipv4_enabled    = false
      private_network = local.network
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true

      backup_retention_settings {
        retained_backups = 14
      }
    }

    insights_config {
      query_insights_enabled = true
    }

    dynamic "database_flags" {
      for_each = {
        log_checkpoints            = "on"
        log_connections            = "on"
        log_disconnections         = "on"
        log_duration               = "off"
        log_hostname               = "off"
        log_lock_waits             = "on"
        log_min_duration_statement = "1000" # milliseconds
        log_min_error_statement    = "error"
        log_temp_files             = "0"
      }

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  depends_on = [google_service_networking_connection.database]
}

resource "google_sql_database" "this" {
  count = local.builds_database ? 1 : 0

  project         = var.project
  instance        = google_sql_database_instance.this[0].name
  name            = "sla"
  deletion_policy = "ABANDON" # it goes with its instance
}

resource "google_sql_user" "this" {
  count = local.builds_database ? 1 : 0

  project             = var.project
  instance            = google_sql_database_instance.this[0].name
  name                = "sla"
  password_wo         = ephemeral.random_password.database.result
  password_wo_version = var.database_password_version
  deletion_policy     = "ABANDON" # it owns the tables
}

resource "google_secret_manager_secret" "database_url" {
  count = local.builds_database ? 1 : 0

  project   = var.project
  secret_id = "${var.name}-database-url"

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "database_url" {
  count = local.builds_database ? 1 : 0

  secret = google_secret_manager_secret.database_url[0].id
  secret_data_wo = format(
    "postgresql://%s:%s@%s:5432/%s?sslmode=require",
    google_sql_user.this[0].name,
    ephemeral.random_password.database.result,
    google_sql_database_instance.this[0].private_ip_address,
    google_sql_database.this[0].name,
  )
  secret_data_wo_version = var.database_password_version
}
