"""READ: what every HTML page of this project tells the browser, so that it shows nothing else."""

import re
from base64 import b64encode
from hashlib import sha256

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def headers(page: str, *, styled_by_script: bool = False) -> dict[str, str]:
    """Of a page with this text: it loads from its own server alone, in nobody's frame.

    Scripts and styles within the page run because they are these very ones, by their hashes, and no
    others do. `styled_by_script` is for a page whose scripts write styles into its text.
    """
    inline: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(page):
        inline[kind].append(f" 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")
    style = " 'unsafe-inline'" if styled_by_script else "".join(inline["style"])
    policy = (
        "default-src 'self'",
        "script-src 'self'" + "".join(inline["script"]),
        f"style-src 'self'{style}",
        "img-src 'self' data:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        # An address may name a ticket: no other site hears of it.
        "Referrer-Policy": "same-origin",
    }
