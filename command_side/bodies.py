"""What the bodies of all commands have in common."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from command_side.deciding.problems import Problem
from command_side.intake.item import NUL, Malformed, unstorable

MOST_WRONG = 10
"""Things that are told of what may be of any size."""


class Command(BaseModel):
    """A body of which everything is read: a member that nothing reads is refused."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError(NUL)
    return text


def _seen(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]
Reason = Annotated[Text, Field(min_length=1), AfterValidator(_seen)]
"""Why, where somebody has to say it."""
Name = Annotated[
    str, Field(min_length=1, max_length=255), AfterValidator(_storable), AfterValidator(_seen)
]


def _sound(members: dict[str, Any]) -> dict[str, Any]:
    if wrong := unstorable((), members)[:MOST_WRONG]:
        told = (
            f"{'.'.join(map(str, one.loc))}: {one.msg}" if one.loc else one.msg for one in wrong
        )
        raise ValueError("; ".join(told))
    return members


Members = Annotated[dict[str, Any], AfterValidator(_sound)]
"""Of any kind, which whoever reads them looks at: nothing in them that cannot be stored or told."""


def refuse_past(member: str, instant: datetime, at: datetime) -> None:
    """Raises Malformed, where what a member says is over at an instant."""
    if instant <= at:
        wrong = f"must lie ahead: it is {at.isoformat(timespec='seconds')} here"
        raise Malformed([Problem(("body", member), wrong)])
