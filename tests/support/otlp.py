"""What receives traces: a real HTTP server that reads OTLP, as a collector does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.support.web import serving


@dataclass
class Span:
    """As it came."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    seconds: float
    attributes: dict[str, Any]
    links: list[tuple[str, str]]
    failed: bool


@dataclass
class Receiver:
    """And of those who send messages: whatever else is posted is taken."""

    url: str = ""
    status: int = 200
    hangs: bool = False
    asked: int = 0
    spans: list[Span] = field(default_factory=list[Span])
    resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    messages: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/v1/traces":
            self.messages.set()
            await Response()(scope, receive, send)
            return
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(3600)
        if self.status == 200:
            request = Request(scope, receive)
            content = await request.body()
            assert request.headers["content-type"] == "application/x-protobuf"
            self._take(ExportTraceServiceRequest.FromString(content))
        await Response(status_code=self.status)(scope, receive, send)

    def _take(self, sent: Any) -> None:
        for group in sent.resource_spans:
            self.resources.append(_attributes(group.resource))
            for scope in group.scope_spans:
                self.spans += [_span(one) for one in scope.spans]

    def named(self, name: str) -> Span:
        """The one of that name."""
        [found] = [one for one in self.spans if one.name == name]
        return found


def _span(one: Any) -> Span:
    return Span(
        one.name,
        one.trace_id.hex(),
        one.span_id.hex(),
        one.parent_span_id.hex(),
        one.kind,
        (one.end_time_unix_nano - one.start_time_unix_nano) / 1e9,
        _attributes(one),
        [(link.trace_id.hex(), link.span_id.hex()) for link in one.links],
        one.status.code == 2,
    )


def _attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


@asynccontextmanager
async def receiving(**behaviour: Any) -> AsyncGenerator[Receiver]:
    receiver = Receiver(**behaviour)
    async with serving(receiver) as receiver.url:
        yield receiver
