"""Builds the rules of the clocks: one of each kind is built in, others are of the same kinds."""

import re
from collections.abc import Mapping
from typing import Final

from config.findings import Findings
from config.problems import KeyPath
from config.schema import Clock, Priority
from engine.sla.kinds import HALTED, KINDS
from engine.sla.policy import ClockKind, ClockRules

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NO_NAMES: Final = frozenset(Priority.model_fields)
_ONLY_FOR: Final[Mapping[str, ClockKind]] = {
    option: kind for kind, clock in KINDS.items() for option in clock.options
}


def build(blocks: Mapping[str, Clock], findings: Findings) -> Mapping[str, ClockRules]:
    """Every clock by name; keys that a block leaves out keep their defaults."""
    rules: dict[ClockKind, ClockRules] = {
        kind: _rules(kind, kind, blocks.get(kind, Clock()))
        for kind, clock in KINDS.items()
        if clock.built_in
    }
    clocks: dict[str, ClockRules] = {**rules}
    for name, block in blocks.items():
        path: KeyPath = ("clocks", name)
        kind = clocks[name].kind if name in clocks else block.kind
        if kind is None:
            findings.refuse(path, f"needs a kind: {', '.join(KINDS)}")
            continue
        if block.kind not in (None, kind):
            findings.refuse((*path, "kind"), f"{name} is built in and of the kind {kind}")
        if not _NAME.fullmatch(name) or name in _NO_NAMES or name.endswith("_minutes"):
            message = "is no name for a clock: write small letters, digits and _, without _minutes"
            findings.refuse(path, message)
        for key, only in _ONLY_FOR.items():
            if getattr(block, key) is not None and kind != only:
                findings.refuse((*path, key), f"applies to clocks of the kind {only} only")
        clocks[name] = _rules(name, kind, block)
        if block.pauses_at_most is not None and not clocks[name].pauses_in - HALTED:
            message = "nothing pauses this clock: name phases in pauses_in"
            findings.warn((*path, "pauses_at_most"), message)
    return clocks


def _rules(name: str, kind: ClockKind, block: Clock) -> ClockRules:
    return ClockRules(
        name,
        kind,
        pauses_in=KINDS[kind].pauses_in if block.pauses_in is None else frozenset(block.pauses_in),
        on_change=block.on_change or "carry",
        reopen=block.reopen or "resume",
        answered_by=block.answered_by or "reply_or_status",
        after=block.after or "first_response",
        again=frozenset(block.again or ()),
        pauses_at_most=block.pauses_at_most,
    )
