"""`sla explain`: which promise a ticket falls under, and why, asked of a running service."""

from zoneinfo import ZoneInfo

from ops.commands.about_ticket import ask, heading
from ops.commands.exits import out


def explain(
    ticket: str,
    source: str | None,
    as_of: str | None,
    known_at: str | None,
    url: str,
    token: str | None,
    *,
    as_json: bool,
) -> int:
    """Show which rule decides, and of each before it what fails: 1 without such a ticket."""
    asked = {"source": source, "as_of": as_of, "known_at": known_at}
    body = ask("sla", ticket, asked, url=url, token=token)
    if as_json:
        shown = ("external_id", "at", "known_at", "policy_version", "rule", "why", "promise")
        out.print_json(data={name: body[name] for name in shown})
        return 0
    out.print(heading(body, body["at"], ZoneInfo("UTC")), style="bold")
    _say(body["promise"])
    if body["why"]:
        version = f"configuration version {body['policy_version']}"
        _say(f"Why? The first that matches decides, in this order ({version}):")
    for one in body["why"]:
        mark = "yes" if one["matched"] else "no "
        _say(f"  {mark}  {one['rule']}: {one['because']}")
    return 0


def _say(line: str) -> None:
    out.print(line, soft_wrap=True)
