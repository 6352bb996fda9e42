# A subnet for the processes, and a range where Google keeps the database: it has no public address. What goes to
# Slack and webhooks leaves by Cloud Run's own way.

locals {
  builds_network = var.network == null
  network        = local.builds_network ? google_compute_network.this[0].id : var.network.network
  subnetwork     = local.builds_network ? google_compute_subnetwork.this[0].id : var.network.subnetwork
}

resource "google_compute_network" "this" {
  count = local.builds_network ? 1 : 0

  project                 = var.project
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_26:flow logs cost more than the rest of the network; turn them on where an audit asks for them
  #checkov:skip=CKV_GCP_76:there is no IPv6 in it
  count = local.builds_network ? 1 : 0

  project                  = var.project
  region                   = var.region
  name                     = var.name
  network                  = google_compute_network.this[0].id
  ip_cidr_range            = var.network_cidr
  private_ip_google_access = true
}

# Nothing comes in: Cloud Run's front does not pass through here.
resource "google_compute_firewall" "nobody_comes_in" {
  count = local.builds_network ? 1 : 0

  project       = var.project
  name          = "${var.name}-nobody-comes-in"
  network       = google_compute_network.this[0].id
  direction     = "INGRESS"
  priority      = 65000
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_global_address" "database" {
  count = local.builds_network ? 1 : 0

  project       = var.project
  name          = "${var.name}-database"
  network       = google_compute_network.this[0].id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
}

resource "google_service_networking_connection" "database" {
  count = local.builds_network ? 1 : 0

  network                 = google_compute_network.this[0].id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.database[0].name]
  deletion_policy         = "ABANDON" # Google holds it for days after the database is gone
}
