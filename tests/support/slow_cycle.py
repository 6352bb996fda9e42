"""One cycle of a slow and obviously right clock: it counts the minutes in which it ran."""

from dataclasses import dataclass, field
from operator import gt
from typing import NamedTuple

from tests.support.slow_days import DAY, Allowed, Hours, Minutes, end_of

FOREVER = 366
"""Days after which nobody looks for an opening any more."""


def nothing(first: int, end: int) -> bytes:
    """None is excused."""
    return bytes(end - first)


class Promise(NamedTuple):
    """What is promised on one clock."""

    allowed: Allowed | None
    hours: Hours
    takes_own: bool = True
    """Whether a date of the ticket's own takes its place."""


@dataclass
class Cycle:
    started_at: int
    number: int
    promise: Promise | None = None
    target: int | None = None
    running: bool = False
    ended: str | None = None
    """stopped or cancelled"""
    excused: list[tuple[int, Minutes]] = field(default_factory=lambda: [(0, nothing)])
    """Which minutes do not count by agreement, from each of these on."""
    waiting: bool = False
    """In a phase that pauses it."""
    may_pause: int | None = None
    """For how many minutes in all."""
    paused: int = 0
    """Minutes that counted and in which it was paused."""
    ran: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Runs of minutes in which it ran, whether they counted or not."""
    elapsed: int = 0
    counted_from: int = 0
    """Where working days are counted from: the start, or the last restart."""
    hours_since: list[tuple[int, Hours]] = field(default_factory=list[tuple[int, Hours]])
    """Which hours were in force, from each of these on; before the first the same."""
    named: int | None = None
    """The minute that is promised, where that is not so many minutes of calendar time."""
    reached_at: int | None = None
    """When elapsed reached the target."""
    overdue: bool = False
    missed: int | None = None
    """The deadline, once it was."""
    vanished_with: int | None = None
    """Elapsed when its target went away."""

    def __post_init__(self) -> None:
        self.counted_from = self.started_at

    def minutes_pass(self, first: int, end: int) -> None:
        """One after another, with nothing that happens in between."""
        if self.waiting and not self.running:
            first = self.stand_still(first, end)
        if self.running and first < end:
            self.ran.append((first, end))
            self.count(first, end)

    def stand_still(self, first: int, end: int) -> int:
        """Until then, or until it has been paused for as long as it may be."""
        counting = self.counting(first, end)
        if self.may_pause is not None and self.paused + counting.count(1) >= self.may_pause:
            end = first + after_so_many(counting, self.may_pause - self.paused)
            self.running = True
        self.paused += self.counting(first, end).count(1)
        return end

    def count(self, first: int, end: int) -> None:
        counting = self.counting(first, end)
        before, self.elapsed = self.elapsed, self.elapsed + counting.count(1)
        if self.target is None:
            return
        if self.reached_at is None and self.elapsed >= self.target:
            self.reached_at = first + after_so_many(counting, self.target - before)
        if self.reached_at is not None and self.is_over() and not self.overdue:
            self.overdue, self.missed = True, self.deadline(self.reached_at)

    def counting(self, first: int, end: int) -> bytes:
        """Which minutes count: those that are open and not excused."""
        hours = self.promise.hours if self.promise else None
        opened = hours.open(first, end) if hours else bytes(end - first)
        return bytes(map(gt, opened, self.left_out(first, end)))

    def left_out(self, first: int, end: int) -> bytes:
        """Which are excused."""
        found = bytearray()
        for (since, minutes), (until, _) in zip(
            self.excused, [*self.excused[1:], (end, nothing)], strict=True
        ):
            since, until = max(since, first), min(until, end)
            if since < until:
                found += minutes(since, until)
        return bytes(found)

    def excuse(self, now: int, minutes: Minutes) -> None:
        """From now on these are."""
        self.excused.append((now, minutes))

    def is_exhausted(self) -> bool:
        """Whether it has been paused for as long as it may be."""
        return self.may_pause is not None and self.paused >= self.may_pause

    def compare(self, now: int) -> None:
        """Judges it by what is promised now."""
        if self.target is None:
            return
        if self.elapsed < self.target:
            self.reached_at = None
        elif self.reached_at is None:
            self.reached_at = now
        if self.elapsed <= self.target:
            self.overdue, self.missed = False, None
        elif not self.overdue:
            self.overdue, self.missed = True, self.reached_at

    def come_under(self, promise: Promise, now: int, on_change: str) -> None:
        had, self.promise = self.promise, promise
        self.hours_since.append((now, promise.hours))
        before, was_overdue = self.target, self.overdue
        changed = had is not None and (had.allowed, had.hours) != (promise.allowed, promise.hours)
        if promise.allowed is None:
            if before is not None:
                self.vanished_with = self.elapsed
            self.target = self.named = None
            return
        if before is None and self.vanished_with is None:
            # Nothing was promised yet: no hours were in force by which it could have been counted.
            self.elapsed = sum(self.counting(first, end).count(1) for first, end in self.ran)
            self.hours_since = [(now, promise.hours)]
        self.vanished_with = None
        if changed and on_change == "restart":
            self.elapsed, self.ran, self.reached_at = 0, [], None
            self.counted_from = now
        if changed and on_change != "carry":
            self.hours_since = [(now, promise.hours)]
        self.measure(promise.allowed, promise.hours)
        if changed and on_change == "recompute":
            self.count_again()
        elif changed and before != self.target and not (was_overdue and self.is_over()):
            self.reached_at = None
        self.compare(now)

    def is_over(self) -> bool:
        return self.target is not None and self.elapsed > self.target

    def measure(self, allowed: Allowed, hours: Hours) -> None:
        """How many minutes the promise is for this cycle."""
        if allowed.unit == "time":
            self.target, self.named = allowed.amount, None
            return
        begin = self.counted_from
        named = allowed.amount if allowed.unit == "own_date" else end_of(allowed, begin, hours)
        self.target, self.named = self.open_between(begin, named), named

    def open_between(self, first: int, end: int) -> int:
        """How many minutes are open, by the hours in force in each."""
        (_, earliest), *others = self.hours_since
        found = 0
        for hours, until in zip(
            [earliest, *(hours for _, hours in others)],
            [*(since for since, _ in others), end],
            strict=True,
        ):
            until = min(until, end)
            if first < until:
                found += hours.open(first, until).count(1)
                first = until
        return found

    def count_again(self) -> None:
        """As if it always had been so."""
        self.elapsed, self.overdue, self.missed = 0, False, None
        self.reached_at = None if self.target else self.counted_from
        for first, end in self.ran:
            self.count(first, end)

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
        if self.overdue:
            return self.missed
        reached = self.reached_at
        if reached is None:
            reached = self.ahead(now, self.target - self.elapsed)
        return None if reached is None else self.deadline(reached)

    def ahead(self, now: int, left: int) -> int | None:
        """When so many minutes from now on will have counted."""
        for first in range(now, now + FOREVER * DAY, DAY):
            counting = self.counting(first, first + DAY)
            if counting.count(1) >= left:
                return first + after_so_many(counting, left)
            left -= counting.count(1)
        return None

    def deadline(self, reached: int) -> int | None:
        """Which minute of a standstill it is, where nothing counts once the target is reached."""
        unit = self.promise.allowed.unit if self.promise and self.promise.allowed else "time"
        if unit in ("time", "end_of_working_day"):
            return reached
        after = self.ahead(reached, 1)
        opening = None if after is None else after - 1
        if unit == "working_days":
            return opening
        named = self.named
        if named is None or named < reached or (opening is not None and named > opening):
            return reached
        return named


def after_so_many(counting: bytes, wanted: int) -> int:
    """How many minutes it takes until so many of them have counted."""
    taken = 0
    for _ in range(wanted):
        taken = counting.index(1, taken) + 1
    return taken
