"""What programs say about the files of `ops/deploy`: a sentence for each complaint."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying.ways import OVERLAYS, kustomized, program, unit

EXPOSURE = 1.5
"""As `systemd-analyze security` counts it, from 0 (nothing left to take away) to 10."""

SETTINGS = {
    "SLA_IMAGE": "registry.example.com/sla-tracker@sha256:" + "0" * 64,
    "POSTGRES_IMAGE": "postgres@sha256:" + "0" * 64,
    "POSTGRES_PASSWORD": "secret",
    "API_TOKENS": "token:admin",
}
"""What Compose asks for."""


def terraform_format(deploy: Path) -> Iterator[str]:
    for way in sorted(each.resolve() for each in deploy.iterdir()):
        if any(way.rglob("*.tf")):
            yield from _formatted(way)


@cache
def _formatted(folder: Path) -> tuple[str, ...]:
    done = _run(program("terraform"), "fmt", "-check", "-recursive", str(folder))
    said = f"not as `terraform fmt` would have it: {done.stdout.split() or done.stderr}"
    return (said,) if done.returncode else ()


def kubernetes_schema(deploy: Path) -> Iterator[str]:
    for overlay in OVERLAYS:
        for parts in (overlay, f"{overlay}/migrate"):
            try:
                manifests = kustomized(deploy, parts)
            except subprocess.CalledProcessError as error:
                yield f"{parts}: {error.stderr}"
                continue
            for manifest in manifests:
                if manifest["kind"] != "ServiceMonitor":  # the Prometheus operator's own
                    said = _against_schema(json.dumps(manifest))
                    yield from (f"{parts}: {manifest['kind']}: {what}" for what in said)


@cache
def _against_schema(manifest: str) -> tuple[str, ...]:
    """By its text: the schemas are read anew each time, and most manifests come again."""
    validator: Any = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed: make setup"
    )
    try:
        validator.validate(json.loads(manifest), validator.latest_version(), strict=True)
    except validator.ValidationError as error:
        return (str(error),)
    return ()


def compose_config(deploy: Path) -> Iterator[str]:
    yield from _composed((deploy / "compose").resolve())


@cache
def _composed(folder: Path) -> tuple[str, ...]:
    done = _compose(folder, SETTINGS)
    said = [done.stderr.strip()] if done.returncode else []
    for name in SETTINGS:
        if _compose(folder, {**SETTINGS, name: ""}).returncode == 0:
            said.append(f"it starts without {name}")
    return tuple(said)


def _compose(folder: Path, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    compose = pytest.importorskip("compose", reason="Docker Compose is in the lock on Linux only")
    # The program itself: its Python wrapper loses the exit code.
    found = Path(str(compose.__file__)).parent / "docker-compose"
    command = [str(found), "--env-file", "/dev/null", "--file", "compose.yaml", "config", "--quiet"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)


def systemd_unit(deploy: Path) -> Iterator[str]:
    """The unit as `systemd-analyze` sees it, with a program that is there."""
    analyze = program("systemd-analyze")
    text = (deploy / "systemd" / "sla-tracker@.service").read_text("utf-8")
    for _, value in unit(deploy):
        if value.startswith("/opt/sla-tracker/venv/bin/python "):
            text = text.replace("/opt/sla-tracker/venv/bin/python ", "/bin/true ")
    yield from _analyzed(analyze, text)


@cache
def _analyzed(analyze: str, text: str) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sla-tracker@all.service"
        file.write_text(text, "utf-8")
        verified = _run(analyze, "verify", "--recursive-errors=no", str(file))
        said = [line for line in verified.stderr.splitlines() if file.stem in line]
        if verified.returncode and not said:
            said.append(verified.stderr.strip())
        exposed = exposure(analyze, file)
        if exposed > EXPOSURE:
            said.append(f"its exposure is {exposed}, at most {EXPOSURE} is wanted")
    return tuple(said)


def exposure(analyze: str, file: Path) -> float:
    done = _run(analyze, "security", "--offline=true", "--no-pager", str(file))
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    return float(level)


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True)
