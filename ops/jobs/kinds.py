"""The kinds of jobs that there are, each loaded by whoever does or shows it: a process that begins
for one of them would load the libraries of all for half a second."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ops.jobs.work import Say, Work


class Kind(Protocol):
    """How one kind of work is done, and how its result looks as a table; a module is enough."""

    def run(self, work: Work, say: Say) -> Any:
        """The result, of JSON values. Runs in a process apart. Raises Refused."""
        ...

    def as_csv(self, result: Any) -> str:
        """The result's table, with a header."""
        ...


def _what_if() -> Kind:
    from ops.jobs import what_if

    return what_if


def _planned() -> Kind:
    from ops.jobs import planned

    return planned


def _report() -> Kind:
    from ops.jobs import report

    return report


KINDS: Mapping[str, Callable[[], Kind]] = {
    "what_if": _what_if,
    "planned_change": _planned,
    "report": _report,
}
"""By the name that the table of jobs has."""
