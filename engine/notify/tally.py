"""How many different tickets there were, without keeping which."""

from math import log
from uuid import UUID

BITS = 2**20
"""128 KB: right to a per cent up to some millions."""


class Distinct:
    """Each ticket sets one of many bits; how many are set says about how many there were."""

    def __init__(self) -> None:
        self._seen = bytearray(BITS // 8)
        self._set = 0

    def add(self, ticket: UUID) -> None:
        place, bit = divmod(ticket.int % BITS, 8)  # ids are hashes: each bit is as likely
        if not self._seen[place] >> bit & 1:
            self._seen[place] |= 1 << bit
            self._set += 1

    def count(self) -> int:
        """Several may have set the same bit: that is reckoned in."""
        return round(-BITS * log(max(1, BITS - self._set) / BITS))
