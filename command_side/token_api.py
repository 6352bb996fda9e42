"""The routes of tokens: whoever may make them may do everything."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, Field

from command_side.bodies import Command, Name, Reason, refuse_past
from command_side.deciding.tokens import Scope, Token
from command_side.intake.item import Moment
from command_side.tokens import Tokens, Wanted
from engine.sla.instants import micros, rfc3339, rfc3339_or_none

State = Literal["good", "expired", "revoked"]
NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$"


class NewToken(Command):
    """Who is let in, and to what."""

    name: str = Field(
        pattern=NAME,
        description="By which it is known in logs and audits; no other that is good may have it.",
        examples=["grafana"],
    )
    scopes: list[Scope] = Field(
        min_length=1,
        description="write: commands about tickets; read: queries and streams; audit: the log"
        " itself; admin: everything.",
    )
    expires_at: Moment | None = Field(
        None, description="Good until then; null: until it is revoked."
    )
    requests_a_minute: int | None = Field(
        None,
        ge=1,
        le=1_000_000,
        description="More are answered with 429, by each process that answers; null: as"
        " TOKEN_REQUESTS_A_MINUTE says.",
    )
    by: Name | None = Field(None, description="Who makes it; null: whose token this is, says it.")


class TokenMade(BaseModel):
    """It is good at once here, in every other process within two seconds."""

    token_id: str
    token: str = Field(description="The token itself: it is said here, and never again.")
    position: int


class KnownToken(BaseModel):
    """One token, without its secret, which is not kept."""

    token_id: str
    name: str = Field(description="By which it is known")
    scopes: list[str] = Field(description="What it opens")
    state: State = Field(description="Only a good one opens anything.")
    made_at: str = Field(description="When it was made")
    made_by: str | None = Field(description="Who made it; null: nobody said")
    expires_at: str | None = Field(description="Null: it does not")
    requests_a_minute: int | None = Field(description="Null: as TOKEN_REQUESTS_A_MINUTE says")
    last_used_at: str | None = Field(description="To a minute or so; null: it never was")
    revoked_at: str | None = Field(description="Null: it was not")
    revoked_by: str | None = Field(description="Null: it was not, or nobody said")
    revoked_because: str | None = Field(description="Null: it was not")

    @classmethod
    def of(cls, token: Token, used_at: datetime | None, now: datetime) -> "KnownToken":
        """As it stands at `now`."""
        return cls(
            token_id=token.token_id,
            name=token.name,
            scopes=list(token.scopes),
            state=state_of(token, now),
            made_at=rfc3339(token.made_at),
            made_by=token.made_by,
            expires_at=rfc3339_or_none(token.expires_at),
            requests_a_minute=token.requests_a_minute,
            last_used_at=None if used_at is None else rfc3339(micros(used_at)),
            revoked_at=rfc3339_or_none(token.revoked_at),
            revoked_by=token.revoked_by,
            revoked_because=token.revoked_because,
        )


class KnownTokens(BaseModel):
    """All of them, the oldest first."""

    items: list[KnownToken]


class TokenRevoked(BaseModel):
    """It opens nothing any more here, nor in any other process within two seconds."""

    token_id: str
    position: int


def state_of(token: Token, now: datetime) -> State:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.has_expired(micros(now)) else "good"


def build(
    tokens: Tokens, now: Callable[[], datetime], *, correlation_id: Callable[[], str | None]
) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(prefix="/tokens", tags=["Tokens"])

    @router.post(
        "",
        status_code=201,
        operation_id="make_token",
        summary="Make a token",
        responses={409: {"description": "Another token of this name is good."}},
    )
    async def make(body: Annotated[NewToken, Body()], response: Response) -> TokenMade:
        """The first one closes the door: from then on everybody needs one, for ever. Whoever has
        none left makes one with `sla tokens create`, which asks the database alone."""
        at = now()
        if body.expires_at is not None:
            refuse_past("expires_at", body.expires_at, at)
        wanted = Wanted(body.name, body.scopes, body.expires_at, body.requests_a_minute, body.by)
        made = await tokens.make(wanted, now=at, correlation_id=correlation_id())
        response.headers["Cache-Control"] = "no-store"
        return TokenMade(token_id=made.token_id, token=made.token, position=made.position)

    @router.get("", operation_id="list_tokens", summary="All tokens")
    async def known() -> KnownTokens:
        """Also those that were revoked, or have expired. Those of API_TOKENS are not among them."""
        at = now()
        await tokens.follow()
        used = await tokens.last_used()
        items = [KnownToken.of(one, used.get(one.token_id), at) for one in tokens.book.all()]
        return KnownTokens(items=items)

    @router.delete("/{token_id}", operation_id="revoke_token", summary="Revoke a token")
    async def revoke(
        token_id: Annotated[str, Path(description="Its id: not the token itself.", max_length=63)],
        reason: Annotated[Reason, Query(description="Why.")],
        by: Annotated[Name | None, Query(description="Who revokes it.")] = None,
    ) -> TokenRevoked:
        """For ever. Streams that were opened with it are closed."""
        revoked, position = await tokens.revoke(
            token_id, reason=reason, by=by, now=now(), correlation_id=correlation_id()
        )
        return TokenRevoked(token_id=revoked.token_id, position=position)

    return router
