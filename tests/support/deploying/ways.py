"""What each way of running the service would start, read from its files."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "ops" / "deploy"
OVERLAYS = ("small", "production")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where there is one: all of them are read for each mistake."""


def program(name: str) -> str:
    """Where an installed program is; without it, the test that asks is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


def kustomized(deploy: Path, overlay: str) -> list[dict[str, Any]]:
    """The manifests of an overlay as kustomize builds them; raises CalledProcessError."""
    return _kustomized((deploy / "kubernetes" / "overlays" / overlay).resolve())


@cache
def _kustomized(folder: Path) -> list[dict[str, Any]]:
    kubectl = program("kubectl")
    done = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=True
    )
    return list(yaml.load_all(done.stdout, _LOADER))


def of_kind(manifests: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pods(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pods that the manifests make, as specifications."""
    return [
        manifest["spec"]["template"]["spec"]
        for manifest in manifests
        if "template" in manifest.get("spec", {})
    ]


def composed(deploy: Path) -> dict[str, Any]:
    """The services of the Compose file as it is written, merges done."""
    text = (deploy / "compose" / "compose.yaml").read_text("utf-8")
    return yaml.load(text, _LOADER)["services"]


def assigned(text: str) -> dict[str, str]:
    """The variables of an environment file."""
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and line[0] != "#"]
    return {name: value for name, _, value in lines}


def unit(deploy: Path) -> list[tuple[str, str]]:
    """The settings of the systemd unit, in their order."""
    text = (deploy / "systemd" / "sla-tracker@.service").read_text("utf-8")
    lines = [line.partition("=") for line in text.splitlines() if "=" in line and line[0] != "#"]
    return [(name, value) for name, _, value in lines]
