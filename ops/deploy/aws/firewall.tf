# Who may talk to whom: clients -> load balancer -> api -> database <- worker, and the tasks out by HTTPS, the
# worker by mail, too.

resource "aws_security_group" "load_balancer" {
  name        = "${var.name}-load-balancer"
  description = "The load balancer: HTTPS in, the api behind it"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = toset(var.clients)

  security_group_id = aws_security_group.load_balancer.id
  description       = "Clients"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_to_api" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "The api"
  referenced_security_group_id = aws_security_group.api.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_security_group" "api" {
  name        = "${var.name}-api"
  description = "The api: only the load balancer reaches it"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "api_from_load_balancer" {
  security_group_id            = aws_security_group.api.id
  description                  = "The load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_security_group" "worker" {
  name        = "${var.name}-worker"
  description = "The worker and the migrations: nobody reaches them"
  vpc_id      = local.vpc_id
}

locals {
  task_groups = { api = aws_security_group.api.id, worker = aws_security_group.worker.id }
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = local.task_groups

  security_group_id = each.value
  description       = "Image, secrets, logs, Slack and webhooks"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "mail" {
  for_each = toset(["465", "587"])

  security_group_id = aws_security_group.worker.id
  description       = "Mail"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_egress_rule" "built_database" {
  for_each = local.builds_database ? local.task_groups : {}

  security_group_id            = each.value
  description                  = "The database"
  referenced_security_group_id = aws_security_group.database[0].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "given_database" {
  for_each = local.builds_database ? {} : local.task_groups

  security_group_id = each.value
  description       = "The database"
  cidr_ipv4         = var.database.cidr
  ip_protocol       = "tcp"
  from_port         = var.database.port
  to_port           = var.database.port
}

resource "aws_security_group" "database" {
  count = local.builds_database ? 1 : 0

  name        = "${var.name}-database"
  description = "The database: only the tasks reach it"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.builds_database ? local.task_groups : {}

  security_group_id            = aws_security_group.database[0].id
  description                  = "From the ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
