"""The desks whose APIs can be asked."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.desks import github, jira, zendesk
from engine.desks.calling import Api, Page


@dataclass(frozen=True, slots=True)
class Asking:
    """How one is asked."""

    page: Callable[[Api, Mapping[str, Any], Sequence[str]], Awaitable[Page]]
    """By its cursor; the first has only `since`."""
    url: str | None
    """Where it answers, if that is everywhere the same."""
    user_suffix: str = ""
    """What stands behind the name of whoever asks with a token."""
    projects: bool = False
    """It has to be said of what."""

    def headers(self, user: str | None, token: str) -> Mapping[str, str]:
        """That show who asks; a token without a name is one of its own."""
        if user is None:
            return {"Authorization": f"Bearer {token}"}
        pair = f"{user}{self.user_suffix}:{token}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}


DESKS: Final[Mapping[str, Asking]] = {
    "github": Asking(github.page, "https://api.github.com", projects=True),
    "jira": Asking(jira.page, None),
    "zendesk": Asking(zendesk.page, None, user_suffix="/token"),
}
