# What runs all the time. A roll-out starts new tasks beside the old ones, and goes back by itself when they do not
# become healthy; `terraform apply` waits for it and fails with it.

# The step before: it fails, and nothing is rolled out. It needs the AWS CLI where Terraform runs.
resource "terraform_data" "migrated" {
  triggers_replace = [aws_ecs_task_definition.migrate.arn, aws_ecs_cluster.this.arn]

  provisioner "local-exec" {
    command = "sh ${path.module}/migrate.sh"

    environment = {
      AWS_REGION      = data.aws_region.here.region
      CLUSTER         = aws_ecs_cluster.this.arn
      TASK_DEFINITION = aws_ecs_task_definition.migrate.arn
      SUBNETS         = join(",", local.private_subnet_ids)
      SECURITY_GROUP  = aws_security_group.worker.id
    }
  }

  depends_on = [
    aws_iam_role_policy.starts_tasks,
    aws_route_table_association.private,
    aws_secretsmanager_secret_version.database_url,
    aws_vpc_security_group_egress_rule.built_database,
    aws_vpc_security_group_egress_rule.given_database,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_ingress_rule.database,
  ]
}

resource "aws_ecs_service" "api" {
  name            = "api"
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.api.arn
  desired_count   = var.api.minimum
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"

  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 120
  wait_for_steady_state              = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.private_subnet_ids
    security_groups  = [aws_security_group.api.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = local.port
  }

  lifecycle {
    ignore_changes = [desired_count] # scaling.tf has it
  }

  depends_on = [aws_lb_listener.https, terraform_data.migrated]
}

resource "aws_ecs_service" "worker" {
  name            = "worker"
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.worker.arn
  desired_count   = var.worker.count
  launch_type     = "FARGATE"
  propagate_tags  = "SERVICE"

  # The old ones end when the new ones are healthy: there is a worker at every moment.
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.private_subnet_ids
    security_groups  = [aws_security_group.worker.id]
    assign_public_ip = false
  }

  depends_on = [terraform_data.migrated]
}
