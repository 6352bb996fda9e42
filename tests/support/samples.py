"""Deliveries of real desks, where the folder with them lies beside the project."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2].parent / "shared" / "samples"


def told(desk: str | None = None) -> Sequence[dict[str, Any]]:
    """What is known of each of a desk's samples, or of all: `file`, and its `facts`."""
    if not ROOT.exists():
        return []
    known = json.loads((ROOT / "facts.json").read_text())
    return [one for one in known if desk in (None, one["desk"])]


def signed() -> Sequence[dict[str, Any]]:
    """Requests with the signatures that their desks would have made."""
    return json.loads((ROOT / "signatures.json").read_text()) if ROOT.exists() else []


def sent(desk: str) -> Sequence[Any]:
    """The bodies of a desk's samples that are no files of an export."""
    files = [one["file"] for one in told(desk) if one["facts"]["kind"] == "webhook"]
    return [json.loads(body(file)) for file in files]


def body(file: str) -> bytes:
    return (ROOT / file).read_bytes()
