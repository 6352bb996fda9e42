"""A part of the bench that sends ahead of its time is measured again where that was too short."""

import pytest

from ops.bench.harness import STRETCHED, TooSlow, in_time


async def test_a_slow_machine_is_given_longer_until_it_is_in_time() -> None:
    given: list[int] = []

    async def measure(stretch: int) -> str:
        given.append(stretch)
        if stretch < 16:
            raise TooSlow
        return "measured"

    assert await in_time(measure) == "measured"
    assert tuple(given) == STRETCHED


async def test_what_is_never_in_time_says_so() -> None:
    async def measure(stretch: int) -> None:
        raise TooSlow(f"too slow at {stretch}")

    with pytest.raises(TooSlow, match="too slow at 16"):
        await in_time(measure)


async def test_what_is_in_time_is_measured_once() -> None:
    given: list[int] = []

    async def measure(stretch: int) -> None:
        given.append(stretch)

    await in_time(measure)
    assert given == [1]
