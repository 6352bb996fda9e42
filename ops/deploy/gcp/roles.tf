# Each part is somebody of its own, who may read its secrets and nothing else: the program calls nothing of Google.
# Images, logs and the network are Cloud Run's own business.

locals {
  parts = {
    api     = "Takes and answers requests"
    worker  = "Counts, watches the clocks and tells people"
    migrate = "Brings the database to a version, before its roll-out"
  }

  readers = merge(
    { for pair in setproduct(["api", "worker"], keys(local.secrets)) :
      "${pair[0]} ${pair[1]}" => { part = pair[0], secret = local.secrets[pair[1]].secret }
    },
    { for part in ["api", "worker"] :
      "${part} SLA_CONFIG" => { part = part, secret = google_secret_manager_secret.sla_config.secret_id }
    },
    { "migrate DATABASE_URL" = { part = "migrate", secret = local.database_url.DATABASE_URL.secret } },
  )
}

resource "google_service_account" "part" {
  for_each = local.parts

  project      = var.project
  account_id   = "${var.name}-${each.key}"
  display_name = "${var.name}: ${each.value}"
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.readers

  project   = var.project
  secret_id = each.value.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.part[each.value.part].member
}

resource "google_cloud_run_v2_service_iam_member" "calls_api" {
  for_each = toset(var.callers)

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.part["api"].name
  role     = "roles/run.invoker"
  member   = each.value
}
