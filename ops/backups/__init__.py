"""Copies of the database: taken, proven, and brought back."""
