"""The service with one route more, which does nothing: `python -m ops.bench.host serve --port 0`.

What a request costs before it reaches a decision can only be seen beside it in the same process.
"""

import asyncio
import sys

from fastapi import APIRouter, Request, Response
from rich.console import Console

from command_side.intake.reading import read_body
from config import settings
from ops import garbage, logging
from ops.http.application import straight
from ops.http.serving import address, listener, serving, until_interrupted
from ops.wiring import Service

NO_OP = "/bench/no-op"
ANSWER = (
    b'{"accepted":0,"duplicates":0,"unchanged":0,"conflicts":0,"rejected":0,"position":null,'
    b'"results":[{"index":0,"external_id":"bench-000000","ticket_id":"00000000-0000-0000-0000-'
    b'000000000000","outcome":"accepted","late":false,"error":null}]}'
)
"""As long as a real answer."""


def routes(limit: int) -> APIRouter:
    router = APIRouter()

    @router.post(NO_OP, include_in_schema=False)
    async def no_op(request: Request) -> Response:
        """Reads the body as POST /tickets does, and forgets it."""
        read_body(await request.body(), limit=limit)
        return Response(ANSWER, media_type="application/json")

    return router


def main() -> None:
    read = settings.read()
    bound = listener("127.0.0.1", 0)
    logging.configure(read.log_level, json=not sys.stdout.isatty())

    async def run() -> None:
        service = Service(read, role="api")
        straight(service.app, routes(read.max_batch_items), NO_OP)
        streams, leave = read.ws_max_connections, service.tailer.end_streams
        async with service, serving(service.app, bound, leave=leave, streams=streams) as server:
            Console(stderr=True).print(f"Bench: {address(bound)}/", markup=False)
            with garbage.collected_seldom():
                await asyncio.wait({server})

    until_interrupted(run)


if __name__ == "__main__":
    main()
