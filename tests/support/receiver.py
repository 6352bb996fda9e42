"""A webhook of somebody's own, which remembers the key of every notice that it takes."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI, Request

from tests.support.web import serving


@dataclass
class Receiver:
    """A key that came twice is one that its receiver can tell."""

    url: str = ""
    keys: Counter[str] = field(default_factory=Counter[str])

    async def heard(self) -> bool:
        """Whether anything has come."""
        return bool(self.keys)


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """On a free port, in the test's own event loop."""
    receiver = Receiver()
    app = FastAPI(openapi_url=None)

    async def take(request: Request) -> None:
        notice = await request.json()
        receiver.keys[notice["dedup_key"]] += 1

    app.add_api_route("/", take, methods=["POST"])
    async with serving(app) as receiver.url:
        yield receiver
