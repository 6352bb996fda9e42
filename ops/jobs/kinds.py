"""The kinds of jobs that there are."""

from collections.abc import Mapping
from typing import Any, Protocol

from ops.jobs import planned, report, what_if
from ops.jobs.work import Say, Work


class Kind(Protocol):
    """How one kind of work is done, and how its result looks as a table; a module is enough."""

    def run(self, work: Work, say: Say) -> Any:
        """The result, of JSON values. Runs in a process apart. Raises Refused."""
        ...

    def as_csv(self, result: Any) -> str:
        """The result's table, with a header."""
        ...


KINDS: Mapping[str, Kind] = {"what_if": what_if, "planned_change": planned, "report": report}
"""By the name that the table of jobs has."""
