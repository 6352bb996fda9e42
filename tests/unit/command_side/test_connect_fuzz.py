"""Whatever a desk sends is read, ignored, or parked with a reason: nothing raises."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.connect.preset import preset, presets
from command_side.connect.reading import Observed, Received, read
from command_side.connect.source import Source
from command_side.intake.item import checked
from tests.support.lives import LIVES, Told
from tests.support.others import OTHERS
from tests.support.samples import sent
from tests.support.thoroughly import thoroughly

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(
            ["", "\0", "\ud800", "2026-01-05T09:00:00Z", "9" * 400, "open", "x" * 2000]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


Path = tuple[str | int, ...]


@cache
def whole(desk: str) -> Sequence[tuple[Told, Sequence[Path]]]:
    """What the desk sends when nothing is spoilt, with all the places in it."""
    told = list(LIVES[desk][1]()) if desk in LIVES else [OTHERS[desk]]
    told += [({}, body) for body in sent(desk)]
    return [(one, list(places(one[1]))) for one in told]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = cast(dict[str | int, Any], value).items()
    elif isinstance(value, list):
        inside = enumerate(cast(list[Any], value))
    for name, inner in inside:
        yield from places(inner, (*path, name))


def without(value: Any, path: Path, *instead: Any) -> Any:
    """With something else in this place, or nothing; a place that is gone already stays so."""
    if not path:
        return instead[0] if instead else None
    name, *inner = path
    removes = not (inner or instead)
    if isinstance(value, dict) and name in value:
        members = dict(cast(dict[Any, Any], value))
        old = members.pop(name)
        return members if removes else {**members, name: without(old, tuple(inner), *instead)}
    if isinstance(value, list) and isinstance(name, int):
        items = list(cast(list[Any], value))
        if name < len(items):
            items[name] = without(items[name], tuple(inner), *instead)
        return items
    return cast(Any, value)


@st.composite
def spoilt(draw: st.DrawFn, desk: str) -> Told:
    """Here and there something else in its place, or nothing."""
    (headers, body), where = draw(st.sampled_from(whole(desk)))
    for path in draw(st.lists(st.sampled_from(where), max_size=8)):
        body = without(body, path, *draw(st.lists(anything, max_size=1)))
    return headers, body


def test_every_desk_has_something_to_spoil() -> None:
    for desk in presets():
        (headers, body), _ = whole(desk)[0]
        found = read(Received(headers, body, NOW), preset(desk), Source(desk=desk, unsigned=True))
        assert all(isinstance(one, Observed) for one in found), desk


@pytest.mark.parametrize("desk", presets())
@thoroughly
@given(data=st.data())
def test_a_spoilt_delivery_never_raises(desk: str, data: st.DataObject) -> None:
    headers, body = data.draw(spoilt(desk))
    received = Received(headers, body, NOW)
    found = read(received, preset(desk), Source(desk=desk, unsigned=True))

    assert found
    for one in found:
        if not isinstance(one, Observed):
            assert one.because
            continue
        checked({**one.first, **one.item, "source": desk})
