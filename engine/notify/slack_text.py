"""Words for people, safe inside Slack's mark-up."""

import re

from engine.notify.plain_text import instant, one_line
from engine.sla.instants import SECOND

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_EMOJI = re.compile(r":(?=[^\s:]+:)")


def safe(text: str, limit: int) -> str:
    """Foreign text on one line, escaped, at most `limit` characters long; no entity is cut."""
    line = one_line(text)
    escaped = [_ENTITIES.get(letter, letter) for letter in line[: limit + 1]]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    kept, length = list[str](), 1  # the ellipsis
    for letter in escaped:
        length += len(letter)
        if length > limit:
            break
        kept.append(letter)
    return "".join(kept) + "…"


def literal(text: str) -> str:
    """Where Slack may turn a name between colons into an emoji: it is no name any more."""
    return _EMOJI.sub(":\u200b", text)


def date(at: int) -> str:
    """Microseconds as Slack shows them in each reader's own time zone; mark-up."""
    return f"<!date^{at // SECOND}^{{date_short_pretty}} {{time_secs}}|{instant(at)}>"
