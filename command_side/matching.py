"""What a silence may match: refuses what no alert ever is, so that none mutes nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from command_side.deciding.problems import Problem
from command_side.intake.wording import hint
from engine.sla.conditions import ANYTHING
from engine.sla.matching import Field, Levels, condition, found, levels
from engine.sla.policy import Policy


def impossible(
    matchers: Mapping[str, Sequence[str | None]], policies: Collection[Policy]
) -> list[Problem]:
    """The values that no alert has under any of these policies, each with what it may mean."""
    problems: list[Problem] = []
    for name, values in matchers.items():
        known = _known(found(name), policies)
        for place, value in enumerate(values):
            path = ("body", "matchers", name, place)
            try:
                one = condition(name, value)
            except ValueError as error:
                problems.append(Problem(path, str(error)))
                continue
            if isinstance(one, Levels):
                problems += [Problem(path, wrong) for wrong in _no_level(one, policies)]
            elif value is None or value == ANYTHING:
                continue
            elif name == "status":
                problems += [Problem(path, wrong) for wrong in _no_status(value, policies)]
            elif known is not None and value.casefold() not in known:
                problems.append(Problem(path, _wrong(name, value, known)))
    return problems


def _no_level(one: Levels, policies: Collection[Policy]) -> Iterator[str]:
    there = {level for policy in policies for level in levels(policy)}
    if policies and not any(one.holds(str(level)) for level in there):
        yield f"no ticket is ever on level {one.written[0]}: the highest is {max(there)}"


def _no_status(value: str, policies: Collection[Policy]) -> Iterator[str]:
    if policies and all(policy.phase(value) is None for policy in policies):
        known = {status for policy in policies for status in policy.statuses}
        yield f"no ticket is ever {value[:100]!r}: it is no status; {hint(value, known)}"


def _known(field: Field, policies: Collection[Policy]) -> set[str] | None:
    """None: nobody knows them all."""
    under = field.promised or field.silenced or field.values
    if under is None:
        return None
    known = [under(policy) for policy in policies]
    if any(values is None for values in known):
        return None
    return {value.casefold() for values in known for value in values or ()}


def _wrong(name: str, value: str, known: Collection[str]) -> str:
    return f"no alert ever has the {name} {value[:100]!r}; {hint(value, known)}"
