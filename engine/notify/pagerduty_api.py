"""What is asked of PagerDuty's REST API: which alerts an incident is of, and who somebody is.

https://developer.pagerduty.com/api-reference, `list-alerts-for-an-incident` and `get-a-user`.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

import httpx

from engine.notify.answer import read, words

MOST_BYTES = 2 * 1024 * 1024
MOST_ALERTS = 100
"""The most that one page of theirs has: an incident of more is no single ticket's."""


class Away(Exception):
    """It gives no answer now; it may later."""


class Refused(Exception):
    """It will give none: it does not know the token, or what is asked for."""


@dataclass(frozen=True, slots=True)
class PagerDutyApi:
    """Read with a token of the account."""

    token: str
    url: str
    client: httpx.AsyncClient

    async def keys(self, incident: str) -> list[str]:
        """Those by which the incident's alerts came there. Raises Away and Refused."""
        page = await self._get(f"/incidents/{incident}/alerts?limit={MOST_ALERTS}")
        found = [one.get("alert_key") for one in _objects(page.get("alerts"))]
        if not any(found):  # of a service that makes no alerts, and incidents alone
            about = (await self._get(f"/incidents/{incident}")).get("incident")
            found = [one.get("incident_key") for one in _objects([about])]
        return [key for key in found if isinstance(key, str) and key]

    async def email(self, user: str) -> str:
        """Somebody's address. Raises Away and Refused."""
        [about] = _objects([(await self._get(f"/users/{user}")).get("user")]) or [{}]
        email = about.get("email")
        return email if isinstance(email, str) else ""

    async def _get(self, path: str) -> dict[str, Any]:
        url = self.url.rstrip("/") + path
        headers = {
            "Authorization": f"Token token={self.token}",
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Accept-Encoding": "identity",
            "User-Agent": "sla-tracker",
        }
        try:
            async with self.client.stream("GET", url, headers=headers) as answer:
                beginning = await read(answer, MOST_BYTES)
        except httpx.HTTPError as error:
            raise Away(f"PagerDuty gives no answer: {type(error).__name__}") from None
        if answer.is_success:
            return _object(beginning.raw)
        said = f"{answer.status_code} {words(answer, beginning, url, self.token)}".strip()
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Away(f"PagerDuty gives no answer: {said}")
        raise Refused(f"PagerDuty refuses to say which alerts these are: {said}")


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Away("PagerDuty's answer broke off, or is somebody else's")
    return cast("dict[str, Any]", found)


def _objects(found: object) -> list[dict[str, Any]]:
    listed = cast("list[Any]", found) if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, dict)]
