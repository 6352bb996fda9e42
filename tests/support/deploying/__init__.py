"""What the ways of running the service (`ops/deploy`) are held against."""
