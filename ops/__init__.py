"""PLUGGED TOGETHER: wiring, command line, logging, and all that runs the house."""

VERSION = "0.1.0"
"""As `pyproject.toml` has it, which no image ships."""
