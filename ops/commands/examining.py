"""`sla doctor` goes through everything, in the order in which one thing explains the next."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import psycopg
from psycopg import AsyncConnection

from command_side import event_store, policies
from command_side.connect.forgetting import parked_for
from command_side.connect.source import Source
from command_side.deciding.tokens import STREAM, TokenBook
from config import settings as environment_settings
from config.addresses import NoAddress, Variables
from config.channels import BUILT_IN
from config.loading import Loaded
from config.problems import ConfigError
from config.settings import Settings, SettingsError
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.post import NoWayOut, http_client
from engine.sla.instants import micros, moment
from ops import answers, connecting
from ops.accepted import built
from ops.channels import ChannelBuilder
from ops.commands.configuration import load
from ops.commands.database import has_database
from ops.doctor import (
    asking,
    environment,
    machine,
    outside,
    promises,
    reaching,
    replica,
    server,
    service,
)
from ops.doctor import tokens as dated
from ops.doctor.finding import Finding, fault, ok
from ops.embedded import (
    BadAddress,
    EmbeddedPostgres,
    PostgresUnavailable,
    conninfo_from,
    impatient,
)
from ops.http import auth
from ops.wiring import now
from projections.all import PROJECTORS
from query_side.desk_health import Desk
from query_side.stored_health import Stored, stored_health
from query_side.troubles import Trouble

OTHERS = ("SLA_TOKEN", "SLA_URL", "SLA_POSTGRES_BIN")
"""Variables that are no settings of the service."""
NAMED = re.compile(r"\b\w+_env[\"']?\s*:\s*[\"']?([A-Za-z_]\w*)")
"""Whatever the file names, also where it is refused."""


@dataclass(frozen=True, slots=True)
class Here:
    """What is looked at."""

    environment: Mapping[str, str]
    data_dir: Path | None
    """Another one than the environment's."""
    said: Mapping[str, Any] | None
    """What a running service says of itself, if one was asked."""


def examined(here: Here) -> list[Finding]:
    """Every finding; it changes nothing, and needs no service that runs."""
    return asyncio.run(_examined(here))


async def _examined(here: Here) -> list[Finding]:
    try:
        settings = environment_settings.read()
    except SettingsError as error:
        names = [name.upper() for name in here.environment]
        found = environment.Environment(names, _known(), errors=str(error).splitlines())
        return list(environment.judged(found))
    if here.data_dir is not None:
        settings = settings.model_copy(update={"sla_data_dir": here.data_dir})
    file = _file(settings)
    found = await _database(settings, here)
    findings = list(environment.judged(_environment(here.environment, settings, found.guarded)))
    # Where nothing runs, the next start takes the file.
    loaded = (found.newest if found.runs else None) or file.loaded or found.newest
    findings += promises.judged(_promises(settings, here.environment, file, found, loaded))
    findings += found.findings
    if loaded is not None:
        findings += await _channels(loaded, settings, here.environment)
    return findings


# The environment and the file


def _known() -> list[str]:
    return [*(name.upper() for name in Settings.model_fields), *OTHERS]


def _environment(
    variables: Mapping[str, str], settings: Settings, guarded: bool
) -> environment.Environment:
    tokens = None
    guarded = guarded or bool(settings.sla_proxy_key.get_secret_value())
    try:
        guarded = bool(auth.tokens(settings)) or guarded
    except auth.BadTokens as error:
        tokens, guarded = f"{error}.", True
    return environment.Environment(
        [name.upper() for name in variables],
        _known(),
        named=[*_named(settings.sla_config)],
        tokens=tokens,
        guarded=guarded,
        public=bool(settings.public_url),
        links_without_home=bool(settings.sla_link_key.get_secret_value())
        and not settings.public_url,
        debug=settings.debug,
    )


