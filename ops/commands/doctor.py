"""`sla doctor`: looks at everything around the service, and says what is wrong and what to do."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ops.commands.examining import Here, examined
from ops.commands.exits import counted, out, wrapped
from ops.commands.remote import TooBusy, health, opened
from ops.doctor.finding import CODES, Finding, Level

COLOURS: Mapping[Level, str] = {"ok": "green", "warning": "yellow", "fault": "red"}


def run(*, data_dir: Path | None, url: str | None, token: str | None, as_json: bool) -> int:
    """0 when all is well, 1 with warnings, 2 with faults. `url` is of a service to ask as well."""
    said = None
    if url is not None:
        with opened(url, token) as client:
            said = health(client, url)
    asked = said if isinstance(said, dict) else None
    findings = examined(Here(os.environ, data_dir, asked))
    if isinstance(said, str):
        remedy = LATER if isinstance(said, TooBusy) else REMEDY
        findings.append(Finding("processes", "fault", said.partition(". ")[0] + ".", remedy))
    worst = worst_of(findings)
    if as_json:
        out.print_json(data={"status": worst, "findings": [asdict(one) for one in findings]})
    else:
        _show(findings)
    return CODES[worst]


REMEDY = "Start it, or name another address with --url or SLA_URL."
LATER = "Ask again; if that goes on, see what else its machine and its database are busy with."


def worst_of(findings: Sequence[Finding]) -> Level:
    """The verdict."""
    found: set[Level] = {one.level for one in findings}
    return "fault" if "fault" in found else "warning" if "warning" in found else "ok"


def _show(findings: Sequence[Finding]) -> None:
    for one in findings:
        lead = f"{one.level:8}{one.about:14}"
        first, *more = wrapped(one.what, lead)
        out.print(one.level, style=COLOURS[one.level], end="")
        for line in (first.removeprefix(one.level), *more, *wrapped(one.remedy, " " * len(lead))):
            out.print(line, soft_wrap=True)
    count = {level: sum(one.level == level for one in findings) for level in CODES}
    out.print()
    if not count["fault"] and not count["warning"]:
        out.print("Nothing is wrong.", style="green")
        return
    said = [counted(count[level], level) for level in ("fault", "warning") if count[level]]
    out.print(f"{' and '.join(said)}.", style="red" if count["fault"] else "yellow")
