# One image in three roles: api, worker, and the migrations before a roll-out.

locals {
  port = 8000

  # Where the processes are asked whether they are well, from within.
  probe = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${local.port}/health', timeout=4)"

  # A container in each task that puts the promises where the program looks for them, and ends. They are part of the
  # task's definition: rolled out and rolled back with it.
  unpack = "import base64, gzip, os; open('${local.config_folder}/sla_config.yaml', 'wb').write(gzip.decompress(base64.b64decode(os.environ['SLA_CONFIG_GZIPPED'])))"

  hardened = {
    image                  = var.image
    readonlyRootFilesystem = true
    privileged             = false
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
  }

  logs = {
    for role in ["api", "worker", "migrate"] : role => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.here.region
        awslogs-stream-prefix = role
      }
    }
  }

  secrets_of_tasks = [for name, arn in local.secrets : { name = name, valueFrom = arn }]

  program = merge(local.hardened, {
    essential   = true
    user        = "10001"
    stopTimeout = 60 # what is under way is finished
    environment = [for name, value in local.environment : { name = name, value = value } if value != ""]
    secrets     = local.secrets_of_tasks
    dependsOn   = [{ containerName = "config", condition = "SUCCESS" }]
    mountPoints = [{ sourceVolume = "config", containerPath = local.config_folder, readOnly = true }]
    healthCheck = {
      command     = ["CMD", "python", "-c", local.probe]
      interval    = 30
      timeout     = 5
      startPeriod = 120
      retries     = 10 # five minutes: a database that fails over is no reason to restart
    }
  })

  config = merge(local.hardened, {
    name        = "config"
    essential   = false
    user        = "0" # the volume belongs to root
    entryPoint  = ["python", "-c", local.unpack]
    environment = [{ name = "SLA_CONFIG_GZIPPED", value = base64gzip(var.sla_config) }]
    mountPoints = [{ sourceVolume = "config", containerPath = local.config_folder, readOnly = false }]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:the key of CloudWatch encrypts them
  name              = "/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "api" {
  family                   = "${var.name}-api"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.api.cpu
  memory                   = var.api.memory
  execution_role_arn       = aws_iam_role.starts_tasks.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "config"
  }

  container_definitions = jsonencode([
    merge(local.program, {
      name             = "api"
      command          = ["serve", "--role", "api", "--host", "0.0.0.0", "--port", tostring(local.port)]
      portMappings     = [{ containerPort = local.port, protocol = "tcp" }]
      logConfiguration = local.logs["api"]
    }),
    merge(local.config, { logConfiguration = local.logs["api"] }),
  ])
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "${var.name}-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.worker.cpu
  memory                   = var.worker.memory
  execution_role_arn       = aws_iam_role.starts_tasks.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  volume {
    name = "config"
  }

  # It listens for its own health check only.
  container_definitions = jsonencode([
    merge(local.program, {
      name             = "worker"
      command          = ["serve", "--role", "worker", "--host", "127.0.0.1", "--port", tostring(local.port)]
      logConfiguration = local.logs["worker"]
    }),
    merge(local.config, { logConfiguration = local.logs["worker"] }),
  ])
}

resource "aws_ecs_task_definition" "migrate" {
  family                   = "${var.name}-migrate"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.starts_tasks.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  container_definitions = jsonencode([
    merge(local.hardened, {
      name             = "migrate"
      essential        = true
      user             = "10001"
      command          = ["migrate"]
      secrets          = [for secret in local.secrets_of_tasks : secret if secret.name == "DATABASE_URL"]
      logConfiguration = local.logs["migrate"]
    }),
  ])
}
