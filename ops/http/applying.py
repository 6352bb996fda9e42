"""The routes by which a configuration is put into force; whoever may do so may preview it."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from command_side.acting import said
from command_side.bodies import Command, Name, Reason
from command_side.deciding.problems import Problem
from command_side.intake.item import Malformed
from command_side.previewed import Previewed
from config.loading import Loaded
from config.problems import ConfigError
from engine.sla.instants import rfc3339_or_none
from ops.applying import Applying, NoSince


class NewConfig(Command):
    """A configuration, and since when it counts."""

    yaml: str = Field(description="The whole of it, as the file would have it.")
    since: str | None = Field(
        None,
        max_length=40,
        description="In force as if it had been accepted then, for what has ended since, too: an"
        " instant, or a date, which is its midnight by the default calendar; null: from now on,"
        " and nothing that has ended is touched.",
        examples=["2026-09-01"],
    )
    by: Name
    reason: Reason


class ConfigApplied(BaseModel):
    """It is in the log, and will be applied to every ticket that it concerns."""

    version: int = Field(description="Its number; every clock names the one that decided.")
    position: int
    since: str | None = Field(description="Null: from now on.")
    in_force_already: bool = Field(
        description="True: the same was in force before, and nothing was written."
    )
    warnings: list[str] = Field(description="What is doubtful about it.")


class ConfigPreviewed(Previewed):
    """What would become of the tickets that it concerns; nothing is written."""

    alerts_raised: int = Field(
        description="That would be; of those long past nobody would be told."
    )
    since: str | None = Field(description="Null: from now on.")
    warnings: list[str] = Field(description="What is doubtful about it.")


def build(applying: Applying) -> APIRouter:
    """The routes over built parts."""
    router = APIRouter(prefix="/config", tags=["Configuration"])

    @router.post(
        "/preview",
        operation_id="preview_config",
        summary="What a configuration would change, before it is in force",
    )
    async def preview(body: Annotated[NewConfig, Body()]) -> ConfigPreviewed:
        """Every ticket that it may concern is counted twice: this takes a while where they are
        many."""
        loaded = await _read(applying, body)
        found = await applying.preview(loaded)
        return ConfigPreviewed.of(
            found,
            alerts_raised=found.alerts_raised,
            since=rfc3339_or_none(loaded.policy.since),
            warnings=loaded.warnings,
        )

    @router.post(
        "/apply",
        operation_id="apply_config",
        summary="Put a configuration into force, perhaps as if it had been earlier",
    )
    async def apply(body: Annotated[NewConfig, Body()]) -> ConfigApplied:
        """A new version, as if its file had been saved. With `since` it repairs what is past, such
        as a holiday entered late: in force at an instant is the highest version whose `since`, else
        acceptance, is not later. Verdicts and alerts follow, of closed tickets too; what was
        reported before is still there by `known_at`. The file that is watched is not written: its
        old text is not taken again, so save there what you have applied."""
        loaded = await _read(applying, body)
        found = await applying.apply(loaded)
        return ConfigApplied(
            version=found.version,
            position=found.position,
            since=rfc3339_or_none(loaded.policy.since),
            in_force_already=found.was_already,
            warnings=loaded.warnings,
        )

    return router


async def _read(applying: Applying, body: NewConfig) -> Loaded:
    """Raises Malformed with all that is wrong."""
    try:
        return await applying.read(
            body.yaml, body.since, by=said(body.by), reason=body.reason, name="yaml"
        )
    except ConfigError as error:
        if error.name != "yaml":  # one that is in the log
            raise
        wrong = [Problem(("body", "yaml"), one.sentence(error.name)) for one in error.problems]
        raise Malformed(wrong) from error
    except NoSince as error:
        raise Malformed([Problem(("body", "since"), str(error))]) from error
