"""`sla log commands`: who did what, a line each."""

from collections.abc import Mapping
from typing import Any

import httpx

from ops.commands.exits import line, out
from ops.commands.remote import ask


def show(asked: Mapping[str, Any], *, url: str, token: str | None, as_json: bool) -> int:
    """All pages of them, the oldest first."""
    items = list[dict[str, Any]]()
    wanted = {name: value for name, value in asked.items() if value}
    after = 0
    while True:
        query = httpx.QueryParams({**wanted, "after": after})
        found = ask("GET", f"/audit/commands?{query}", url, token, scope="audit")
        items += found["items"]
        if not found["items"]:
            break
        after = found["next_after"]
    if as_json:
        out.print_json(data={"items": items, "total": len(items)})
        return 0
    for one in items:
        through = f" [{one['through']}]" if one["through"] else ""
        why = f": {one['reason']}" if one["reason"] else ""
        who = f"{one['by'] or 'somebody'}{through}"
        line(f"{one['recorded_at']}  {one['command']}  {who}  {one['about']}{why}")
    return 0
