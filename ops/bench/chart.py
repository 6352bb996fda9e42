"""A run as a picture: plain SVG bars, readable without any script or font of our own."""

from collections.abc import Sequence
from html import escape
from math import log10
from typing import NamedTuple

from ops.bench.figures import Figure
from ops.bench.report import Report, shown
from ops.bench.targets import TARGETS

WIDTH = 960
LEFT = 340
RIGHT = 140
ROW = 24
FARTHEST = 10.0
"""Times the target, either way, at the edges of the second panel."""
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:16px;font-weight:600}"
    ".small{fill:#666;font-size:11px}.bar{fill:#4878a8}.good{fill:#4a9a5b}.bad{fill:#c2514a}"
    ".line{stroke:#222;stroke-dasharray:3 3}"
)


class Bar(NamedTuple):
    label: str
    says: str
    start: float
    end: float
    """Both in shares of the width there is."""
    kind: str


def draw(report: Report) -> str:
    """The document."""
    panels = [
        ("Rates a second", _rates(list(report.all().values())), None),
        ("Against the targets (right of the line is better, logarithmic)", _targets(report), 0.5),
    ]
    parts: list[str] = []
    y = 16
    for title, bars, line in panels:
        if not bars:
            continue
        parts.append(f'<text class="title" x="16" y="{y + 16}">{escape(title)}</text>')
        y += 32
        top = y
        for bar in bars:
            parts.append(_bar(bar, y))
            y += ROW
        if line is not None:
            x = LEFT + line * (WIDTH - LEFT - RIGHT)
            parts.append(f'<line class="line" x1="{x}" x2="{x}" y1="{top}" y2="{y}"/>')
        y += 24
    machine = report.document()["machine"]
    said = (
        f"{report.began_at:%Y-%m-%d}, {machine['cores']} cores, Python {machine['python']},"
        f" PostgreSQL {machine['postgresql']}"
    )
    parts.append(f'<text class="small" x="16" y="{y}">{escape(said)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 16}" role="img">'
        f"<title>SLA Tracker bench</title><style>{STYLE}</style>"
        f'<rect width="{WIDTH}" height="{y + 16}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _rates(figures: Sequence[Figure]) -> list[Bar]:
    rates = [figure for figure in figures if figure.unit == "/s"]
    most = max((figure.median for figure in rates), default=1)
    return [
        Bar(figure.label, shown(figure.median, "/s"), 0, figure.median / most, "bar")
        for figure in rates
    ]


def _targets(report: Report) -> list[Bar]:
    bars: list[Bar] = []
    known = report.all()
    for target in TARGETS:
        value = target.value(known, report.scale)
        if value is None:
            continue
        better = value / target.target if target.at_least else target.target / max(value, 1e-9)
        place = 0.5 + log10(min(max(better, 1 / FARTHEST), FARTHEST)) / log10(FARTHEST) / 2
        kind = "bad" if target.verdict(value) == "short" else "good"
        sign = "≥" if target.at_least else "≤"
        said = f"{shown(value, target.unit)} ({sign} {shown(target.target, target.unit)})"
        bars.append(Bar(target.label, said, min(0.5, place), max(0.5, place), kind))
    return bars


def _bar(bar: Bar, y: int) -> str:
    room = WIDTH - LEFT - RIGHT
    x, width = LEFT + bar.start * room, max((bar.end - bar.start) * room, 1)
    return (
        f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">{escape(bar.label.strip())}</text>'
        f'<rect class="{bar.kind}" x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="16"/>'
        f'<text x="{x + width + 6:.1f}" y="{y + 16}">{escape(bar.says)}</text>'
    )
