"""`sla tokens`: who has the database may make a token, also when nobody has one any more."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from command_side.deciding.tokens import SCOPES
from command_side.intake.item import LATEST
from command_side.token_api import NAME, KnownToken
from command_side.tokens import Made, TokenNameTaken, Tokens, TokenUnknown, Wanted
from ops.commands.database import Pool, work
from ops.commands.exits import FOUND_PROBLEMS, err, out, refuse, table
from ops.commands.exits import show as show_table
from ops.commands.operator import at_the_terminal, name_of
from ops.commands.serve import read_settings
from ops.wiring import now

DAYS = re.compile(r"(\d{1,5})d")


def create(
    name: str,
    scopes: Sequence[str],
    *,
    expires: str | None,
    requests_a_minute: int | None,
    by: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """The token goes to stdout alone, all else to stderr: `TOKEN=$(sla tokens create …)`."""
    if not re.fullmatch(NAME, name):
        refuse("A name has letters, digits and ._@- only, 63 at most, such as grafana.")
    wanted = [one for given in scopes for one in given.split(",")]
    if unknown := [one for one in wanted if one not in SCOPES]:
        refuse(f"There is no scope {unknown[0]!r}. There are {', '.join(SCOPES)}.")
    at = now()
    expires_at = None if expires is None else _expiry(expires, at)
    asked = Wanted(name, wanted, expires_at, requests_a_minute, name_of(by))

    async def main(pool: Pool) -> Made:
        with at_the_terminal():
            return await Tokens(pool).make(asked, now=at, correlation_id=None)

    try:
        made = work(read_settings(data_dir), main)
    except TokenNameTaken:
        refuse(
            f"A token named {name} is good already. Revoke it, or take another name, such as"
            f" {name}-{at:%Y-%m}.",
            code=FOUND_PROBLEMS,
        )
    if as_json:
        out.print_json(data={"token_id": made.token_id, "token": made.token})
        return 0
    until = "" if expires_at is None else f", until {expires_at:%Y-%m-%d %H:%M} UTC"
    err.print(
        f"{name} ({made.token_id}){until}. Keep it now: it is not kept here.",
        soft_wrap=True,
    )
    out.print(made.token, soft_wrap=True)
    return 0


def show(*, everything: bool, data_dir: Path | None, as_json: bool) -> int:
    """One line each."""

    async def main(pool: Pool) -> list[KnownToken]:
        tokens, at = Tokens(pool), now()
        await tokens.follow()
        used = await tokens.last_used()
        return [KnownToken.of(one, used.get(one.token_id), at) for one in tokens.book.all()]

    found = work(read_settings(data_dir), main)
    known = [one for one in found if everything or one.state == "good"]
    if as_json:
        out.print_json(data={"items": [one.model_dump() for one in known]})
        return 0
    if not known:
        more = " (--all shows those that open nothing any more)" if found else ""
        out.print(f"There are no tokens{more}.")
        return 0
    shown = table("id", "name", "scopes", "expires", "last used", "state", values="made by")
    for one in known:
        shown.add_row(
            one.token_id,
            one.name,
            ", ".join(one.scopes),
            one.expires_at or "never",
            f"{one.last_used_at[:16]}Z" if one.last_used_at else "never",
            one.state,
            one.made_by or "somebody",
        )
    show_table(shown)
    return 0


def revoke(token: str, *, reason: str, by: str | None, data_dir: Path | None) -> int:
    """Known by its id, or by the name of one that is good."""

    async def main(pool: Pool) -> str:
        with at_the_terminal():
            revoked, _ = await Tokens(pool).revoke(
                token, reason=reason, by=name_of(by), now=now(), correlation_id=None
            )
        return f"{revoked.name} ({revoked.token_id})"

    try:
        revoked = work(read_settings(data_dir), main)
    except TokenUnknown:
        refuse(
            "No token of this id or name is good. `sla tokens list --all` shows all.",
            code=FOUND_PROBLEMS,
        )
    out.print(f"Revoked: {revoked}")
    return 0


def _expiry(text: str, at: datetime) -> datetime:
    """In so many days, or on a day, or at an instant; leaves when it is none of these."""
    days = DAYS.fullmatch(text)
    try:
        found = at + timedelta(days=int(days[1])) if days else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        refuse(f"--expires: write 90d, 2027-01-31 or 2027-01-31T09:00:00Z, not {text!r}")
    found = found if found.tzinfo else found.replace(tzinfo=at.tzinfo)
    if not at < found < LATEST:
        refuse(
            f"--expires must lie ahead, and before {LATEST:%Y}: it is {at:%Y-%m-%dT%H:%M:%SZ} here"
        )
    return found
