# RDS for PostgreSQL, unless one is given. Its password is made here, written to the database and to the secret, and
# kept nowhere else: not in Terraform's state either.

locals {
  builds_database         = var.database == null
  database_url_secret_arn = local.builds_database ? aws_secretsmanager_secret.database_url[0].arn : var.database.url_secret_arn
}

ephemeral "random_password" "database" {
  length  = 40
  special = false # it stands in an address
}

resource "aws_db_subnet_group" "this" {
  count = local.builds_database ? 1 : 0

  name       = var.name
  subnet_ids = local.private_subnet_ids
}

resource "aws_db_parameter_group" "this" {
  count = local.builds_database ? 1 : 0

  name_prefix = "${var.name}-"
  family      = "postgres${var.database_version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # milliseconds
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118:enhanced monitoring needs a role of its own; CloudWatch and Performance Insights show enough
  #checkov:skip=CKV_AWS_161:the program knows passwords, not IAM's tokens of a quarter of an hour
  #checkov:skip=CKV_AWS_354:the key of AWS encrypts Performance Insights
  #checkov:skip=CKV2_AWS_30:every query logged would be every title and person in the logs; slow ones are
  count = local.builds_database ? 1 : 0

  identifier        = var.name
  engine            = "postgres"
  engine_version    = var.database_version
  instance_class    = var.database_class
  multi_az          = var.database_multi_az
  storage_type      = "gp3"
  storage_encrypted = true

  allocated_storage     = var.database_gigabytes
  max_allocated_storage = var.database_gigabytes * 5

  db_name             = "sla"
  username            = "sla"
  password_wo         = ephemeral.random_password.database.result
  password_wo_version = var.database_password_version

  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  parameter_group_name   = aws_db_parameter_group.this[0].name
  vpc_security_group_ids = [aws_security_group.database[0].id]
  publicly_accessible    = false
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period      = 14
  copy_tags_to_snapshot        = true
  auto_minor_version_upgrade   = true
  performance_insights_enabled = true

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  deletion_protection       = var.database_deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-last"
}

resource "aws_secretsmanager_secret" "database_url" {
  #checkov:skip=CKV_AWS_149:the key of AWS encrypts it; who may read it is said by roles.tf
  #checkov:skip=CKV2_AWS_57:a new password needs new tasks: raise database_password_version and apply
  count = local.builds_database ? 1 : 0

  name        = "${var.name}/database-url"
  description = "DATABASE_URL of the database that Terraform built"
}

resource "aws_secretsmanager_secret_version" "database_url" {
  count = local.builds_database ? 1 : 0

  secret_id = aws_secretsmanager_secret.database_url[0].id
  secret_string_wo = format(
    "postgresql://sla:%s@%s:5432/sla?sslmode=require",
    ephemeral.random_password.database.result,
    aws_db_instance.this[0].address,
  )
  secret_string_wo_version = var.database_password_version
}
