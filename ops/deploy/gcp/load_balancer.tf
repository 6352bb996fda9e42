# For a domain of your own: an address, a certificate that Google renews, and the api behind it. WebSockets pass as
# they are, as long as Cloud Run lets a request last.

locals {
  fronts = var.domain == null ? 0 : 1
}

resource "google_compute_global_address" "front" {
  count = local.fronts

  project = var.project
  name    = "${var.name}-front"
}

resource "google_compute_region_network_endpoint_group" "api" {
  count = local.fronts

  project               = var.project
  region                = var.region
  name                  = "${var.name}-api"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.part["api"].name
  }
}

resource "google_compute_backend_service" "api" {
  count = local.fronts

  project               = var.project
  name                  = "${var.name}-api"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group = google_compute_region_network_endpoint_group.api[0].id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_url_map" "front" {
  count = local.fronts

  project         = var.project
  name            = var.name
  default_service = google_compute_backend_service.api[0].id
}

resource "google_compute_managed_ssl_certificate" "front" {
  count = local.fronts

  project = var.project
  name    = var.name

  managed {
    domains = [var.domain]
  }
}

resource "google_compute_ssl_policy" "front" {
  count = local.fronts

  project         = var.project
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "front" {
  count = local.fronts

  project          = var.project
  name             = var.name
  url_map          = google_compute_url_map.front[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.front[0].id]
  ssl_policy       = google_compute_ssl_policy.front[0].id
}

resource "google_compute_global_forwarding_rule" "front" {
  count = local.fronts

  project               = var.project
  name                  = var.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  target                = google_compute_target_https_proxy.front[0].id
  ip_address            = google_compute_global_address.front[0].id
  port_range            = "443"
}
