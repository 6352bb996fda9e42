"""Which rule a ticket falls under: the first, in the order of the configuration, that matches."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.sla.conditions import Attributes, Condition, Failure, Match, Value

MOST_KNOWN = 4096
"""Combinations of attributes whose rule is remembered."""
_OTHER = "\0"
"""Stands for all words that no condition names: they are alike to all."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a rule holds; half-open, in microseconds."""

    start: int | None = None
    end: int | None = None
    by_time: bool = False
    """At each instant; otherwise of tickets created then, for all their life."""
    written: str = ""
    """As in `from 2026-01-01 until 2026-12-31`, for people."""

    def holds(self, created_at: int, at: int) -> bool:
        instant = at if self.by_time else created_at
        if self.start is not None and instant < self.start:
            return False
        return self.end is None or instant < self.end

    @property
    def edges(self) -> list[int]:
        return [edge for edge in (self.start, self.end) if edge is not None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a rule is for; what it promises, the policy's plans say."""

    name: str
    match: Match
    valid: Validity | None = None

    def matches(self, attributes: Attributes, created_at: int, at: int) -> bool:
        if self.valid is not None and not self.valid.holds(created_at, at):
            return False
        return self.match.holds(attributes)

    def only(self, field: str) -> frozenset[str] | None:
        """The words of a field that its tickets may have; None: any."""
        telling = [one for one in self.match.when if one.field == field]
        known = [one.words for one in telling if not (one.nothing or one.anything)]
        return frozenset[str].intersection(*known) if known else None

    def failure(
        self, attributes: Attributes, created_at: int, at: int
    ) -> Failure | Validity | None:
        """Why it does not match: it is not valid, or the first condition that fails; None: it
        matches."""
        if self.valid is not None and not self.valid.holds(created_at, at):
            return self.valid
        return self.match.first_failure(attributes)


class Rules:
    """Finds the rule of a ticket, fast however many there are."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._all = tuple(rules)
        conditions = [one for rule in rules for one in (*rule.match.when, *rule.match.unless)]
        words: dict[str, set[str]] = {}
        for one in conditions:
            words.setdefault(one.field, set()).update(one.words)
        self._words = tuple(words.items())
        valid = [rule.valid for rule in rules if rule.valid is not None]
        self._created = _edges(one for one in valid if not one.by_time)
        self.edges = _edges(one for one in valid if one.by_time)
        """Where time alone may bring a ticket under another rule."""
        self._always: list[int] = []
        self._by_word: dict[tuple[str, str], list[int]] = {}
        for number, rule in enumerate(rules):
            if (telling := _telling(rule.match.when)) is None:
                self._always.append(number)
                continue
            for word in telling.words:
                self._by_word.setdefault((telling.field, word), []).append(number)
        self._known: dict[tuple[object, ...], Rule | None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def first(self, attributes: Attributes, created_at: int, at: int) -> Rule | None:
        """The rule that decides; None: no rule matches."""
        key: tuple[object, ...] = tuple(
            [_reduced(attributes.value(field), words) for field, words in self._words]
        )
        if self._created or self.edges:
            key = (*key, bisect_right(self._created, created_at), bisect_right(self.edges, at))
        if key not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._find(attributes, created_at, at)
        return self._known[key]

    def _find(self, attributes: Attributes, created_at: int, at: int) -> Rule | None:
        candidates = set(self._always)
        for field, _ in self._words:
            for word in _folded(attributes.value(field)):
                candidates.update(self._by_word.get((field, word), ()))
        for number in sorted(candidates):
            if self._all[number].matches(attributes, created_at, at):
                return self._all[number]
        return None


def _edges(valid: Iterable[Validity]) -> list[int]:
    return sorted({edge for one in valid for edge in one.edges})


def _telling(when: Iterable[Condition]) -> Condition | None:
    """The condition that fewest tickets meet, of those that only some words meet."""
    telling = [one for one in when if not (one.nothing or one.anything)]
    return min(telling, key=lambda one: len(one.words), default=None)


def _folded(value: Value) -> list[str]:
    if value is None:
        return []
    return [value.casefold()] if isinstance(value, str) else [one.casefold() for one in value]


def _reduced(value: Value, words: set[str]) -> object:
    """What conditions on a field can tell apart."""
    if value is None or value == ():
        return None
    if isinstance(value, str):
        word = value.casefold()
        return word if word in words else _OTHER
    return frozenset(one for one in _folded(value) if one in words)
