"""What stands in an environment variable, as it was meant: whoever mounts a file or copies a line
brings a line break along."""

import unicodedata
from urllib.parse import urlsplit

BYTE_ORDER_MARK = "\ufeff"


def cleaned(value: str) -> str:
    """Without the spaces, line breaks and byte order mark around it."""
    return value.strip().strip(BYTE_ORDER_MARK).strip()


def fault(value: str) -> str | None:
    """Why no cleaned text of one line may hold this; never repeats it. None: it may."""
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        return "holds a line break or another control character"
    if any(unicodedata.category(letter) == "Cs" for letter in value):
        return "is no text in UTF-8"
    return None


def address_fault(url: str) -> str | None:
    """Why this is no address on the web; never repeats it, as it may be a secret."""
    if not url.startswith(("https://", "http://")):
        return "must begin with https://"
    if any(letter.isspace() for letter in url):
        return "holds a space"
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0  # which raises for what is no port
    except ValueError:
        named = False
    return None if named else "names no host, or a port that is none"
