terraform {
  required_version = ">= 1.11" # the database's password is written, never kept: write-only attributes

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.66"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}
