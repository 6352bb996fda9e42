"""Words for people, safe inside Slack's mark-up."""

import re

from engine.sla.instants import SECOND, moment

_CONTROL = [*range(32), *range(127, 160)]
_UNSEEN = [0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""What has no width, or turns round all that follows on its line, of ours as well."""
_PLAIN: dict[int, str] = dict.fromkeys(_CONTROL, " ") | dict.fromkeys(_UNSEEN, "")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_EMOJI = re.compile(r":(?=[^\s:]+:)")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def safe(text: str, limit: int) -> str:
    """Foreign text on one line, escaped, at most `limit` characters long; no entity is cut."""
    line = " ".join(text.translate(_PLAIN).split())
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


def duration(seconds: float) -> str:
    """A length of time in its two largest units, cut off: `1 hour 5 minutes`."""
    rest, words = int(abs(seconds)), list[str]()
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {name}" + ("s" if count > 1 else ""))
        elif words:
            break
    return " ".join(words[:2]) or "less than a second"


def left(seconds: float) -> str:
    """What remains of a budget; negative: overrun."""
    if seconds > 0:
        return f"{duration(seconds)} left"
    return f"overdue by {duration(seconds)}" if seconds <= -1 else "out of time"


def literal(text: str) -> str:
    """Where Slack may turn a name between colons into an emoji: it is no name any more."""
    return _EMOJI.sub(":\u200b", text)


def instant(at: int) -> str:
    """Microseconds for plain text, which knows no reader's time zone."""
    return moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def date(at: int) -> str:
    """Microseconds as Slack shows them in each reader's own time zone; mark-up."""
    return f"<!date^{at // SECOND}^{{date_short_pretty}} {{time_secs}}|{instant(at)}>"
