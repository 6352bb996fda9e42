# What is built, and how large. The program's own settings are in settings.tf.

variable "name" {
  description = "Begins the name of everything that is built."
  type        = string
  default     = "sla-tracker"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "Small letters, digits and hyphens, 20 at most: load balancers take no longer names."
  }
}

variable "image" {
  description = "The image by its digest, as in 123456789012.dkr.ecr.eu-central-1.amazonaws.com/sla-tracker@sha256:..."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest: a tag may be another program tomorrow, also for a roll-back."
  }
}

variable "sla_config" {
  description = "The promises: the content of your sla_config.yaml."
  type        = string
}

variable "certificate_arn" {
  description = "The load balancer's certificate, in ACM. There is no plain HTTP: tokens travel in every request."
  type        = string
}

variable "clients" {
  description = "Who may reach the load balancer, as IPv4 ranges."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

# Network

variable "network" {
  description = "A network of yours, its private subnets with a way out; null: one is built."
  type = object({
    vpc_id             = string
    public_subnet_ids  = list(string)
    private_subnet_ids = list(string)
  })
  default = null
}

variable "network_cidr" {
  description = "The range of the network that is built."
  type        = string
  default     = "10.40.0.0/16"
}

variable "zones" {
  description = "The zones that it spans, by their letters: written down, since a region's list grows. Two at least."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(var.zones) >= 2
    error_message = "The load balancer and the database want two zones."
  }
}

variable "nat_gateway_per_zone" {
  description = "A way out in each zone (about double the price), or one for all."
  type        = bool
  default     = false
}

# Database

variable "database" {
  description = "A PostgreSQL of yours: the secret that holds its DATABASE_URL, and where it is; null: one is built."
  type = object({
    url_secret_arn = string
    cidr           = string
    port           = optional(number, 5432)
  })
  default = null
}

variable "database_class" {
  description = "Size of the database that is built."
  type        = string
  default     = "db.t4g.small"
}

variable "database_version" {
  description = "Its major version."
  type        = string
  default     = "18"
}

variable "database_gigabytes" {
  description = "Its storage at the beginning; it grows to five times as much by itself."
  type        = number
  default     = 20
}

variable "database_multi_az" {
  description = "A standby in another zone takes over within two minutes."
  type        = bool
  default     = true
}

variable "database_deletion_protection" {
  description = "Set it to false, and apply, before taking everything down."
  type        = bool
  default     = true
}

variable "database_password_version" {
  description = "Raise it for a new password, or when an apply stopped between the database and its secret."
  type        = number
  default     = 1
}

# Sizes, in Fargate's units: 1024 are one core; megabytes

variable "api" {
  description = "Size and number of the processes that take and answer requests."
  type = object({
    cpu     = optional(number, 512)
    memory  = optional(number, 1024)
    minimum = optional(number, 2)
    maximum = optional(number, 6)
  })
  default = {}

  validation {
    condition     = var.api.minimum >= 1 && var.api.maximum >= var.api.minimum
    error_message = "At least one, and a maximum that is no less."
  }
}

variable "worker" {
  description = "Size and number of the processes that count, watch the clocks and tell people. One does it; two go on when one is lost."
  type = object({
    cpu    = optional(number, 512)
    memory = optional(number, 1024)
    count  = optional(number, 2)
  })
  default = {}

  validation {
    condition     = var.worker.count >= 1
    error_message = "At least one worker: alerts do not sleep."
  }
}

variable "log_days" {
  description = "How long logs are kept, in days, as CloudWatch counts them."
  type        = number
  default     = 365
}
