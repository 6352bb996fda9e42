"""Asking the APIs of desks, a page at a time."""
