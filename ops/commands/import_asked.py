"""What `sla import` asks on a terminal, one question after another."""

from collections.abc import Sequence
from dataclasses import replace

from rich.prompt import Confirm, Prompt

from engine.sla.policy import Phase
from ops.commands.exits import counted, err
from ops.commands.import_file import zone_of
from ops.importing.times import FileClock, Undecided

WORDS: dict[str, Phase] = {
    "open": "waiting",
    "in_progress": "active",
    "on_hold": "paused",
    "resolved": "done",
    "cancelled": "cancelled",
}
"""For each phase a status of it."""


def decided(clock: FileClock, open_: Undecided) -> FileClock:
    if open_.what == "order":
        words = f"Does {open_.example!r} name the day first (dmy) or the month (mdy)?"
        said = Prompt.ask(words, console=err, choices=["dmy", "mdy"])
        return replace(clock, order="dmy" if said == "dmy" else "mdy")
    words = f"{open_.example!r} names no time zone. Which is it (Europe/Berlin, UTC)?"
    return replace(clock, zone=zone_of(Prompt.ask(words, console=err).strip()))


def one_of(question: str, known: Sequence[str]) -> str:
    return Prompt.ask(question, console=err, choices=list(known) or None).strip()


def status(name: str, count: int) -> str:
    words = f"What does the status {name!r} mean ({counted(count, 'row')})?"
    return Prompt.ask(words, console=err, choices=list(WORDS))


def confirmed() -> bool:
    return Confirm.ask("Import them?", console=err, default=True)
