"""For properties that have to be beyond doubt: four times the examples, where time is no object."""

from hypothesis import settings

LONG, THOROUGH = 3_000, 12_000

usual = settings()
thoroughly = settings(
    usual, max_examples=THOROUGH if usual.max_examples >= LONG else usual.max_examples
)
"""A decorator, above `given`; more than usual with the profile `long` only."""
