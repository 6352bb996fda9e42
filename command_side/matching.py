"""What a silence may match: refuses what no alert ever is, so that none mutes nothing."""

from collections.abc import Collection, Mapping, Sequence

from command_side.deciding.problems import Problem
from command_side.intake.wording import hint
from engine.sla.matching import FIELDS, Field
from engine.sla.policy import Policy


def impossible(
    matchers: Mapping[str, Sequence[str]], policies: Collection[Policy]
) -> list[Problem]:
    """The values that no alert has under any of these policies, each with what it may mean."""
    return [
        Problem(("body", "matchers", name, place), _wrong(name, value, known))
        for name, values in matchers.items()
        if (known := _known(FIELDS[name], policies)) is not None
        for place, value in enumerate(values)
        if value.casefold() not in known
    ]


def _known(field: Field, policies: Collection[Policy]) -> set[str] | None:
    """None: nobody knows them all."""
    under = field.promised or field.values
    if under is None:
        return None
    known = [under(policy) for policy in policies]
    if any(values is None for values in known):
        return None
    return {value for values in known for value in values or ()}


def _wrong(name: str, value: str, known: Collection[str]) -> str:
    return f"no alert ever has the {name} {value[:100]!r}; {hint(value, known)}"
