"""Terraform itself on `ops/deploy`, with stand-ins for the providers."""
