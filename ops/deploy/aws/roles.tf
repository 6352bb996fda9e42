# Fargate itself needs to fetch the image and the secrets, and to write the logs. The program calls nothing of AWS: its
# tasks have no role at all.

data "aws_iam_policy_document" "fargate_may_take_it" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

data "aws_caller_identity" "here" {}

data "aws_region" "here" {}

locals {
  # For an image in ECR: account, region and name of its repository.
  ecr            = try(regex("^([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com/([^@:]+)", var.image), null)
  ecr_repository = local.ecr == null ? [] : ["arn:aws:ecr:${local.ecr[1]}:${local.ecr[0]}:repository/${local.ecr[2]}"]
}

data "aws_iam_policy_document" "starts_tasks" {
  statement {
    sid       = "Secrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(local.secrets)
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  dynamic "statement" {
    for_each = local.ecr_repository

    content {
      sid       = "Image"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.ecr_repository

    content {
      sid       = "ImageLogin"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"] # it takes no other
    }
  }
}

resource "aws_iam_role" "starts_tasks" {
  name               = "${var.name}-starts-tasks"
  description        = "Fargate starts the tasks of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.fargate_may_take_it.json
}

resource "aws_iam_role_policy" "starts_tasks" {
  name   = "starts-tasks"
  role   = aws_iam_role.starts_tasks.id
  policy = data.aws_iam_policy_document.starts_tasks.json
}
