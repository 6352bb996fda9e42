# The program's settings: one variable for each environment variable that an operator may want to change.
# Empty ones count as not set: then the program's own default holds.

variable "app_name" {
  description = "APP_NAME: what the dashboard and /docs are headed with."
  type        = string
  default     = ""
}

variable "public_url" {
  description = "PUBLIC_URL: where people reach the service, for links in messages."
  type        = string
  default     = ""
}

variable "warning_threshold" {
  description = "WARNING_THRESHOLD: share of a target that remains; the YAML's percentages win."
  type        = string
  default     = ""
}

variable "critical_threshold" {
  description = "CRITICAL_THRESHOLD: the same."
  type        = string
  default     = ""
}

variable "private_calendars" {
  description = "PRIVATE_CALENDARS: whether calendars of who is on call may be fetched from private networks."
  type        = string
  default     = ""
}

variable "scheduler_interval" {
  description = "SCHEDULER_INTERVAL: seconds between safety sweeps."
  type        = string
  default     = ""
}

variable "ws_max_connections" {
  description = "WS_MAX_CONNECTIONS: WebSocket subscribers at a time, for each api process."
  type        = string
  default     = ""
}

variable "max_batch_items" {
  description = "MAX_BATCH_ITEMS: larger requests are answered 413."
  type        = string
  default     = ""
}

variable "max_body_bytes" {
  description = "MAX_BODY_BYTES: the same."
  type        = string
  default     = ""
}

variable "token_requests_a_minute" {
  description = "TOKEN_REQUESTS_A_MINUTE: more than so many of one token, by each api process, are answered 429; 0: no limit."
  type        = string
  default     = ""
}

variable "metrics_port" {
  description = "METRICS_PORT: a port on which /metrics is answered, and nothing else, for a collector beside the program; empty: on the main one."
  type        = string
  default     = ""
}

variable "log_level" {
  description = "LOG_LEVEL."
  type        = string
  default     = ""
}

variable "api_tokens_secret_arn" {
  description = "API_TOKENS: the secret that holds them. Required: the load balancer is open to whoever may reach it."
  type        = string
}

variable "slack_webhook_url_secret_arn" {
  description = "SLACK_WEBHOOK_URL: the secret that holds it; null: nobody is told by the channel slack."
  type        = string
  default     = null
}

variable "slack_signing_secret_arn" {
  description = "SLACK_SIGNING_SECRET: the secret that holds it; null: messages in Slack have no buttons."
  type        = string
  default     = null
}

variable "database_read_url_secret_arn" {
  description = "DATABASE_READ_URL: the secret that holds it; null: the primary answers all questions."
  type        = string
  default     = null
}

variable "sla_link_key_secret_arn" {
  description = "SLA_LINK_KEY: the secret that holds it; null: messages have no links to answer by."
  type        = string
  default     = null
}

variable "sla_proxy_key_secret_arn" {
  description = "SLA_PROXY_KEY: the secret that holds it; null: no proxy in front is believed."
  type        = string
  default     = null
}

variable "channel_secret_arns" {
  description = "The variables that channels of your sla_config.yaml name (url_env, secret_env), each with its secret."
  type        = map(string)
  default     = {}
}

locals {
  config_folder = "/etc/sla-tracker"

  environment = {
    APP_NAME                = var.app_name
    PUBLIC_URL              = var.public_url
    SLA_CONFIG              = "${local.config_folder}/sla_config.yaml"
    WARNING_THRESHOLD       = var.warning_threshold
    CRITICAL_THRESHOLD      = var.critical_threshold
    PRIVATE_CALENDARS       = var.private_calendars
    SCHEDULER_INTERVAL      = var.scheduler_interval
    WS_MAX_CONNECTIONS      = var.ws_max_connections
    MAX_BATCH_ITEMS         = var.max_batch_items
    MAX_BODY_BYTES          = var.max_body_bytes
    TOKEN_REQUESTS_A_MINUTE = var.token_requests_a_minute
    METRICS_PORT            = var.metrics_port
    LOG_LEVEL               = var.log_level
  }

  secrets = merge(
    {
      DATABASE_URL = local.database_url_secret_arn
      API_TOKENS   = var.api_tokens_secret_arn
    },
    var.database_read_url_secret_arn == null ? {} : { DATABASE_READ_URL = var.database_read_url_secret_arn },
    var.slack_webhook_url_secret_arn == null ? {} : { SLACK_WEBHOOK_URL = var.slack_webhook_url_secret_arn },
    var.slack_signing_secret_arn == null ? {} : { SLACK_SIGNING_SECRET = var.slack_signing_secret_arn },
    var.sla_link_key_secret_arn == null ? {} : { SLA_LINK_KEY = var.sla_link_key_secret_arn },
    var.sla_proxy_key_secret_arn == null ? {} : { SLA_PROXY_KEY = var.sla_proxy_key_secret_arn },
    var.channel_secret_arns,
  )
}
