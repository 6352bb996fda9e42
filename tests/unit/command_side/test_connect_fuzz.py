"""Whatever a desk sends is read, ignored, or parked with a reason: nothing raises."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.connect.preset import preset, presets
from command_side.connect.reading import Observed, Received, read
from command_side.connect.source import Source
from command_side.intake.item import checked
from tests.support.lives import LIVES

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


@st.composite
def spoilt(draw: st.DrawFn, value: Any) -> Any:
    """Here and there something else in its place, or nothing."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    if isinstance(value, dict):
        members = cast(dict[str, Any], value)
        kept = [name for name in members if draw(st.integers(0, 19))]
        return {name: draw(spoilt(members[name])) for name in kept}
    if isinstance(value, list):
        return [draw(spoilt(inner)) for inner in cast(list[Any], value)]
    return value


@pytest.mark.parametrize("desk", presets())
@given(data=st.data())
def test_a_spoilt_delivery_never_raises(desk: str, data: st.DataObject) -> None:
    _, life = LIVES.get(desk, LIVES["jira"])
    headers, body = data.draw(st.sampled_from(list(life())))
    received = Received(headers, data.draw(st.one_of(spoilt(body), anything)), NOW)
    found = read(received, preset(desk), Source(desk=desk, unsigned=True))

    assert found
    for one in found:
        if not isinstance(one, Observed):
            assert one.because
            continue
        checked({**one.first, **one.item, "source": desk})
