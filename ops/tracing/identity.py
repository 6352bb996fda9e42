"""What a correlation id is to OpenTelemetry: the trace, and in it spans whose ids follow from it.

So whoever knows the correlation id, also out of the log and much later, knows the ids of the spans
before, and needs nothing else to say what follows what.
"""

import re
from hashlib import blake2b

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")


def trace_id(correlation_id: str) -> int:
    """Of a UUID, in any spelling, its 128 bits; of any other text, as many of its hash."""
    digits = correlation_id.replace("-", "").lower()
    if _TRACE.fullmatch(digits):
        return int(digits, 16)
    return int.from_bytes(blake2b(correlation_id.encode(), digest_size=16).digest())


def span_id(trace: int, *what: object) -> int:
    """Of the one span of this trace that is so called."""
    text = " ".join(map(str, (trace, *what)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1


def caller(traceparent: str) -> tuple[str, int, bool] | None:
    """The caller's trace, as 32 digits, the span in it, and whether it is recorded; None for what
    does not follow https://www.w3.org/TR/trace-context/."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    return found[1], int(found[2], 16), bool(int(found[3], 16) & 1)
