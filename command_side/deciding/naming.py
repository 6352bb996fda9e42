"""Deciding who is meant where a route tells whoever is on call.

Pure. In events of alerts it stays the rotation that is told; who that was, its notice says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from command_side.deciding.events import Notice, OnCall, Told
from command_side.deciding.on_call import RotaBook
from engine.sla.rotations import PREFIX, Rotation


@dataclass(slots=True)
class _At:
    """What one channel is told."""

    alerts: list[Told] = field(default_factory=list[Told])
    people: dict[str, None] = field(default_factory=dict[str, None])
    on_call: list[OnCall] = field(default_factory=list[OnCall])


def named(
    notices: Sequence[Notice], rotations: Mapping[str, Rotation], book: RotaBook, at: int
) -> tuple[Notice, ...]:
    """The notices with each rotation replaced by the channels that tell its people, one a channel.

    People are those on call at the instant, on the highest level that their notice tells of.
    """
    if not any(to.startswith(PREFIX) for notice in notices for to in notice.to):
        return tuple(notices)
    channels: dict[str, _At] = {}
    for notice in notices:
        for to in notice.to:
            if not to.startswith(PREFIX):
                _add(channels, to, notice.alerts)
            elif (rotation := rotations.get(to.removeprefix(PREFIX))) is not None:
                level = max(one.escalation_level for one in notice.alerts)
                answer = book.people(rotation, at, level)
                asked = OnCall(
                    rotation=rotation.name,
                    version=answer.number,
                    fallback=answer.fallback,
                    stale=answer.stale,
                )
                for channel in rotation.tell_by:
                    one = _add(channels, channel, notice.alerts)
                    one.people |= dict.fromkeys(answer.people)
                    one.on_call.append(asked)
    alike: dict[tuple[tuple[Told, ...], tuple[str, ...], tuple[OnCall, ...]], list[str]] = {}
    for channel, one in channels.items():
        told = tuple(one.alerts), tuple(one.people), tuple(one.on_call)
        alike.setdefault(told, []).append(channel)
    return tuple(
        Notice(to=tuple(to), alerts=told[0], people=told[1], on_call=told[2])
        for told, to in alike.items()
    )


def _add(channels: dict[str, _At], channel: str, alerts: Sequence[Told]) -> _At:
    """Each of them once."""
    one = channels.setdefault(channel, _At())
    one.alerts += [alert for alert in alerts if alert not in one.alerts]
    return one
