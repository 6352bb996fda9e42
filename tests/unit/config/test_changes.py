"""A configuration is changed without its text: by what is to be other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from command_side.connect.source import Source
from config import diff
from config.changes import changed
from config.loading import Loaded, load
from config.movable import MovableCalendar, MovableTarget, movable
from config.problems import ConfigError
from engine.notify.channel_types import CHANNEL_TYPES
from tests.support.service import ROOT

FILES = [ROOT / "sla_config.yaml", ROOT / "ops" / "sla_config.full.yaml"]
TEXT = """
sla_targets:
  GOLD:
    P1: {response: 1h, resolution: 4h}
    P2: {resolution: 8h}
rules:
  - name: Payments
    when: {team: payments}
    any: {resolution: 2h}
  - name: Sandbox
    when: {source: sandbox}
    any: none
alert_thresholds: {warning: 20, critical: 10}
notifications:
  routes:
    - {match: {}, to: [slack]}
    - {match: {severity: breached}, to: [slack]}
"""


def loaded(text: str) -> Loaded:
    return load(
        text,
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
        source_type=Source,
    )


def promised(changes: Mapping[str, Any]) -> dict[str, Any]:
    policy = loaded(changed(TEXT, changes)).policy
    plans = {f"{tier} {priority}": plan for (tier, priority), plan in policy.plans.items()}
    plans |= {
        f"{name} {priority or 'any'}": plan for (name, priority), plan in policy.rule_plans.items()
    }
    found = {
        f"{name} {clock}": budget.amount
        for name, plan in plans.items()
        for clock, budget in plan.targets.items()
    }
    return {**found, "warning": float(policy.warning)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_without_a_change_it_is_the_same_configuration(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    before, after = loaded(text), loaded(changed(text, {}))
    assert diff.lines(before, after) == []
    assert (after.channels, after.sources, after.people) == (
        *(before.channels, before.sources, before.people),
    )


def test_what_is_named_changes_and_all_else_stays() -> None:
    before = promised({})
    targets = {"GOLD": {"P1": {"resolution": "2h"}, "P3": {"resolution": "1h"}, "P2": None}}
    after = promised({"sla_targets": targets, "alert_thresholds": {"warning": 40}})
    half = before["gold p1 resolution"] / 2
    assert after == {
        **{name: amount for name, amount in before.items() if "p2" not in name},
        "gold p1 resolution": half,
        "gold p3 resolution": half / 2,
        "warning": 40,
    }


def test_blocks_in_a_list_go_by_their_names() -> None:
    after = promised({"rules": {"Payments": {"any": {"resolution": "1h"}}, "Sandbox": None}})
    before = promised({})
    assert after == {
        **before,
        "Payments any resolution": before["Payments any resolution"] / 2,
    }
    assert "Sandbox" not in changed(TEXT, {"rules": {"Sandbox": None}})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_that_can_be_moved_leads_to_where_it_is_written(file: Path) -> None:
    before = loaded(file.read_text(encoding="utf-8"))
    found = movable(before)
    assert len(found.targets) > 5
    same, halved = dict[str, Any](), dict[str, Any]()
    for one in found.targets:
        put(same, one, one.value)
        put(halved, one, one.value if one.seconds is None else f"{one.seconds // 2}s")
    for one in found.calendars:
        put(same, one, one.value)
    assert diff.lines(before, loaded(changed(before.content, same))) == []
    moved = diff.lines(before, loaded(changed(before.content, halved)))
    assert len(moved) >= sum(one.seconds is not None for one in found.targets)
    assert found.warning_percent == 15
    assert "24x7" in found.calendar_names


def put(changes: dict[str, Any], one: MovableTarget | MovableCalendar, value: str | None) -> None:
    *way, last = one.path
    block = changes
    for key in way:
        block = block.setdefault(key, {})
    block[last] = value
    if isinstance(one, MovableTarget) and one.instead_of is not None:
        block[one.instead_of] = None


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"alert_treshholds": {"warning": 40}}, "alert_treshholds", "did you mean 'alert_thresholds'?"),
    ({"sla_targets": {"GOLD": {"P1": {"resolution": "soon"}}}}, "sla_targets.GOLD.P1", "soon"),
    ({"rules": {"Payment": {"any": "none"}}}, "rules.Payment", "did you mean 'Payments'?"),
    ({"sla_targets": None}, "sla_targets", "missing"),
    ({"notifications": {"routes": {"x": 1}}}, "notifications.routes", ""),
]


@pytest.mark.parametrize(("changes", "where", "why"), REFUSED)
def test_what_does_not_hold_is_refused_at_its_key(
    changes: dict[str, Any], where: str, why: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(changed(TEXT, changes))
    [wrong] = refused.value.problems
    assert wrong.key.startswith(where)
    assert why in wrong.message


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"x": deep}
    with pytest.raises(ConfigError, match="nested too deeply"):
        changed(TEXT, deep)
