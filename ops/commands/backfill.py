"""`sla backfill`: what was before a desk was connected, read from its API by a running service."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import quote

import httpx
from rich.progress import BarColumn, Progress, TextColumn

from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, show, table
from ops.commands.remote import ask, options
from ops.wiring import now

LOOK_EVERY: Final = 1.0
"""Seconds."""


def run(source: str, since: str, *, url: str, token: str | None, as_json: bool) -> int:
    """1 where it does not go on, or something could not be taken."""
    asked = {"since": _instant(since)}
    begun = ask("POST", f"/connect/{quote(source, safe='')}/backfill", url, token, asked)
    if not begun["begun"]:
        err.print("One is under way already: this shows how far it is.")
    reading = _watched(source, url, token, shown=not as_json and err.is_terminal)
    if as_json:
        out.print_json(data=dict(reading))
    else:
        _print(source, reading)
    return FOUND_PROBLEMS if reading["error"] or reading["refused"] else 0


def _instant(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"--since: no date: {text!r}. It looks like 2026-01-01, or 2026-01-01T09:00:00Z.")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _watched(source: str, url: str, token: str | None, *, shown: bool) -> Mapping[str, Any]:
    """Until it is over, or cannot go on by itself."""
    until = now()
    bar = Progress(
        BarColumn(),
        TextColumn("{task.fields[said]}", markup=False),
        console=err,
        transient=True,
        disable=not shown,
    )
    with httpx.Client(**options(url, token)) as client, bar:
        task = bar.add_task("", total=1.0, said="")
        while True:
            one = _reading(client, source)
            since, reached = (datetime.fromisoformat(one[name]) for name in ("since", "reached"))
            done = (reached - since) / max(until - since, timedelta(seconds=1))
            waits = f"; waits: {one['error']}" if one["error"] else ""
            said = f"to {reached:%Y-%m-%d}: {one['tickets']:,} tickets, {one['added']:,} updates"
            bar.update(task, completed=min(done, 1.0), said=said + waits)
            if one["next_at"] is None or (one["error"] and not one["waits"]):
                return one
            time.sleep(LOOK_EVERY)


def _reading(client: httpx.Client, source: str) -> Mapping[str, Any]:
    try:
        answer = client.get("/connect").raise_for_status().json()
    except httpx.HTTPError as error:
        refuse(f"The service does not answer ({error}). It goes on once it runs.", code=1)
    found = [
        one
        for desk in cast("list[dict[str, Any]]", answer["sources"])
        if desk["source"] == source
        for one in cast("list[dict[str, Any]]", desk["api"])
        if one["what"] == "backfill"
    ]
    if not found:
        refuse(f"{source} is not connected any more: it goes on once it is.", code=1)
    return found[0]


def _print(source: str, one: Mapping[str, Any]) -> None:
    shown = table(source, "")
    shown.columns[1].justify = "right"
    for name, words in {
        "tickets": "tickets read",
        "added": "updates added",
        "known": "updates that were known",
        "refused": "updates refused",
    }.items():
        shown.add_row(words, f"{one[name]:,}")
    show(shown)
    for why, count in one["because"].items():
        out.print(f"{count:,} refused: {why}", soft_wrap=True)
    if one["error"]:
        words = f"It does not go on: the API {one['error']}. It is asked again by itself."
        out.print(words, style="yellow", soft_wrap=True)
    elif one["refused"]:
        out.print("Mend the source in the configuration, and give the same command again.")
