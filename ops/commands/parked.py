"""`sla sources parked`, `replay` and `let-be`: what no reading understands."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from ops.commands.exits import FOUND_PROBLEMS, counted, line, out, refuse
from ops.commands.operator import name_of
from ops.commands.remote import ask


def show(name: str | None, *, url: str, token: str | None, as_json: bool) -> int:
    """1 where something waits that nobody has let be."""
    found = ask("GET", f"/connect/parked{_query(name)}", url, token)
    items: Sequence[Mapping[str, Any]] = found["deliveries"]
    waits = any(one["let_be_at"] is None for one in items)
    if as_json:
        out.print_json(data=found)
        return FOUND_PROBLEMS if waits else 0
    for one in items:  # no table: an id must stay whole, to be copied
        out.print(one["delivery_id"], style="bold", soft_wrap=True)
        because = "; ".join(one["because"])
        line(f"  {one['source']}, came {one['received_at']}: {because}")
        if one["let_be_at"] is not None:
            why = f": {one['let_be_reason']}" if one["let_be_reason"] else ""
            line(f"  let be at {one['let_be_at']}{why}")
    if not items:
        out.print("Nothing is parked.")
    elif waits:
        words = (
            "`sla sources replay` reads them again; what is of no use, `sla sources let-be` lets"
            " be: NAME, or --delivery ID."
        )
        out.print(words, soft_wrap=True)
    return FOUND_PROBLEMS if waits else 0


def replay(
    name: str | None, which: Sequence[str], *, url: str, token: str | None, as_json: bool
) -> int:
    """1 where something is still parked."""
    found = ask("POST", f"/connect/parked/replay{_query(name, which)}", url, token)
    if as_json:
        out.print_json(data=found)
    else:
        out.print(f"{found['tried']} read again, {found['parked']} still parked.")
        if failed := found.get("failed"):  # a service of before does not say
            out.print(f"{failed} of these failed: the service's log says of what.")
    return FOUND_PROBLEMS if found["parked"] else 0


def let_be(
    name: str | None,
    which: Sequence[str],
    reason: str | None,
    *,
    url: str,
    token: str | None,
    as_json: bool,
) -> int:
    """1 where one that was named is left alone."""
    if name is None and not which:
        refuse("Name a source, or each --delivery, as `sla sources parked` shows them.")
    asked = {"source": name, "deliveries": which or None, "reason": reason, "by": name_of(None)}
    found = ask("POST", "/connect/parked/let-be", url, token, asked)
    if as_json:
        out.print_json(data=found)
        return FOUND_PROBLEMS if found["left_alone"] else 0
    out.print(f"Let be: {counted(found['let_be'], 'delivery', 'deliveries')}.")
    for one in found["left_alone"]:
        words = f"{one} is left alone: it is not parked, or was let be."
        out.print(words, soft_wrap=True)
    return FOUND_PROBLEMS if found["left_alone"] else 0


def _query(name: str | None, which: Sequence[str] = ()) -> str:
    asked = [("source", name)] if name is not None else []
    query = httpx.QueryParams([*asked, *(("delivery", one) for one in which)])
    return f"?{query}" if query else ""
