"""Deciding who is meant where a route tells whoever is on call.

Pure. In events of alerts it stays the rotation that is told; who that was, its notice says.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from command_side.deciding.events import Gather, Notice, OnCall, Told
from command_side.deciding.gathering import sooner
from command_side.deciding.on_call import RotaBook
from engine.sla.policy import Policy
from engine.sla.rotations import PREFIX, Rotation

RAISED: Final = ("alert", "escalation", "reminder")
NO_LEVELS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(slots=True)
class _At:
    """What one channel is told."""

    alerts: list[Told] = field(default_factory=list[Told])
    people: dict[str, None] = field(default_factory=dict[str, None])
    on_call: list[OnCall] = field(default_factory=list[OnCall])
    gather: Gather | None = None


def named(
    notices: Sequence[Notice],
    rotations: Mapping[str, Rotation],
    alone: Container[str],
    book: RotaBook,
    at: int,
    told_by: Callable[[str], Iterable[Notice]],
    levels: Mapping[str, int] = NO_LEVELS,
    before: Sequence[Policy] = (),
) -> tuple[Notice, ...]:
    """The notices with each rotation replaced by the channels that tell its people, one a channel.

    People are those on call at the instant, on the highest level that their notice tells of, or
    that `levels` has of what it follows; of a rotation that is gone those who were `told_by` it
    what the notice follows. Where it told by other channels under a version `before`, what has
    become of that is told there as well. For channels that tell of each ticket `alone`, nothing is
    gathered.
    """
    if not any(to.startswith(PREFIX) for notice in notices for to in notice.to):
        return tuple(notices)
    channels: dict[str, _At] = {}
    for notice in notices:
        for to in notice.to:
            if not to.startswith(PREFIX):
                _add(channels, to, notice)
            elif (rotation := rotations.get(name := to.removeprefix(PREFIX))) is None:
                for told in told_by(name):
                    _add_again(channels, name, told, notice)
            else:
                told_of = max(one.escalation_level for one in notice.alerts)
                answer = book.people(rotation, at, max(told_of, levels.get(to, 0)))
                asked = OnCall(
                    rotation=rotation.name,
                    version=answer.number,
                    fallback=answer.fallback,
                    stale=answer.stale,
                )
                for channel in rotation.tell_by:
                    one = _add(channels, channel, notice)
                    one.people |= dict.fromkeys(answer.people)
                    one.on_call.append(asked)
                become = tuple([one for one in notice.alerts if one.type not in RAISED])
                if become and any(
                    _tells_otherwise(policy.rotations.get(name), rotation) for policy in before
                ):
                    for told in told_by(name):
                        follows = replace(notice, alerts=become)
                        _add_again(channels, name, told, follows, rotation.tell_by)
    alike: dict[Notice, list[str]] = {}
    for channel, one in channels.items():
        made = Notice(
            to=(),
            alerts=tuple(one.alerts),
            people=tuple(one.people),
            on_call=tuple(one.on_call),
            gather=None if channel in alone else one.gather,
        )
        alike.setdefault(made, []).append(channel)
    return tuple(replace(made, to=tuple(to)) for made, to in alike.items())


def _tells_otherwise(before: Rotation | None, now: Rotation) -> bool:
    return before is not None and before.tell_by != now.tell_by


def _add_again(
    channels: dict[str, _At],
    rotation: str,
    before: Notice,
    notice: Notice,
    by_now: Sequence[str] = (),
) -> None:
    """Whoever was told of these by a rotation, as they were; `by_now` are the channels that it
    tells by, and tells already."""
    following = [one for one in notice.alerts if any(_follows(one, told) for told in before.alerts)]
    for channel in [each for each in before.to if each not in by_now] if following else ():
        one = _add(channels, channel, replace(notice, alerts=tuple(following)))
        one.people |= dict.fromkeys(before.people)
        asked = [each for each in before.on_call if each.rotation == rotation]
        one.on_call += [each for each in asked if each not in one.on_call]


def _follows(one: Told, told: Told) -> bool:
    """What becomes of a clock concerns whoever was told of anything of it; that an alert is taken
    back, or still so, those who were told of that."""
    if one.type in ("retracted", "reminder"):
        return one.alert_id == told.alert_id
    return (one.clock, one.cycle) == (told.clock, told.cycle)


def _add(channels: dict[str, _At], channel: str, notice: Notice) -> _At:
    """Each of its alerts once."""
    if (one := channels.get(channel)) is None:
        one = channels[channel] = _At(gather=notice.gather)
    one.gather = sooner(one.gather, notice.gather)
    one.alerts += [alert for alert in notice.alerts if alert not in one.alerts]
    return one
