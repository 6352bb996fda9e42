"""What `sla doctor` finds, as its tests look at it."""

from collections.abc import Iterable, Sequence

from ops.doctor.finding import Finding


def bad(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Of each that is not well: its level, what is wrong, what to do."""
    return [(one.level, one.what, one.remedy) for one in findings if one.level != "ok"]


def all_is_well(findings: Iterable[Finding], said: Sequence[str]) -> None:
    """This is said, and there is nothing to do."""
    found = list(findings)
    assert [one.what for one in found] == list(said)
    assert bad(found) == []
    assert not any(one.remedy for one in found)


def one_is_wrong(findings: Iterable[Finding], level: str, what: str, remedy: str) -> None:
    """One alone, so bad; `what` and `remedy` are in what is said of it."""
    [(found_level, found_what, found_remedy)] = bad(findings)
    assert found_level == level
    assert what in found_what
    assert remedy in found_remedy
