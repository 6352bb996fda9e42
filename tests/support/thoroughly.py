"""For properties that have to be beyond doubt, where time is no object, and for those that are dear
where it is."""

from hypothesis import settings

LONG, THOROUGH = 3_000, 12_000

usual = settings()
thoroughly = settings(
    usual, max_examples=THOROUGH if usual.max_examples >= LONG else usual.max_examples
)
"""A decorator, above `given`; more than usual with the profile `long` only."""
sparingly = settings(
    usual,
    max_examples=usual.max_examples if usual.max_examples >= LONG else usual.max_examples // 3,
)
"""The same; a third of the usual but with the profile `long`: where an example is a life several
times over."""
