output "load_balancer" {
  description = "Where your domain's name should lead: its CNAME, or an alias."
  value       = aws_lb.this.dns_name
}

output "load_balancer_zone_id" {
  description = "For an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "cluster" {
  description = "For `aws ecs` and the console."
  value       = aws_ecs_cluster.this.name
}

output "log_group" {
  description = "For `aws logs tail`."
  value       = aws_cloudwatch_log_group.this.name
}

output "database_url_secret_arn" {
  description = "Who may read it may connect."
  value       = local.database_url_secret_arn
}
