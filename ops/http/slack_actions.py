"""The route that Slack sends to what people press below its messages."""

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask

from engine.notify.slack_press import NotUnderstood, is_slacks, pressed
from ops.http.slack_pressing import Pressing


def build(secret: str, pressing: Pressing) -> APIRouter:
    """`secret` is what Slack signs with; empty: nothing is taken."""
    router = APIRouter(tags=["Commands"])

    @router.post(
        "/slack/actions",
        operation_id="press_in_slack",
        summary="What somebody pressed below a message in Slack",
        response_class=Response,
        responses={
            200: {"description": "It was looked at; whoever pressed is told what came of it."},
            401: {"description": "Slack has not signed it, or long ago."},
            404: {"description": "There is no SLACK_SIGNING_SECRET: nothing is taken."},
            422: {"description": "It is signed, and says nothing that could be understood."},
        },
        openapi_extra={
            "security": [{}],  # the signature says who it is: no token is wanted
            "requestBody": {
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "payload": {
                                    "type": "string",
                                    "description": "Slack's `block_actions`, as JSON.",
                                }
                            },
                            "required": ["payload"],
                        }
                    }
                },
            },
        },
    )
    async def act(
        request: Request,
        x_slack_request_timestamp: Annotated[
            str, Header(description="Unix seconds at which Slack signed it.")
        ] = "",
        x_slack_signature: Annotated[
            str, Header(description="`v0=` and the HMAC-SHA256 of `v0:`, timestamp, `:`, body.")
        ] = "",
    ) -> Response:
        """For Slack's servers: acknowledges or snoozes the ticket by the same commands as people's,
        in the name of whoever pressed. The same press again changes nothing. What Slack has not
        signed within five minutes is refused."""
        body = await request.body()
        if not secret:
            raise HTTPException(404, "SLACK_SIGNING_SECRET is not set: no buttons are taken.")
        if not is_slacks(
            secret, body, x_slack_request_timestamp, x_slack_signature, pressing.now()
        ):
            raise HTTPException(401, "Slack has not signed this, or more than five minutes ago.")
        try:
            found = pressed(body)
        except NotUnderstood as error:
            raise HTTPException(422, f"It is not understood: {error}.") from error
        told = [(press, await pressing.take(press)) for press in found]

        async def say() -> None:
            for press, text in told:
                if text and press.response_url:
                    await pressing.say(press, text)

        return Response(background=BackgroundTask(say))

    return router
