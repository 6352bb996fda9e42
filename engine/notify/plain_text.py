"""Texts for people in any channel: foreign ones made harmless, times in words."""

from engine.sla.instants import moment

_CONTROL = [*range(32), *range(127, 160), 0x2028, 0x2029]
_UNSEEN = [0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""What has no width, or turns round all that follows on its line, of ours as well."""
_PLAIN: dict[int, str] = dict.fromkeys(_CONTROL, " ") | dict.fromkeys(_UNSEEN, "")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def one_line(text: str) -> str:
    """Foreign text without line breaks, or anything that cannot be seen."""
    return " ".join(text.translate(_PLAIN).split())


def cut(text: str, limit: int) -> str:
    """Foreign text on one line, at most `limit` characters long."""
    line = one_line(text)
    return line if len(line) <= limit else line[: limit - 1] + "…"


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


def left(seconds: float, *, working: bool = False) -> str:
    """What remains of a budget; negative: overrun. `working`: of hours in which not all time
    counts, or people would take them for those of their own clock."""
    of = " of working time" if working else ""
    if seconds > 0:
        return f"{duration(seconds)}{of} left"
    return f"overdue by {duration(seconds)}{of}" if seconds <= -1 else "out of time"


def instant(at: int) -> str:
    """Microseconds for plain text, which knows no reader's time zone."""
    return moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")
