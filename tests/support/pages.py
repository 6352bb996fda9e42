"""What every HTML page has to tell the browser."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx


def is_guarded(answer: httpx.Response) -> bool:
    """Nothing from elsewhere, in nobody's frame, and of what is inline only what is meant."""
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    for script in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        assert b64encode(sha256(script.encode()).digest()).decode() in policy["script-src"]
    assert "unsafe" not in policy["script-src"]
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
    others = ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")
    assert [answer.headers[name] for name in others] == ["DENY", "nosniff", "same-origin"]
    return True
