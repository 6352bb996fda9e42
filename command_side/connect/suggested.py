"""The lines of YAML that map what came and is not mapped: pure.

Where it is plain which word of ours is meant, it stands there; else one in angle brackets, which
the configuration refuses until somebody has written theirs.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from command_side.connect.source import Choice, Source
from command_side.connect.unmapped import Key, priorities, tiers
from engine.sla.policy import Policy

_WAIT: Final = (
    r"wait|await|pend|hold|block|wart(en|et|end|est)|attente|attesa|en espera|em espera|wacht"
)
STATUSES: Final[tuple[tuple[str, str], ...]] = (
    (r"cancel|withdr|reject|declin|duplicate|invalid|obsolete|abandon|won.?t", "cancelled"),
    (r"annul|abgebroch|storni|abgelehnt|verworfen|zurückgez|rejet|rechaz|rifiut", "cancelled"),
    (
        r"\bre ?open|wieder ?(er|ge)?öffn|wieder offen|r[ée]ouv|reabi?ert|riapert|heropen",
        "reopened",
    ),
    (r"\b(un|not )(resolv|solv|clos|fix|done|complet|assign|plan)", "open"),
    (r"\b(nicht|niet|não|non) |\bunge?(lös|klär|bearb)", "open"),
    (rf"({_WAIT}).*(support|agent|\bus\b|triage|assign|bearbeit|zuweis)", "open"),
    (
        rf"({_WAIT}|reply|answer|info|rückfrage).*"
        r"(customer|client|user|request|report|caller|contact|you\b"
        r"|kunde|melder|anwender|nutzer|demandeur|utilisateur|usu[aá]rio|utente|klant)",
        "waiting_on_customer",
    ),
    (r"need.*info|more info", "waiting_on_customer"),
    (rf"{_WAIT}|paus|suspend|snooz|defer|postpon|park", "awaiting_vendor"),
    (r"zurückgest|angehalten|ausgesetzt|ausstehend|ruht|geparkt", "awaiting_vendor"),
    (r"resolv|solv|clos|done|fixed|complet|finish|releas|deploy|ship|deliver", "resolved"),
    (
        r"gelöst|erledigt|geschlossen|behoben|fertig|beendet|résolu|cl[oô]tur|\bferm[eé]|terminé"
        r"|terminad|resuelt|cerrad|risolt|chius|conclu|fechad|opgelost|gesloten|afgehandeld",
        "resolved",
    ),
    (
        r"progress|work|develop|implement|investig|diagnos|analy|escalat|assign|test|review|doing",
        "in_progress",
    ),
    (
        r"bearbeit|in arbeit|zugewies|prüfung|en cours|en curso|en progreso|in corso|em andamento"
        r"|in behandeling|lavorazione",
        "in_progress",
    ),
    (r"\bnew\b|open|to.?do|triage|backlog|report|receiv|queue|submit|regist|logged", "open"),
    (r"\bneu\b|offen|eröffn|gemeldet|erfasst|eingegang", "open"),
    (r"\bnouve|ouvert|\bnuev|abiert|\bnuov|apert|\bnov[oa]\b|abert|nieuw", "open"),
)
"""The first of these that is found in a status says which word of ours is meant by it. In the
languages that desks are used in, as far as their words are plain."""
ANY_STATUS: Final = "<open, in_progress, on_hold, resolved or cancelled>"
RANKS: Final[tuple[frozenset[str], ...]] = (
    frozenset(("urgent", "highest", "critical", "blocker", "emergency", "1")),
    frozenset(("high", "major", "2")),
    frozenset(("normal", "medium", "moderate", "3")),
    frozenset(("low", "minor", "4")),
    frozenset(("lowest", "trivial", "planning", "5")),
)
"""What desks call their priorities, the most urgent first."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL: Final = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


