terraform {
  required_version = ">= 1.11" # the database's password is written, never kept: write-only attributes

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.7"
    }
  }
}
