"""What a request shows of who sends it: the tokens of API_TOKENS, and what its head says."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.requests import HTTPConnection

from command_side.deciding.tokens import SCOPES, hashed
from config import reading
from config.settings import Settings

PROTOCOL = "bearer"
"""A browser's WebSocket sends its token as the subprotocol after this one; signs that may not stand
in one, such as `/` and `=`, as in an address: `%2F`, `%3D`."""
_HOST = re.compile(r"(?:\[([^\]]*)\]|([^\s:@/?#\\\[\]]+))(?::\d*)?")


class BadTokens(Exception):
    """API_TOKENS cannot be read; the message never repeats a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is known here only by its hash, and by its place among the others."""

    hash: bytes
    scopes: frozenset[str]
    name: str


def tokens(settings: Settings) -> tuple[Token, ...]:
    """The configured tokens; none: nobody is asked for one.

    Raises BadTokens, also for a secret that was left blank: whoever sets one wants a closed door.
    """
    given = settings.api_tokens.get_secret_value()
    entries = given.split()
    if given and not entries:
        raise BadTokens("API_TOKENS is set and holds no token; unset, nobody needs one")
    if settings.api_tokens_file is not None:
        try:
            with reading.opened(settings.api_tokens_file) as file:
                text = file.read().decode("utf-8-sig")
        except OSError as error:
            raise BadTokens(f"API_TOKENS_FILE cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            # Not chained: the original error holds the file's content.
            raise BadTokens("API_TOKENS_FILE is no UTF-8 text") from None
        lines = [line.strip() for line in text.splitlines() if line.strip()[:1] not in ("", "#")]
        if not lines:
            raise BadTokens("API_TOKENS_FILE has no token in it; without it nobody needs one")
        entries += lines
    return tuple(_token(number, entry) for number, entry in enumerate(entries, 1))


def _token(number: int, entry: str) -> Token:
    secret, colon, named = entry.rpartition(":")
    scopes = frozenset(named.split(","))
    if not colon or not secret or not scopes <= set(SCOPES):
        known = ", ".join(SCOPES)
        raise BadTokens(f"token {number}: write <token>:<scope>,<scope>; the scopes are {known}")
    if secret != secret.strip() or not (secret.isascii() and secret.isprintable()):
        raise BadTokens(f"token {number}: nobody could send it; take letters, digits and signs")
    return Token(hashed(secret), scopes, f"configured {number}")


@lru_cache(maxsize=64)
def cannot_be_taken(host: str) -> bool:
    """Whether no stranger can make this name lead here: an address, a name of this machine, or
    one without a dot, which only the local network has."""
    name = name_of(host)
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(".localhost"))
    return True


def name_of(host: str) -> str:
    """Without port, brackets and final dot; empty where there is none."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).casefold().removesuffix(".") if found else ""


def is_elsewhere(connection: HTTPConnection, ours: str) -> bool:
    """Whether a browser sends this for another site's page. Reading needs no such question: what
    is answered, no browser shows to that page."""
    origin = connection.headers.get("origin")
    if origin is None or connection.scope.get("method") in ("GET", "HEAD", "OPTIONS"):
        return False
    site = site_of(origin)
    return not site or site not in (connection.headers.get("host", "").casefold(), ours)


def is_own_page(connection: HTTPConnection, home: str) -> bool:
    """Whether a browser says that one of our own pages sends this; `home` as the door has it."""
    site = site_of(connection.headers.get("origin", ""))
    return bool(site) and site in (connection.headers.get("host", "").casefold(), site_of(home))


def site_of(address: str) -> str:
    """Host and port; empty where there is none, as in `null`."""
    try:
        return urlsplit(address).netloc.casefold()
    except ValueError:
        return ""


def shown(connection: HTTPConnection) -> str | None:
    """The token that was sent; None: none was."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and token:
        return token.strip()
    if connection.scope["type"] != "websocket":
        return None
    asked = [
        part.strip() for part in connection.headers.get("sec-websocket-protocol", "").split(",")
    ]
    if len(asked) == 2 and asked[0].casefold() == PROTOCOL:
        return unquote(asked[1])
    # A plus is one: tokens have many, and no blanks, for which forms write it.
    query = connection.scope["query_string"].decode("latin-1").replace("+", "%2B")
    return dict(parse_qsl(query)).get("token")
