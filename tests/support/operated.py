"""What operators had done, as an auditor reads it."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from psycopg_pool import AsyncConnectionPool

from query_side.audit import commands
from tests.support.web import calling


async def operated(pool: AsyncConnectionPool[Any]) -> Sequence[dict[str, Any]]:
    """In the order of `GET /audit/commands`."""
    app = FastAPI()
    app.include_router(commands.build(pool))
    async with calling(app) as client:
        answer = await client.get("/audit/commands", params={"command": "operate"})
    return answer.json()["items"]
