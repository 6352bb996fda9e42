"""Every form of time that a desk writes, and none that could mean two instants."""

import pytest

from command_side.connect.moments import NoTime, moment


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025-01-08T10:12:07.672717030Z", "2025-01-08T10:12:07.672717+00:00"),
        ("2025-01-08T10:12:07z", "2025-01-08T10:12:07+00:00"),
        ("2019-02-15T19:15:40.477-0800", "2019-02-16T03:15:40.477000+00:00"),
        ("2025-01-08 15:00:00 UTC", "2025-01-08T15:00:00+00:00"),
        ("2017-12-14 20:09:19 +0530", "2017-12-14T14:39:19+00:00"),
        ("2025-01-08T10:12+01:00", "2025-01-08T09:12:00+00:00"),
        ("2025-01-08 10:12:07,5Z", "2025-01-08T10:12:07.500000+00:00"),
        ("Wed, 08 Jan 2025 10:12:07 +0100", "2025-01-08T09:12:07+00:00"),
        (1550286940507, "2019-02-16T03:15:40.507000+00:00"),
        (1518309342.896, "2018-02-11T00:35:42.896000+00:00"),
        ("1364403238369", "2013-03-27T16:53:58.369000+00:00"),
        (1550286940507123, "2019-02-16T03:15:40.507123+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
    ],
)
def test_forms_that_are_known(written: object, meant: str) -> None:
    assert moment(written).isoformat() == meant


def test_a_time_without_a_zone_is_that_of_the_zone_that_is_said() -> None:
    with pytest.raises(NoTime, match="names no time zone"):
        moment("2020-04-02 14:03:31")
    assert moment("2020-04-02 14:03:31", "UTC").isoformat() == "2020-04-02T14:03:31+00:00"
    berlin = moment("2020-04-02 14:03:31", "Europe/Berlin")
    assert berlin.isoformat() == "2020-04-02T12:03:31+00:00"
    assert moment("2020-04-02 14:03:31 UTC", "Europe/Berlin").hour == 14


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        "",
        "yesterday",
        "03/04/2024",
        "2024-13-01T00:00:00Z",
        "2025-01-08T10:12:07+99:00",
        "2025-01-08T10:12:07+05:60",
        "Wed, 08 Jan 2025 10:12:07",
        "Wed, 08 Jan 2025 10:12:07 -0000",
        1e300,
        float("inf"),
        -1,
        99999999999999999999,
        "1969-12-31T23:59:59Z",
        ["2025-01-08T10:12:07Z"],
    ],
)
def test_what_is_none(written: object) -> None:
    with pytest.raises(NoTime):
        moment(written)
