"""What Prometheus scrapes: each number's name and meaning, where it is kept, and who reads it."""
