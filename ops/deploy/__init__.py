"""Ways of running the service elsewhere, and what tries them here."""
