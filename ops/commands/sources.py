"""`sla sources`: what desks send, tried out here, or asked of a running service."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from pydantic_core import from_json

from command_side.connect.objects import read_objects
from command_side.connect.preset import Delivery, Preset, presets
from command_side.connect.reading import Ignored, Observed, Read, Received, Unreadable, read
from command_side.connect.source import Source
from command_side.connect.unmapped import strangers, unsaid, untracked
from command_side.intake.wording import hint
from config.addresses import NoAddress, Variables
from config.loading import Loaded
from ops import connecting
from ops.commands.configuration import load_or_leave
from ops.commands.exits import FOUND_PROBLEMS, out, refuse, table
from ops.commands.exits import show as print_table
from ops.commands.remote import ask, options
from ops.commands.serve import read_settings
from ops.wiring import now


def show_all(*, url: str, token: str | None, as_json: bool) -> int:
    """1 where something is parked, or a desk cannot be verified."""
    found = ask("GET", "/connect", url, token, scope="read")
    if as_json:
        out.print_json(data=found)
    else:
        _print_all(found["sources"], url)
    wrong = any(one["parked"] or not one["reachable"] for one in found["sources"])
    return FOUND_PROBLEMS if wrong else 0


def _print_all(sources: Sequence[Mapping[str, Any]], url: str) -> None:
    if not sources:
        words = f"No desk is connected at {url}: name one under `sources` of its configuration."
        out.print(words, soft_wrap=True)
        return
    shown = table("source", "desk", "last delivery", "taken, 24 h", "ignored, 24 h", "parked")
    for one in sources:
        last = f"{one['last_delivery_at'][:19]}Z" if one["last_delivery_at"] else "-"
        counts = [f"{one[name]:,}" for name in ("taken", "ignored", "parked")]
        shown.add_row(one["source"], one["desk"], last, *counts)
    print_table(shown)
    for one in sources:
        if not one["reachable"]:
            words = f"{one['source']}: its secret is not set where the service runs."
            out.print(words, style="yellow", soft_wrap=True)
        for words in (*_refused(one), *_api(one)):
            out.print(f"{one['source']}: {words}", soft_wrap=True)
        _print_open(one)
        if one["yaml"]:
            words = (
                f"{one['source']}: `sla sources show {one['source']}` has the lines that map it."
            )
            out.print(words, soft_wrap=True)
    if any(one["parked"] for one in sources):
        words = (
            "Once the configuration says how, `sla sources replay` reads them again; what is of no"
            " use, `sla sources let-be` lets be. `sla sources parked` shows each of them."
        )
        out.print(words, soft_wrap=True)


def _refused(one: Mapping[str, Any]) -> Iterator[str]:
    """What came in its name and was not verified; a service of before does not say it."""
    if count := one.get("refused"):
        were = "request was" if count == 1 else "requests were"
        yield (
            f"{count:,} {were} refused within a day, the last at {one['refused_at'][:19]}Z:"
            f" {one['refused_because']}."
        )


def _api(one: Mapping[str, Any]) -> Iterator[str]:
    """How far its API has been read, in sentences."""
    if found := one["by_reconciliation"]:
        words = "update" if found == 1 else "updates"
        yield f"{found:,} {words} came only by reconciliation."
    for each in one["api"]:
        until = f", last at {each['done_at']}" if each["done_at"] else ""
        if each["error"]:
            yield f"{each['what']}{until}: the API {each['error']}."
        elif each["next_at"] and each["what"] == "backfill":
            yield f"backfill: {each['tickets']:,} tickets read so far."
        else:
            yield f"{each['what']}{until}: {each['tickets']:,} tickets read."
        for why, count in each["because"].items():
            yield f"{each['what']}: {count:,} refused: {why}"


def _print_open(one: Mapping[str, Any]) -> None:
    """What could not be read or mapped of a desk."""
    reasons: Mapping[str, int] = one["because"]
    for why, count in reasons.items():
        are = "delivery is" if count == 1 else "deliveries are"
        words = f"{one['source']}: {count:,} {are} parked: {why}"
        out.print(words, soft_wrap=True)
    for value in one["unmapped"]:
        if value["because"] in reasons:
            continue
        deliveries = "delivery" if value["count"] == 1 else "deliveries"
        counts = f"; counts as {value['counts_as']!r}" if value["counts_as"] else ""
        words = f"{one['source']}: {value['count']:,} {deliveries}: {value['because']}{counts}"
        out.print(words, soft_wrap=True)
    if more := one["more_unmapped"]:
        out.print(f"{one['source']}: {more:,} more values are not mapped.")


def show(name: str, config: Path | None, *, url: str, token: str | None) -> int:
    """1 where a running service has something of it that is parked or not mapped."""
    known = connecting.sources(_loaded(config))
    reading = _source(name, known).reading
    _print_reading(reading)
    told = _told(name, url, token) if name in known else None
    if told is None:
        return 0
    out.print()
    for words in (*_refused(told), *_api(told)):
        out.print(words, soft_wrap=True)
    _print_open(told)
    if not told["yaml"]:
        out.print("All that came of it is mapped.")
        return 0
    words = f"These lines in the block {name} of `sources` map it; each takes the place of the one"
    out.print(f"{words} that begins alike:", soft_wrap=True)
    out.print(told["yaml"], soft_wrap=True)
    if '"<' in told["yaml"]:
        out.print("What stands in angle brackets is for you to decide.")
    return FOUND_PROBLEMS


def _told(name: str, url: str, token: str | None) -> dict[str, Any] | None:
    """What a running service says of it; None, and a word about it: none does."""
    try:
        with httpx.Client(**options(url, token)) as client:
            answer = client.get("/connect")
        answer.raise_for_status()
        sources: list[dict[str, Any]] = answer.json()["sources"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        words = f"What came of it is not shown: {url} cannot be asked ({error or 'no answer'})."
        out.print(words, style="dim", soft_wrap=True)
        return None
    return next((one for one in sources if one["source"] == name), None)


def _print_reading(reading: Preset) -> None:
    out.print(f"{reading.desk} signs {_signs(reading)}.", soft_wrap=True)
    for kind in reading.deliveries:
        out.print(f"\n{_heading(kind)}", soft_wrap=True, style="bold")
        out.print(f"  if {kind.when}", soft_wrap=True)
        if kind.ignored is not None:
            continue
        shown = table("attribute", values="read from")
        for attribute, where in kind.ticket.items():
            shown.add_row(attribute, where.find)
        for attribute, where in kind.first.items():
            shown.add_row(f"{attribute} (if new)", where.find)
        print_table(shown)


def _heading(kind: Delivery) -> str:
    return kind.about if kind.ignored is None else f"{kind.about}: ignored, as {kind.ignored}"


def _signs(reading: Preset) -> str:
    ways = [f"in the header {one.header}" for one in reading.signature]
    if reading.token is not None:
        ways.append(f"nothing, and sends its secret in the header {reading.token.header}")
    if "basic" in reading.proofs:
        ways.append("nothing, and sends its secret as the password of Basic authentication")
    if "address" in reading.proofs:
        ways.append("nothing, and sends its secret in the address (?token=)")
    return ", or ".join(ways) or "nothing"


def check(config: Path | None) -> int:
    """1 where a secret is not set here, or a priority or tier is named that no target names."""
    loaded = _loaded(config)
    sources = connecting.sources(loaded)
    if not sources:
        out.print("The configuration names no desk: see `sources` in ops/sla_config.full.yaml.")
        return 0
    wrong = 0
    for name, source in sources.items():
        try:
            if source.secret_env is not None:
                Variables(os.environ).text(source.secret_env)
            said = "anybody may write to it" if source.unsigned else "its secret is set here"
        except NoAddress as error:
            said, wrong = f"{error} here: nothing of it could be verified", FOUND_PROBLEMS
        api, lacking = _api_here(source)
        strange = [*unsaid(source), *strangers(source, loaded.policy)]
        wrong = FOUND_PROBLEMS if lacking or strange else wrong
        words = f"{name} ({source.reading.desk}): POST /connect/{name}; {said}{api}"
        out.print(words, soft_wrap=True)
        for words in (*strange, *untracked(source, loaded.policy)):
            out.print(f"{name}: {words}.", style="yellow", soft_wrap=True)
    return wrong


def _api_here(source: Source) -> tuple[str, int]:
    """Whether its API can be asked from here, in words; 1 where a variable is not set."""
    if source.api_token_env is None:
        return "", 0
    try:
        for variable in (source.api_user_env, source.api_token_env):
            if variable is not None:
                Variables(os.environ).text(variable)
    except NoAddress as error:
        return f"; {error} here: its API could not be asked", FOUND_PROBLEMS
    often = f" every {source.reconcile}" if source.reconcile else " by `sla backfill`"
    return f"; its API can be asked{often}", 0


def try_out(
    name: str, file: Path, headers: Sequence[str], config: Path | None, *, as_json: bool
) -> int:
    """1 where something could not be read."""
    source = _source(name, connecting.sources(_loaded(config)))
    try:
        body = from_json(file.read_bytes(), allow_inf_nan=False)
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}")
    except ValueError as error:
        refuse(f"{file} is not valid JSON: {error}", code=FOUND_PROBLEMS)
    received = Received(_headers(headers), body, now())
    found = read(received, source.reading, source)
    if all(isinstance(one, Unreadable) for one in found):  # or it is what the desk's API answers
        answered = read_objects(received, source)
        found = found if all(isinstance(one, Unreadable) for one in answered) else answered
    if as_json:
        out.print_json(data=[_shown(one) for one in found])
    else:
        for one in found:
            _print(one)
    return 0 if all(isinstance(one, Observed | Ignored) for one in found) else 1


def _headers(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        name, colon, value = one.partition(":")
        if not colon:
            refuse(f"--header: write 'Name: value', not {one!r}")
        found[name.strip().lower()] = value.strip()
    return found


def _shown(one: Read) -> dict[str, Any]:
    if not isinstance(one, Observed):
        return {
            "outcome": "ignored" if isinstance(one, Ignored) else "parked",
            "because": one.because,
        }
    return {
        "outcome": "taken",
        "item": dict(one.item),
        "first": dict(one.first),
        "before": dict(one.before),
        "names": list(one.names),
        "remarks": list(one.remarks),
    }


def _print(one: Read) -> None:
    if not isinstance(one, Observed):
        word = "Ignored" if isinstance(one, Ignored) else "Parked"
        out.print(f"{word}: {one.because}", soft_wrap=True)
        return
    shown = table("attribute", values="value")
    for name, value in one.item.items():
        shown.add_row(name, str(value))
    for name, value in one.first.items():
        shown.add_row(f"{name} (if new)", str(value))
    for name, value in one.before.items():
        shown.add_row(f"{name} (until then)", str(value))
    print_table(shown)
    missing = [
        name
        for name in ("status", "priority", "customer_tier")
        if name not in {**one.first, **one.item}
    ]
    if missing:
        words = f"Missing for a ticket that is new: {', '.join(missing)}."
        out.print(words, style="yellow", soft_wrap=True)
    for remark in one.remarks:
        out.print(f"Note: {remark}", soft_wrap=True)


def _loaded(config: Path | None) -> Loaded:
    settings = read_settings()
    return load_or_leave(config or settings.sla_config, settings, at=now())


def _source(name: str, known: Mapping[str, Source]) -> Source:
    """One of the configuration, or a desk as it comes."""
    if name in known:
        return known[name]
    if name in presets():
        return Source(desk=name, unsigned=True)
    refuse(f"There is no source and no desk {name!r}; {hint(name, [*known, *presets()])}")
