output "url" {
  description = "Where the service answers."
  value       = var.domain == null ? google_cloud_run_v2_service.part["api"].uri : "https://${var.domain}"
}

output "address" {
  description = "Where your domain's name should lead: its A record; null without a domain."
  value       = one(google_compute_global_address.front[*].address)
}

output "service_accounts" {
  description = "Who the parts are."
  value       = { for part, account in google_service_account.part : part => account.email }
}
