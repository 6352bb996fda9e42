"""Where the migrations fail, nothing is rolled out: the scripts, before a made-up cloud."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.deploying.ways import DEPLOY

AWS = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
*run-task*) echo "$STARTED" ;;
*exitCode*) echo "$CODE" ;;
*stoppedReason*) echo "it was stopped" ;;
esac
"""
KUBECTL = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
*get\\ job*) echo "$ENDED" ;;
esac
"""


def run(folder: Path, script: str, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Its exit code, and what it called."""
    for name, text in {"aws": AWS, "kubectl": KUBECTL}.items():
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o755)
    calls = folder / "calls"
    done = subprocess.run(
        ["sh", str(DEPLOY / script), *arguments],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls), **environment},
        capture_output=True,
        timeout=60,
    )
    return done.returncode, calls.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("started", "code", "good"),
    [
        ("arn:task", "0", True),
        ("arn:task", "2", False),
        ("arn:task", "None", False),
        ("None", "0", False),
    ],
)
def test_terraform_goes_on_only_when_the_task_has_ended_well(
    tmp_path: Path, started: str, code: str, good: bool
) -> None:
    asked = {
        name: name.lower() for name in ("CLUSTER", "TASK_DEFINITION", "SUBNETS", "SECURITY_GROUP")
    }
    result, calls = run(tmp_path, "aws/migrate.sh", STARTED=started, CODE=code, **asked)
    assert (result == 0) is good
    assert "--launch-type FARGATE" in calls[0]
    assert any("wait tasks-stopped" in call for call in calls) is (started != "None")


@pytest.mark.parametrize("ended", ["SuccessCriteriaMet Complete", "FailureTarget Failed"])
def test_a_cluster_gets_the_service_only_after_its_migrations(tmp_path: Path, ended: str) -> None:
    overlay = "overlays/small"
    result, calls = run(tmp_path, "kubernetes/roll-out.sh", overlay, ENDED=ended)
    applied = [call for call in calls if call.startswith("apply")]
    if ended.endswith("Complete"):
        assert result == 0
        assert applied == [f"apply -k {overlay}/migrate", f"apply -k {overlay}"]
    else:
        assert result == 1
        assert applied == [f"apply -k {overlay}/migrate"]
