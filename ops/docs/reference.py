"""Writes the pages of docs/reference: `python -m ops.docs.reference`. A test holds that they are
what this writes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ops.docs import commands, configuration, environment, http_api, metrics, stored_events

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[Path], str]] = {
    "commands.md": commands.page,
    "configuration.md": configuration.page,
    "environment.md": environment.page,
    "events.md": stored_events.page,
    "http.md": http_api.page,
    "metrics.md": metrics.page,
}
"""File to what writes it, given the project's folder."""


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
