"""Who is told: takes what the outbox holds to Slack and webhooks, in time and not too fast."""