def lines(keys: Iterable[Key], source: Source, policy: Policy) -> list[str]:
    """Each a key of the source's block with all that it holds, so that it takes its place."""
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        by_kind.setdefault(key.kind, []).append(key.value)
    found: list[str] = []
    if values := by_kind.get("status"):
        known = dict(source.statuses)
        for value in values:
            known[_wrongly(value, source.statuses)] = _status(value, policy)
        found.append(f"statuses: {_flow(known)}")
    if values := by_kind.get("priority"):
        found.append(f"priorities: {_choice(source.priorities, values, _Priorities(policy))}")
    if values := by_kind.get("tier"):
        found.append(f"tiers: {_choice(source.tiers, values, _Tiers(policy))}")
    if (values := by_kind.get("team")) and source.teams is not None:
        teams = source.teams.model_dump(exclude_defaults=True)
        more = dict.fromkeys(values, "<a team>")
        found.append(f"teams: {_flow({**teams, 'map': {**(source.teams.map or {}), **more}})}")
    if values := by_kind.get("agent"):
        agents = source.agents.model_dump(exclude_defaults=True)
        by_address = any("@" in value for value in values)
        told = {"domains": ["<your agents' domain>"]} if by_address else {"names": ["<an agent>"]}
        found.append(f"agents: {_flow({**agents, **told})}")
    return found


def _wrongly(status: str, known: Mapping[str, str]) -> str:
    """Under which name it is to be mapped: one that is mapped to what nobody knows stays itself."""
    return next(
        (name for name, word in known.items() if word.casefold() == status.casefold()), status
    )


def meant(status: str) -> str | None:
    """The word of ours that its own words say; None: they do not."""
    words = " ".join(re.sub(r"[-_]", " ", unicodedata.normalize("NFC", status).casefold()).split())
    return next((word for pattern, word in STATUSES if re.search(pattern, words)), None)


def _status(status: str, policy: Policy) -> str:
    word = meant(status)
    return word if word is not None and policy.phase(word) is not None else ANY_STATUS


class _Priorities:
    word = "<a priority>"

    def __init__(self, policy: Policy) -> None:
        names = {plan.priority: plan.priority.upper() for plan in policy.plans.values()}
        self._ours = [names.get(one, one.upper()) for one in sorted(priorities(policy))]

    def meant(self, value: str) -> str:
        words = re.findall(r"[a-z]+|\d+", value.casefold())
        rank = next((n for n, names in enumerate(RANKS) if names.intersection(words)), None)
        return self.word if rank is None or rank >= len(self._ours) else self._ours[rank]

    def default(self) -> str:
        return self._ours[-1] if self._ours else self.word


class _Tiers:
    word = "<a tier>"

    def __init__(self, policy: Policy) -> None:
        self._ours = sorted(tiers(policy))

    def meant(self, value: str) -> str:
        same = [one for one in self._ours if one == value.casefold()]
        return same[0] if same else self.default()

    def default(self) -> str:
        return self._ours[0] if len(self._ours) == 1 else self.word


def _choice(choice: Choice, values: Sequence[str], ours: _Priorities | _Tiers) -> str:
    """All of it, with these mapped as well; an empty one is what none of them stands for."""
    said: dict[str, Any] = {}
    if choice.by is not None:
        by = choice.by.model_dump(exclude_defaults=True)
        said["by"] = by["find"] if by.keys() == {"find"} else by
    known = dict(choice.map) | {value: ours.meant(value) for value in values if value}
    if known:
        said["map"] = known
    default = ours.default() if "" in values else choice.default
    if default is not None:
        said["default"] = default
    return _flow(said)


def _flow(value: object) -> str:
    """On one line; a word in angle brackets is written so that YAML takes it for a word."""
    if isinstance(value, Mapping):
        members = cast(Mapping[str, object], value).items()
        return "{" + ", ".join(f"{_flow(name)}: {_flow(inner)}" for name, inner in members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, cast(Sequence[object], value))) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _SPECIAL:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)
