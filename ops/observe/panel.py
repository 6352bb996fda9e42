"""What a panel is, and what several of them ask alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["timeseries", "stat", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """One expression; `{{label}}` in its legend is the label's value."""

    asks: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    says: str
    queries: Sequence[Query]
    unit: str = "short"
    kind: Kind = "timeseries"
    width: int = 8
    """Of 24."""
    stacked: bool = False
    signed: bool = False
    """Below 0 as well: else the axis begins there."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[Panel]


def standing(severity: str) -> str:
    """How many clocks stand so, 0 as well."""
    by = "max by (rule, clock, severity)"
    return f'sum({by} (sla_clocks_open{{severity="{severity}"}})) or vector(0)'


def quantiles(metric: str, by: str = "") -> list[Query]:
    """Half of all, nearly all, and the worst but one in a hundred, within the last minutes."""
    labels, legend = ("le, " + by, "{{" + by + "}} ") if by else ("le", "")
    return [
        Query(
            f"histogram_quantile({share}, sum by ({labels}) "
            f"(rate({metric}_bucket[$__rate_interval])))",
            f"{legend}{share:.0%}",
        )
        for share in (0.5, 0.95, 0.99)
    ]


def most(metric: str, by: str) -> list[Query]:
    """What every process says alike."""
    return [Query(f"max by ({by}) ({metric})", "{{" + by + "}}")]