def _named(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except OSError:  # whoever reads it as a configuration says so
        return
    yield from NAMED.findall(text)


@dataclass(frozen=True, slots=True)
class _File:
    """The configuration as it lies there."""

    loaded: Loaded | None
    error: str | None = None


def _file(settings: Settings) -> _File:
    try:
        return _File(load(settings.sla_config, settings, at=now()))
    except ConfigError as error:
        return _File(None, str(error))


def _promises(
    settings: Settings,
    variables: Mapping[str, str],
    file: _File,
    found: "_Found",
    loaded: Loaded | None,
) -> promises.Promises:
    newest = found.newest
    return promises.Promises(
        str(settings.sla_config),
        error=file.error,
        doubts=file.loaded.warnings if file.loaded else (),
        in_force=newest.policy.version if newest else None,
        asked=found.asked,
        unread=found.unread,
        is_the_file=newest is None or file.loaded is None or newest.sha256 == file.loaded.sha256,
        runs=bool(found.runs),
        unset=dict(_unset(loaded, variables)) if loaded else {},
    )


def _unset(loaded: Loaded, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What feeds need; what channels do is told with them."""
    given = Variables(variables)
    needed = {
        f"sources.{name}": (one.secret_env, one.api_token_env, one.api_user_env)
        for name, one in connecting.sources(loaded).items()
    }
    for one in loaded.calendars:
        shared = one.overrides.variable if one.overrides else None
        needed[f"on_call.{one.rotation}"] = (one.calendar.variable, shared, None)
    for place, names in needed.items():
        for name in names:
            try:
                if name is not None:
                    given.text(name)
            except NoAddress as error:
                yield place, str(error)
    for said in answers.missing(loaded, variables):
        place, _, why = said.partition(": ")
        yield place, why


# The database


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database told, and what is made of it."""

    findings: list[Finding]
    newest: Loaded | None = None
    unread: str | None = None
    asked: bool = True
    """Whether it could be asked which version is in force."""
    runs: Collection[str] = ()
    """The roles of the processes that run."""
    guarded: bool = False
    """Whether the log has tokens."""


async def _database(settings: Settings, here: Here) -> _Found:
    findings = _disk(settings)
    if not has_database(settings):
        said = f"none in {settings.sla_data_dir} yet; the first start makes it"
        return _Found([*findings, ok("database", said)])
    try:
        async with (
            _conninfo(settings) as conninfo,
            await asking.connected(conninfo) as conn,
        ):
            told = await _told(conn, conninfo, here, settings)
            return replace(told, findings=[*findings, *told.findings])
    except BadAddress as error:
        why, remedy = f"{error}.", "Mend DATABASE_URL where it is set."
    except PostgresUnavailable as error:
        why, remedy = str(error), f"See what {settings.sla_data_dir} has in its log."
    except (psycopg.OperationalError, OSError) as error:
        why = f"It does not answer: {str(error).splitlines()[0].strip()}."
        remedy = (
            "See that PostgreSQL runs and that this machine may reach it; all goes on by itself"
            " then."
        )
    return _Found([*findings, fault("database", why, remedy)], asked=False)


def _disk(settings: Settings) -> list[Finding]:
    if settings.database_url.get_secret_value() or not has_database(settings):
        return []
    folder = settings.sla_data_dir
    room = shutil.disk_usage(folder)
    found = machine.Disk(str(folder), room.free, room.total, os.access(folder, os.W_OK))
    return list(machine.disk(found))


@asynccontextmanager
async def _conninfo(settings: Settings) -> AsyncGenerator[str, None]:
    if url := settings.database_url.get_secret_value():
        yield impatient(conninfo_from(url))
        return
    embedded = EmbeddedPostgres(settings.sla_data_dir)  # attaches where one runs already
    try:
        yield await asyncio.to_thread(embedded.start)
    finally:
        await asyncio.to_thread(embedded.stop)


async def _told(
    conn: AsyncConnection[Any], conninfo: str, here: Here, settings: Settings
) -> _Found:
    asked_at, wall = monotonic(), now()
    at = await event_store.database_time(conn)
    ahead = (wall - at).total_seconds() + (monotonic() - asked_at) / 2
    facts = await asking.server(conn, conninfo)
    findings = list(server.judged(facts))
    if facts.schema is None or facts.schema.refused:
        return _Found([*findings, *machine.clock(machine.Times(ahead))])
    last = await event_store.last_recorded_at(conn)
    log_ahead = (last - at).total_seconds() if last else 0.0
    findings += machine.clock(machine.Times(ahead, log_ahead))
    newest, unread = await _newest(conn)
    runs = await asking.running(conn)
    book = TokenBook()
    for event in (await event_store.read_streams(conn, [STREAM]))[STREAM]:
        book.take(event)
    findings += dated.judged(_standing(book, at))
    stored = await _stored(conn, newest, at)
    if stored is not None:
        own = [Trouble(**one) for one in here.said["troubles"]] if here.said else []
        findings += service.judged(service.Service(stored, runs, its_own=own))
    findings += await _replica(conn, settings)
    return _Found(findings, newest, unread, runs=runs, guarded=bool(book))


async def _replica(conn: AsyncConnection[Any], settings: Settings) -> list[Finding]:
    if not (url := settings.database_read_url.get_secret_value()):
        return []
    end = await event_store.last_position(conn)
    try:
        async with await asking.connected(impatient(conninfo_from(url), writes=False)) as there:
            behind = end - await event_store.last_position(there)
            cursor = await there.execute("select pg_is_in_recovery()")
            follows = await cursor.fetchall() == [(True,)]
        found = replica.Read(follows=follows, behind=max(0, behind))
    except (BadAddress, psycopg.Error, OSError) as error:
        found = replica.Read(error=str(error).splitlines()[0].strip().rstrip("."))
    return list(replica.judged(found))


def _standing(book: TokenBook, at: datetime) -> dated.Tokens:
    """Those that open something now."""
    return dated.Tokens(
        [
            dated.Expiring(one.name, moment(one.expires_at) if one.expires_at else None)
            for one in book.all()
            if one.opens(micros(at))
        ],
        at,
    )


async def _newest(conn: AsyncConnection[Any]) -> tuple[Loaded | None, str | None]:
    """The version in force, or why it cannot be read."""
    accepted = await policies.accepted(conn)
    try:
        return (built(accepted[-1], Source), None) if accepted else (None, None)
    except ConfigError as error:
        return None, str(error)


async def _stored(conn: AsyncConnection[Any], newest: Loaded | None, at: datetime) -> Stored | None:
    """None: the read tables are not there yet."""
    sources = connecting.sources(newest) if newest is not None else dict[str, Source]()
    raw = newest.retention.raw if newest is not None else None
    desks = {
        name: Desk(verified=True, parked_for=parked_for(one, raw)) for name, one in sources.items()
    }
    try:
        return await stored_health(conn, [one.name for one in PROJECTORS], desks, at)
    except psycopg.errors.UndefinedTable:
        return None


# The channels


async def _channels(
    loaded: Loaded, settings: Settings, variables: Mapping[str, str]
) -> list[Finding]:
    slack = settings.slack_webhook_url.get_secret_value()
    given = {**variables, "SLACK_WEBHOOK_URL": slack} if slack else variables
    try:
        async with http_client() as client:
            channels = ChannelBuilder(given, client, now, settings.public_url).build([loaded])
        trust = httpx.create_ssl_context()
    except NoWayOut as error:
        said = f"Nobody could be notified: {error}."
        return [fault(outside.ABOUT, said, "Mend what the environment names.")]
    wanted = {one.name for one in loaded.channels if one.wanted}
    unreachable = {name: why.reason for name, why in channels.unreachable.items() if name in wanted}
    places = {
        one.name: CHANNEL_TYPES[one.type].model_validate(one.options).addresses(Variables(given))
        for one in loaded.channels
        if one.name in channels.reachable and (one.name in wanted or one.name in BUILT_IN)
    }
    found = outside.Channels(unreachable, await reaching.tried(places, trust))
    return list(outside.judged(found))
