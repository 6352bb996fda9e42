"""A bare Debian in a folder, for what tries the ways of running without an engine or a machine."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

RELEASE = "trixie"
"""As python:3.13-slim is made of: its Python is 3.13."""


def debian(folder: Path, packages: str) -> Path:
    """One with these packages (a comma list), made once for each list."""
    base = folder / f"{RELEASE}-{packages.replace(',', '-')}"
    if not base.exists():
        making = base.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={packages}", RELEASE, str(making)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        making.rename(base)
    return base


def to_registries(root: Path) -> None:
    """This machine's way to the package registries: names and certificates."""
    for file in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
        if Path("/", file).exists():
            shutil.copy(Path("/", file), root / file)


def lacking(tools: Iterable[str]) -> bool:
    """Whether a tool is missing here; says which."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    for tool in missing:
        say(f"{tool} is not installed: apt-get install debootstrap bubblewrap iproute2")
    return bool(missing)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
