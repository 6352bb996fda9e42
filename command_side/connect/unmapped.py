"""What came from a desk that neither its reading nor the promises know: pure."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from command_side.connect.source import Choice, Source
from engine.sla.policy import Policy

Kind = Literal["status", "priority", "tier", "team", "agent"]


class Came(NamedTuple):
    """A value of the desk, and what it became here."""

    kind: Kind
    value: str | None
    """As it is looked up; None: none came."""
    became: str | None


class Key(NamedTuple):
    """A value that is not mapped, as it is kept with its delivery."""

    kind: Kind
    value: str
    """Empty: none came, or what stands for all others is not known."""

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.value}"

    @classmethod
    def of(cls, text: str) -> "Key":
        """What `text` was made of."""
        kind, _, value = text.partition(":")
        return cls(next(one for one in KINDS if one == kind), value)


KINDS: Final[tuple[Kind, ...]] = ("status", "priority", "tier", "team", "agent")
REQUIRED: Final[dict[str, Kind]] = {
    "status": "status",
    "priority": "priority",
    "customer_tier": "tier",
}
"""What a ticket needs to begin with, and which kind gives it."""


class Words(NamedTuple):
    """What is told of a value that is not mapped."""

    because: str
    counts_as: str | None
    """What stands for it, where there are promises for that."""


def words(key: Key, source: Source, policy: Policy) -> Words:
    """By the reading and the promises of now."""
    kind, value = key
    if kind == "status":
        return Words(f"status {value!r} is not known", None)
    if kind == "team":
        return Words(f"team {value!r} is not mapped", value)
    if kind == "agent":
        return Words(f"nobody says whether {value!r} is an agent", None)
    choice = source.priorities if kind == "priority" else source.tiers
    became = choice.of(value) if value else choice.default
    if became is None:
        return Words(f"{kind} {value!r} is not mapped" if value else f"no {kind} is given", None)
    if _promised(kind, became, policy):
        return Words(f"{kind} {value!r} is not mapped", became)
    if not value:
        return Words(f"{kind} {became!r}, which stands for all others, has no target", None)
    here = "" if value == became else f", as {value!r} is called here,"
    return Words(f"{kind} {became!r}{here} has no target", None)


def unmapped(came: Iterable[Came], source: Source, policy: Policy) -> list[Key]:
    """Those that nothing knows, each once."""
    found = [key for one in came if (key := _unknown(one, source, policy)) is not None]
    return list(dict.fromkeys(found))


def lacking(name: str, came: Iterable[Came]) -> Key | None:
    """What would have given an attribute that a new ticket lacks."""
    kind = REQUIRED.get(name)
    if kind is None:
        return None
    value = next((one.value for one in came if one.kind == kind), None)
    return Key(kind, value or "")


def still(key: Key, source: Source, policy: Policy) -> bool:
    """Whether it is unknown to the reading and the promises of now as well."""
    match key.kind:
        case "status":
            return policy.phase(source.status(key.value)) is None
        case "priority" | "tier":
            choice = source.priorities if key.kind == "priority" else source.tiers
            became = choice.of(key.value) if key.value else choice.default
            came = Came(key.kind, key.value or None, became)
            return became is None or _unknown(came, source, policy) is not None
        case "team":
            known = source.teams.map if source.teams is not None else None
            return bool(known) and not _has(known, key.value)
        case "agent":
            return source.agents.knows([key.value]) is None


def _unknown(one: Came, source: Source, policy: Policy) -> Key | None:
    value, became = one.value, one.became
    if value is None and one.kind not in ("priority", "tier"):
        return None
    match one.kind:
        case "status":
            known = became is None or policy.phase(became) is not None
        case "priority":
            return _chosen(one, source.priorities, policy, by_default=True)
        case "tier":
            return _chosen(one, source.tiers, policy, by_default=False)
        case "team":
            known = source.teams is None or not source.teams.map or _has(source.teams.map, value)
        case "agent":
            known = False
    return None if known else Key(one.kind, value or "")


def _chosen(one: Came, choice: Choice, policy: Policy, *, by_default: bool) -> Key | None:
    """Of a tier, what its default stands for was left to that on purpose; of a priority it is
    worth a word, as there are few."""
    unlisted = choice.map and one.value is not None and not choice.has(one.value)
    if unlisted and (choice.default is None or by_default):
        return Key(one.kind, one.value or "")
    if one.became is None or _promised(one.kind, one.became, policy):
        return None
    stands_for_all = one.became == choice.default and not choice.has(one.value)
    return Key(one.kind, "" if stands_for_all else one.value or "")


def _promised(kind: Kind, word: str, policy: Policy) -> bool:
    known = priorities(policy) if kind == "priority" else tiers(policy)
    return not known or word.casefold() in known


def strangers(source: Source, policy: Policy) -> Iterator[str]:
    """What its block calls priorities or tiers here, and no target names."""
    choices: tuple[tuple[Kind, Choice], ...]
    choices = (("priority", source.priorities), ("tier", source.tiers))
    for kind, choice in choices:
        for word in choice.words():
            if not _promised(kind, word, policy):
                yield f"{kind} {word!r} has no target"


def unsaid(source: Source) -> Iterator[str]:
    """What a new ticket has to have, and neither its desk nor its block will ever say."""
    read = {name for kind in source.reading.deliveries for name in (*kind.ticket, *kind.first)}
    tiers, priorities = source.tiers, source.priorities
    if tiers.default is None and not tiers.map and "customer_tier" not in read:
        yield "nothing says a tier, and each delivery of a new ticket is parked: see `tiers`"
    if priorities.default is None and priorities.by is None and "priority" not in read:
        words = "nothing says a priority, and each delivery of a new ticket is parked"
        yield f"{words}: see `priorities`"


def untracked(source: Source, policy: Policy) -> Iterator[str]:
    """Of which tiers its tickets may be that are promised nothing at a priority that they may have;
    with rules, more than these decides it."""
    if policy.rules:
        return
    for tier in source.tiers.words():
        if not _promised("tier", tier, policy):
            continue
        plans = {word: policy.plan(tier, word) for word in source.priorities.words()}
        lacking = [word for word, plan in plans.items() if not plan.clocks]
        if named := [word for word in lacking if _promised("priority", word, policy)]:
            yield (
                f"tier {tier} is promised nothing at {', '.join(named)}: such a ticket is shown as"
                " untracked"
            )


@lru_cache(maxsize=4)  # each delivery asks
def priorities(policy: Policy) -> frozenset[str]:
    """Those that some target is for, casefolded; empty: none is by priority."""
    named = [priority for _, priority in (*policy.plans, *policy.rule_plans) if priority]
    return frozenset(named) | _asked("priority", policy)


@lru_cache(maxsize=4)
def tiers(policy: Policy) -> frozenset[str]:
    """Those that some target is for, casefolded."""
    named = [tier for tier, _ in policy.plans]
    return frozenset((*named, *policy.tier_fallbacks)) | _asked("customer_tier", policy)


def _asked(field: str, policy: Policy) -> set[str]:
    """By the conditions of rules."""
    conditions = [one for rule in policy.rules for one in rule.match.when]
    return {word for one in conditions if one.field == field for word in one.words}


def _has(names: Iterable[str] | None, value: str | None) -> bool:
    folded = "" if value is None else value.casefold()
    return any(folded == one.casefold() for one in names or ())
