"""`sla explain`: which promise a ticket falls under, and why, asked of a running service."""

from ops.commands.about_ticket import ask
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
        out.print_json(data={name: body[name] for name in ("external_id", "at", "rule", "why")})
        return 0
    version = body["policy_version"]
    out.print(f"{body['external_id']}, by policy version {version}", style="bold", markup=False)
    for reason in body["why"]:
        mark = "*" if reason["matched"] else "-"
        line = f"{mark} {reason['rule']}: {reason['because']}"
        out.print(line, markup=False, soft_wrap=True)
    return 0
