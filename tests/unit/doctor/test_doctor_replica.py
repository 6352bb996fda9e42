"""What `sla doctor` says of the replica that questions go to."""

import pytest

from ops.doctor.replica import Read, judged


@pytest.mark.parametrize(
    ("found", "level", "said"),
    [
        (Read(), "ok", "follows; 0 positions behind"),
        (Read(behind=4711), "ok", "follows; 4,711 positions behind"),
        (Read(follows=False), "ok", "is the primary itself"),
        (Read(follows=False, behind=3), "warning", "it is another database"),
        (Read(error="connection refused"), "warning", "cannot be asked: connection refused."),
    ],
)
def test_the_replica_is_told_of(found: Read, level: str, said: str) -> None:
    (one,) = judged(found)
    assert one.level == level
    assert said in one.what
    assert bool(one.remedy) == (level != "ok")
