"""WRITE: says yes or no, and remembers."""
