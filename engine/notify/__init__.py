"""Who is told: takes what the outbox holds to its channels, in time and not too fast."""
