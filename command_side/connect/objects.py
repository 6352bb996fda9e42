"""What a desk's API answers, or an export holds, as observations: by the same readings."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from command_side.connect.expressions import Truth, found
from command_side.connect.histories import MOST, told
from command_side.connect.moments import moment
from command_side.connect.preset import History
from command_side.connect.reading import (
    Clock,
    Ignored,
    Observed,
    Read,
    Received,
    Unreadable,
    read,
    read_as,
)
from command_side.connect.source import Source

RETOLD: Final = 2**31 - MOST
"""Revisions of what a history tells lie above those of deliveries: what a desk has sent and what
its API tells later are two observations, that never contradict each other under one key."""
ALWAYS: Final = ("external_id", "updated_at", "revision")


def read_objects(received: Received, source: Source) -> Sequence[Read]:
    """All that they say, in order; of an object with its history what has changed at each step.
    Never empty."""
    found_in_it = list(objects(received.body, source))
    if not found_in_it:
        return [Ignored("an empty list")]
    return [one for each in found_in_it for one in read_object(each, received, source)]


def objects(body: Any, source: Source) -> Iterator[Any]:
    """Those that a page of the API, or a file, holds."""
    if isinstance(body, list):
        yield from cast(list[Any], body)
        return
    for where in source.reading.objects.each:
        if isinstance(several := found(where, {"body": body}), list):
            yield from cast(list[Any], several)
            return
    yield body


def read_object(
    one: Any, received: Received, source: Source, clock: Clock = moment
) -> Sequence[Read]:
    """What one of them says; never empty."""
    preset = source.reading
    within = {"headers": received.headers, "body": one, "one": one}
    for history in preset.objects.histories:
        if Truth(history.when).holds(within):
            said = list(_read_history(history, one, received, source, clock))
            return said or [Ignored("says nothing")]
    plain = read_as(preset.objects.kinds, within, received, preset, source, clock=clock)
    if plain:
        return plain
    # Some desks answer with what they send.
    sent = Received(received.headers, one, received.received_at)
    return read(sent, preset, source, clock=clock)


def _read_history(
    history: History, one: Any, received: Received, source: Source, clock: Clock
) -> Iterator[Read]:
    known: dict[str, Any] = {}
    names: dict[str, None] = {}
    for each in told(history, one):
        sent = Received(received.headers, each.body, received.received_at)
        for said in read(sent, source.reading, source, clock=clock):
            if not isinstance(said, Observed):
                if isinstance(said, Unreadable):
                    yield said
                continue
            whole = said.item if known else {**said.first, **said.item}
            names |= dict.fromkeys([str(whole["external_id"]), *said.names])
            news = {
                name: value
                for name, value in whole.items()
                if name in ALWAYS
                or name.endswith("_reply_at")
                or name not in known
                or known[name] != value
            }
            if known and set(news) <= set(ALWAYS):
                continue
            known |= whole
            first, *others = names  # whatever it was called since
            item = {**news, "external_id": first, "revision": RETOLD + each.order}
            yield Observed(item, names=others, remarks=said.remarks, came=said.came)
