"""The dashboard and the rules ask for metrics that there are, and rules fire when they should."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from ops.metrics.route import MEANINGS
from ops.observe.dashboard import FILE, dashboard, names, of_job, text
from ops.observe.panels import LEFT_OUT, ROWS
from tests.support import promtool

FOLDER = FILE.parent
DOCS = FOLDER.parents[1] / "docs"
SERIES = {series: one.shown for one in MEANINGS for series in one.series}
LIBRARY = {
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
}
PANELS = [panel for row in ROWS for panel in row.panels]


def rules() -> list[dict[str, Any]]:
    read = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def test_the_dashboard_is_what_its_panels_say() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "python -m ops.observe.dashboard writes it"


def test_every_panel_asks_for_metrics_that_there_are() -> None:
    for panel in PANELS:
        for query in panel.queries:
            assert names(query.asks), panel.title
            assert names(query.asks) <= SERIES.keys() | LIBRARY, panel.title


def test_every_metric_is_in_a_panel_or_left_out_on_purpose() -> None:
    asked = {name for panel in PANELS for query in panel.queries for name in names(query.asks)}
    shown = {SERIES.get(name, name) for name in asked}
    assert shown.isdisjoint(LEFT_OUT)
    assert shown | set(LEFT_OUT) == {one.shown for one in MEANINGS} | LIBRARY


def test_every_query_is_of_the_job_that_is_looked_at() -> None:
    assert of_job("max(sla_a) / sla_b{c='d'}") == (
        'max(sla_a{job=~"$job"}) / sla_b{job=~"$job",c=\'d\'}'
    )
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            asks = target["expr"]
            assert asks.count('job=~"$job"') == len(re.findall(r"\b(?:sla|process)_", asks))


def test_what_may_be_negative_is_shown_below_0_and_nothing_else() -> None:
    negative = {one.shown for one in MEANINGS if "negative" in one.says}
    shown = [one for one in dashboard()["panels"] if "targets" in one]
    open_below = [one for one in shown if "min" not in one["fieldConfig"]["defaults"]]
    asked = [names(query["expr"]) for one in open_below for query in one["targets"]]
    assert set().union(*asked) == negative == {"sla_clock_ahead_seconds"}


def test_panels_have_their_places_and_none_is_over_another() -> None:
    taken = set[tuple[int, int]]()
    numbers = [panel["id"] for panel in dashboard()["panels"]]
    assert len(numbers) == len(set(numbers))
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert taken.isdisjoint(cells)
        taken |= cells


def test_every_rule_says_what_is_wrong_and_leads_to_what_is_to_be_done() -> None:
    runbooks = (DOCS / "runbooks.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\w+)$", runbooks, re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert names(rule["expr"]) <= SERIES.keys()
        assert names(rule["expr"]) or rule["alert"] == "SlaServiceDown"


def test_every_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    read = yaml.safe_load((FOLDER / "rules_test.yaml").read_text(encoding="utf-8"))
    cases = [
        (case["alertname"], bool(case["exp_alerts"]))
        for test in read["tests"]
        for case in test["alert_rule_test"]
    ]
    assert sorted(cases) == sorted((rule["alert"], fires) for rule in rules() for fires in (0, 1))


@promtool.needed
@pytest.mark.parametrize(
    "asked",
    [
        ["check", "rules", "rules.yaml"],
        ["test", "rules", "rules_test.yaml"],
        ["check", "config", "prometheus.yaml"],
    ],
    ids=" ".join,
)
def test_prometheus_own_tool_agrees(asked: list[str]) -> None:
    done = subprocess.run(
        ["promtool", *asked], cwd=FOLDER, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
