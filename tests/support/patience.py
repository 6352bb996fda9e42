"""How long tests wait for what must come, on a machine that is slow or busy with others."""

PATIENCE = 60.0
"""Seconds, most of which nobody ever waits. How late something may be is another question."""
