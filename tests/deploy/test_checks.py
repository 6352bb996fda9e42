"""What runs the service elsewhere holds what it promises: `ops/deploy`, against every check."""

import pytest

from tests.support.deploying.checks import CHECKS
from tests.support.deploying.hcl import PARTS, read_module
from tests.support.deploying.snapshot import KINDS, used
from tests.support.deploying.ways import DEPLOY, ROOT


@pytest.mark.parametrize("check", CHECKS)
def test_no_check_has_a_complaint(check: str) -> None:
    assert list(CHECKS[check](DEPLOY)) == []


def test_there_is_something_to_check() -> None:
    kinds = used([read_module(DEPLOY / part) for part in PARTS])
    assert {kind: len(kinds[kind]) > 0 for kind in KINDS} == dict.fromkeys(KINDS, True)
    assert len(kinds["resource"]) > 40


def test_the_promises_that_manifests_ship_are_those_of_the_root() -> None:
    shipped = (ROOT / "sla_config.yaml").read_text("utf-8")
    found = [file.read_text("utf-8") for file in DEPLOY.rglob("sla_config.yaml")]
    assert found == [shipped] * 2  # kustomize takes no file from outside of its folder


@pytest.mark.parametrize("way", ["aws", "gcp", "kubernetes", "systemd", "compose"])
def test_a_readme_is_a_page_with_all_that_an_operator_looks_for(way: str) -> None:
    text = (DEPLOY / way / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 110
    assert "```mermaid" in text
    for wanted in (
        "**What it costs.**",
        "## From nothing to the first ticket",
        "**Roll out**",
        "**Roll back**",
        "**Take down**",
        "## Environment",
        "## What checked it",
    ):
        assert wanted in text, wanted
