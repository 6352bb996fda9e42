"""One cycle of a slow and obviously right clock: it counts the minutes in which it ran."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

Open = Callable[[int], int]
"""Whether the minute that begins here counts: 1 or 0, True or False."""

FOREVER = 366 * 24 * 60

Excused = Callable[[int], bool]
"""Whether the minute that begins here does not count by agreement."""


def nothing(minute: int) -> bool:
    """None is excused."""
    return False


class Promise(NamedTuple):
    """What a priority promises on one clock."""

    target: int | None
    is_open: Open


@dataclass
class Cycle:
    started_at: int
    number: int
    target: int | None = None
    is_open: Open = bool
    running: bool = False
    ended: str | None = None
    """stopped or cancelled"""
    excused: Excused = nothing
    waiting: bool = False
    """In a phase that pauses it."""
    may_pause: int | None = None
    """For how many minutes in all."""
    paused: int = 0
    """Minutes that counted and in which it was paused."""
    ran: list[int] = field(default_factory=list[int])
    """Every minute in which it ran and was not excused, whether it counted or not."""
    elapsed: int = 0
    reached_at: int | None = None
    """When elapsed reached the target."""
    overdue: bool = False
    vanished_with: int | None = None
    """Elapsed when its target went away."""
    known: bool = False

    def minutes_pass(self, minutes: Iterable[int]) -> None:
        """One after another, with nothing that happens in between."""
        if not self.running and not self.waiting:
            return
        for now in minutes:
            if self.excused(now):
                continue
            if not self.running:
                self.paused += self.is_open(now)
                self.running = self.is_exhausted()
                continue
            self.ran.append(now)
            self.elapsed += self.is_open(now)
            self.compare(now + 1)

    def is_exhausted(self) -> bool:
        """Whether it has been paused for as long as it may be."""
        return self.may_pause is not None and self.paused >= self.may_pause

    def compare(self, now: int) -> None:
        if self.target is None:
            return
        if self.elapsed < self.target:
            self.reached_at = None
        elif self.reached_at is None:
            self.reached_at = now
        self.overdue = self.elapsed > self.target

    def come_under(self, promise: Promise, now: int, on_change: str) -> None:
        same = self.known and promise == Promise(self._promised, self.is_open)
        before, was_overdue = self.target, self.overdue
        self.target, self._promised, self.is_open = promise.target, promise.target, promise.is_open
        if promise.target is None:
            if before is not None:
                self.vanished_with = self.elapsed
        else:
            self.vanished_with = None
            if self.known and not same:
                if on_change == "restart":
                    self.elapsed, self.ran, self.reached_at = 0, [], None
                elif on_change == "recompute":
                    self.count_again()
                elif not (was_overdue and self.elapsed > promise.target) and (
                    before != promise.target
                ):
                    self.reached_at = None
            self.compare(now)
        self.known = True

    _promised: int | None = None

    def count_again(self) -> None:
        minutes, self.ran, self.elapsed, self.reached_at = self.ran, [], 0, None
        running, self.running = self.running, True
        excused, self.excused = self.excused, nothing
        self.minutes_pass(minutes)
        self.running, self.excused = running, excused

    def state(self) -> str:
        if self.vanished_with is not None or self.ended == "cancelled":
            return "cancelled"
        if self.ended == "stopped":
            return "breached" if self.overdue else "met"
        return "running" if self.running else "paused"

    def shown_elapsed(self) -> int:
        return self.elapsed if self.vanished_with is None else self.vanished_with

    def due_at(self, now: int) -> int | None:
        if self.target is None or self.ended or not self.running:
            return None
        if self.reached_at is not None:
            return self.reached_at
        left, minute = self.target - self.elapsed, now
        while left and minute < now + FOREVER:
            left -= self.is_open(minute) and not self.excused(minute)
            minute += 1
        return None if left else minute

    def breached_at(self) -> int | None:
        return self.reached_at if self.overdue else None
