"""A run as people and machines read it: tables, a JSON document, and the file names of both."""

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from os import cpu_count
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench.figures import Figure, by_name
from ops.bench.scale import Scale
from ops.bench.targets import TARGETS

COLOURS = {"hoped": "green", "reached": "green", "short": "red"}


@dataclass(slots=True)
class Report:
    """What one run has found, part by part."""

    began_at: datetime
    scale: Scale
    postgres: str
    figures: dict[str, list[Figure]] = field(default_factory=dict[str, list[Figure]])
    failures: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0

    def all(self) -> dict[str, Figure]:
        return by_name(figure for found in self.figures.values() for figure in found)

    def document(self) -> dict[str, Any]:
        known = self.all()
        return {
            "began_at": self.began_at.isoformat(),
            "seconds": round(self.seconds, 1),
            "machine": {
                "cores": cpu_count(),
                "system": platform.platform(),
                "python": sys.version.split()[0],
                "postgresql": self.postgres,
            },
            "scale": asdict(self.scale),
            "figures": {
                name: {
                    "label": figure.label.strip(),
                    "unit": figure.unit,
                    "median": figure.median,
                    "samples": list(figure.samples),
                    "share": share(figure, known),
                    "share_of": figure.base,
                }
                for name, figure in known.items()
            },
            "targets": [
                {
                    "label": target.label.strip(),
                    "unit": target.unit,
                    "target": target.target,
                    "hoped": target.hoped,
                    "at_least": target.at_least,
                    "value": value,
                    "verdict": None if value is None else target.verdict(value),
                }
                for target in TARGETS
                for value in [target.value(known, self.scale)]
            ],
            "failures": self.failures,
        }

    def show(self, console: Console, titles: Mapping[str, str]) -> None:
        known = self.all()
        for name, title in titles.items():
            if name in self.failures:
                console.print(
                    f"\n{title}: failed: {self.failures[name]}", style="red", markup=False
                )
            elif name in self.figures:
                console.print()
                console.print(_figures(title, self.figures[name], known))
        console.print()
        console.print(self._targets(known))

    def _targets(self, known: Mapping[str, Figure]) -> Table:
        table = Table(title="Targets", title_justify="left")
        table.add_column("")
        for column in ("target", "hoped", "measured"):
            table.add_column(column, justify="right")
        table.add_column("verdict")
        for target in TARGETS:
            if target.part not in self.figures and target.part not in self.failures:
                continue
            value = target.value(known, self.scale)
            sign = "≥" if target.at_least else "≤"
            verdict = "not measured" if value is None else target.verdict(value)
            table.add_row(
                target.label,
                f"{sign} {shown(target.target, target.unit)}",
                "" if target.hoped is None else f"{sign} {shown(target.hoped, target.unit)}",
                "" if value is None else shown(value, target.unit),
                verdict,
                style=COLOURS.get(verdict, "dim"),
            )
        return table


def _figures(title: str, figures: Sequence[Figure], known: Mapping[str, Figure]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for column in ("median", "lowest", "highest", "share"):
        table.add_column(column, justify="right")
    for figure in figures:
        several = len(figure.samples) > 1
        part = share(figure, known)
        table.add_row(
            figure.label,
            shown(figure.median, figure.unit),
            shown(min(figure.samples), figure.unit) if several else "",
            shown(max(figure.samples), figure.unit) if several else "",
            "" if part is None else shown(part, "x"),
        )
    return table


def share(figure: Figure, known: Mapping[str, Figure]) -> float | None:
    """Of the figure that it is compared with."""
    base = known.get(figure.base) if figure.base else None
    return None if base is None or not base.median else figure.median / base.median


def shown(value: float, unit: str) -> str:
    """Three digits that matter, and the unit."""
    number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit}".strip() if unit not in ("/s", "x", "%") else number + unit
