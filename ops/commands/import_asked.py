"""What `sla import` asks on a terminal, one question after another."""

from collections.abc import Sequence
from dataclasses import replace

from rich.prompt import Confirm, Prompt
from rich.text import Text

from engine.sla.instants import parsed
from engine.sla.policy import Phase
from ops.commands.exits import counted, err
from ops.commands.import_file import zone_of
from ops.importing.times import FileClock, Undecided


class _Answer(Prompt):
    """What is not among the choices is said without the markup that our screens do not read."""

    validate_error_message = "This cannot be read."
    illegal_choice_message = "That is none of the choices."


class _Agreement(Confirm):
    validate_error_message = "Answer y or n."


WORDS: dict[str, Phase] = {
    "open": "waiting",
    "in_progress": "active",
    "on_hold": "paused",
    "resolved": "done",
    "cancelled": "cancelled",
}
"""For each phase a status of it."""


def _ask(words: str, *, choices: Sequence[str] = (), default: str | None = None) -> str:
    """The words as they stand: they quote the file."""
    text = Text(words, style="prompt")
    known = list(choices) or None
    if default is None:
        return _Answer.ask(text, console=err, choices=known)
    return _Answer.ask(text, console=err, choices=known, default=default)


def decided(clock: FileClock, open_: Undecided) -> FileClock:
    if open_.what == "order":
        words = f"Does {open_.example!r} name the day first (dmy) or the month (mdy)?"
        said = _ask(words, choices=("dmy", "mdy"))
        return replace(clock, order="dmy" if said == "dmy" else "mdy")
    words = f"{open_.example!r} names no time zone. Which is it (Europe/Berlin, UTC)?"
    return replace(clock, zone=zone_of(_ask(words).strip()))


def one_of(question: str, known: Sequence[str]) -> str:
    return _ask(question, choices=known).strip()


def status(name: str, count: int, guessed: str | None) -> str:
    """`guessed`: what its own words say; nothing typed agrees to it."""
    words = f"What does the status {name!r} mean ({counted(count, 'row')})?"
    if guessed is None:
        return _ask(words, choices=list(WORDS))
    return _ask(words, choices=list({**WORDS, guessed: None}), default=guessed)


def exported(example: str, count: int) -> int:
    """When the file was made, for tickets that say of nothing else when it was so."""
    words = (
        f"Nothing says since when it is so ({example!r}), {counted(count, 'ticket')}."
        " When was the file exported (2026-01-05T09:00:00Z)?"
    )
    while True:
        try:
            return parsed(_ask(words).strip())
        except ValueError:
            err.print("Write it with its zone, such as 2026-01-05T09:00:00Z or …T09:00:00+01:00.")


def confirmed() -> bool:
    return _Agreement.ask("Import them?", console=err, default=True)
