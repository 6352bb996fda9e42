# What is built, and how large. The program's own settings are in settings.tf.

variable "project" {
  description = "The project that everything is built in."
  type        = string
}

variable "region" {
  description = "The region, as in europe-west3."
  type        = string
}

variable "name" {
  description = "Begins the name of everything that is built."
  type        = string
  default     = "sla-tracker"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "Small letters, digits and hyphens, 20 at most: service accounts take no longer names."
  }
}

variable "image" {
  description = "The image by its digest, as in europe-west3-docker.pkg.dev/PROJECT/sla-tracker/sla-tracker@sha256:..."
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

variable "domain" {
  description = "As in sla.example.com: a load balancer with a certificate for it; null: Cloud Run's own address."
  type        = string
  default     = null
}

variable "callers" {
  description = "Who may call the api, as members of IAM. With allUsers, its own tokens are what is asked."
  type        = list(string)
  default     = ["allUsers"]
}

variable "deletion_protection" {
  description = "Set it to false, and apply, before taking everything down."
  type        = bool
  default     = true
}

# Network

variable "network" {
  description = "A network of yours, with private services access if the database is built here; null: one is built."
  type = object({
    network    = string
    subnetwork = string
  })
  default = null
}

variable "network_cidr" {
  description = "The range of the subnet that is built."
  type        = string
  default     = "10.40.0.0/24"
}

# Database

variable "database" {
  description = "A PostgreSQL of yours: the secret that holds its DATABASE_URL; null: one is built."
  type = object({
    url_secret = string
  })
  default = null
}

variable "database_tier" {
  description = "Size of the database that is built."
  type        = string
  default     = "db-custom-1-3840"
}

variable "database_version" {
  description = "Its version."
  type        = string
  default     = "POSTGRES_18"
}

variable "database_gigabytes" {
  description = "Its storage at the beginning; it grows by itself."
  type        = number
  default     = 20
}

variable "database_regional" {
  description = "A standby in another zone takes over within a minute or two."
  type        = bool
  default     = true
}

variable "database_password_version" {
  description = "Raise it for a new password, or when an apply stopped between the database and its secret."
  type        = number
  default     = 1
}

# Sizes

variable "api" {
  description = "Size and number of the processes that take and answer requests."
  type = object({
    cpu     = optional(string, "1")
    memory  = optional(string, "1Gi")
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
    cpu    = optional(string, "1")
    memory = optional(string, "1Gi")
    count  = optional(number, 2)
  })
  default = {}

  validation {
    condition     = var.worker.count >= 1
    error_message = "At least one worker: alerts do not sleep."
  }
}
