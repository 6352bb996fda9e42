"""READ: what webhooks bring, for those who write a receiver."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Response

SCHEMA = files("engine.notify").joinpath("webhook_schema.json").read_bytes()


class JsonSchema(Response):
    media_type = "application/schema+json"


def build() -> APIRouter:
    """The schema, for everyone: it holds nothing of anybody's."""
    router = APIRouter(tags=["Operations"])

    @router.get(
        "/webhooks/schema.json",
        operation_id="get_webhook_schema",
        summary="What a webhook receives",
        response_class=JsonSchema,
        responses={200: {"content": {"application/schema+json": {"schema": {"type": "object"}}}}},
    )
    async def schema() -> Any:
        """The JSON Schema of the body that channels of the type `webhook` post; its version is
        `schema_version` there."""
        return JsonSchema(SCHEMA)

    return router
