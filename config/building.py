"""Puts the parts of a validated file together to the policy that the clocks run on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Final

from config import (
    calendars,
    channels,
    clocks,
    goals,
    left_open,
    misread,
    people,
    plans,
    reachable,
    routing,
    rules,
    sources,
    unaddressed,
)
from config.findings import Findings
from config.people import Calendars, Person
from config.schema import DefaultLevels, Escalation, File, Notifications, OnChange, Thresholds
from config.targets import MINUTE
from engine.sla.calendar import ALWAYS, EPOCH, Calendar
from engine.sla.kinds import KINDS
from engine.sla.policy import Phase, Policy, status_key
from engine.sla.statuses import built_in_statuses

_LEVEL: Final = re.compile(r"0|[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Built:
    """What a file comes to."""

    policy: Policy
    channels: tuple[channels.Channel, ...]
    sources: tuple[sources.SourceBlock, ...]
    people: tuple[Person, ...]
    calendars: tuple[Calendars, ...]
    """Of the rotations by which somebody is on call."""


def build(
    file: File,
    findings: Findings,
    *,
    version: int,
    accepted_at: int,
    warning: float,
    critical: float,
    built_in: int,
    channel_types: channels.ChannelTypes,
    source_type: sources.SourceType,
) -> Built:
    """The policy and what belongs to it; worthless if the findings have problems afterwards.

    `accepted_at` in microseconds since the epoch; `warning` and `critical` are the fractions
    that hold where the file has no percentages, `built_in` is the list of statuses that it extends.
    """
    counted = clocks.build(file.clocks or {}, findings)
    today = (EPOCH + timedelta(microseconds=accepted_at)).date()
    known = calendars.build(file.calendars or {}, findings, today=today)
    own: dict[str, Calendar | None] = dict.fromkeys(counted)
    for name, block in (file.clocks or {}).items():
        if block.calendar is not None:
            own[name] = known.named(block.calendar, ("clocks", name, "calendar"), ALWAYS)
    default = known.named(file.default_calendar, ("default_calendar",), ALWAYS)
    by_team = [name for name, each in counted.items() if KINDS[each.kind].by_team]
    promises = plans.Promises(known, own, by_team, findings)
    goals.check(file.goals, counted, (), findings)
    outer = plans.Around(default, None, file.own_dates, file.goals or {})
    promised = plans.build(file.sla_targets, promises, outer)
    ruled = rules.build(file.rules or (), file.sla_targets, promises, outer)
    notifications = file.notifications or Notifications()
    by_rotations = {name for one in (file.on_call or {}).values() for name in one.tell_by}
    told = channels.build(notifications, channel_types, findings, routed=by_rotations)
    known_channels = channels.names(notifications)
    known_people = people.people(file.people or {}, findings)
    keys = [person.key for person in known_people]
    rotations, feeds = people.rotations(file.on_call or {}, keys, known_channels, findings)
    unaddressed.warn(notifications, told, rotations, known_people, findings)
    escalation = file.escalation or Escalation()
    levels = escalation.default or DefaultLevels()
    if not levels.warning <= levels.critical <= levels.breached:
        message = "a worse alert has a lower level: levels rise from warning to breached"
        findings.warn(("escalation", "default"), message)
    statuses, default_phase = _statuses(file.statuses or {}, built_in, findings)
    remaining = _thresholds(file.alert_thresholds or Thresholds(), warning, critical, findings)
    policy = Policy(
        version=version,
        accepted_at=accepted_at,
        apply_to=(file.on_change or OnChange()).apply_to,
        plans=promised.by_tier_and_priority,
        tier_fallbacks=promised.by_tier,
        fallback=promised.fallback,
        rules=ruled.rules,
        rule_plans=ruled.plans,
        tier_validity=promised.validity,
        statuses=statuses,
        default_phase=default_phase,
        clocks=counted,
        warning=remaining[0],
        critical=remaining[1],
        level_names=_level_names(file.escalation_levels or {}, findings),
        default_levels=levels.model_dump(),
        ack_timeout=escalation.ack_timeout_minutes * MINUTE,
        notify_within=notifications.notify_within_minutes * MINUTE,
        routes=(),
        time_zone=default.timezone,
        rotations=rotations,
        alone=frozenset(one.name for one in told if one.tells_alone),
    )
    misread.warn(file, policy, findings, today=today)
    routes = routing.routes(notifications, known_channels, policy, findings)
    if notifications.routes is not None:
        reachable.warn(routes, policy, ("notifications", "routes"), findings)
    left_open.warn(routes, told, rotations, findings)
    desks = sources.build(file.sources or {}, source_type, findings)
    return Built(replace(policy, routes=routes), told, tuple(desks), known_people, feeds)


def _statuses(
    entries: Mapping[str, Phase | None], built_in: int, findings: Findings
) -> tuple[Mapping[str, Phase], Phase | None]:
    phases = dict(built_in_statuses(built_in))
    spelled: dict[str, str] = {}
    for status, phase in entries.items():
        if status == "default":
            continue
        key = status_key(status)
        if phase is None:
            findings.refuse(("statuses", status), "needs a phase")
        elif spelled.setdefault(key, status) != status:
            message = f"is the same as {spelled[key]!r}: case, spaces, - and _ make no difference"
            findings.refuse(("statuses", status), message)
        else:
            phases[key] = phase
    return phases, entries.get("default")


def _level_names(entries: Mapping[str, str], findings: Findings) -> Mapping[int, str]:
    for key in entries:
        if not _LEVEL.fullmatch(key):
            findings.refuse(("escalation_levels", key), f"{key!r} is no level: write 0, 1, 2, …")
    return {int(key): name for key, name in entries.items() if _LEVEL.fullmatch(key)}


def _thresholds(
    block: Thresholds, warning: float, critical: float, findings: Findings
) -> tuple[Fraction, Fraction]:
    remaining = (
        Fraction(str(warning)) * 100 if block.warning is None else Fraction(str(block.warning)),
        Fraction(str(critical)) * 100 if block.critical is None else Fraction(str(block.critical)),
    )
    if not remaining[0] > remaining[1]:
        shown = " and ".join(f"{float(each):g}%" for each in remaining)
        taken = [key for key in ("warning", "critical") if getattr(block, key) is None]
        source = f" ({' and '.join(taken)} by the environment or by default)" if taken else ""
        message = f"warning must be more than critical: less remains later; these are {shown}"
        findings.refuse(("alert_thresholds",), message + source)
    return remaining
