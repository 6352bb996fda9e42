"""Writes the dashboard for Grafana: `python -m ops.observe.dashboard`. A test holds that the file
is what this writes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.observe.panel import Panel
from ops.observe.panels import ROWS

FILE = Path(__file__).with_name("dashboard.json")
NAME = re.compile(r"\b((?:sla|process)_\w+)(?:\{([^}]*)\})?")
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
HEIGHT = 8


def names(asks: str) -> set[str]:
    """The metrics in an expression."""
    return {found[1] for found in NAME.finditer(asks)}


def of_job(asks: str) -> str:
    """Only of the processes that are looked at."""
    return NAME.sub(
        lambda found: f'{found[1]}{{job=~"$job"{"," + found[2] if found[2] else ""}}}', asks
    )


def dashboard() -> dict[str, Any]:
    """As Grafana imports it, from version 10 on."""
    return {
        "uid": "sla-tracker",
        "title": "SLA Tracker",
        "description": "Promises, how timely they are watched, and what keeps them so.",
        "tags": ["sla-tracker"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                },
                {
                    "name": "job",
                    "label": "Job",
                    "type": "query",
                    "datasource": SOURCE,
                    "query": "label_values(sla_build_info, job)",
                    "refresh": 2,
                    "includeAll": True,
                    "multi": True,
                    "current": {"text": "All", "value": "$__all"},
                },
            ]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for row in ROWS:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": 24, "h": 1},
            "panels": [],
        }
        y, x = y + 1, 0
        for panel in row.panels:
            if x + panel.width > 24:
                y, x = y + HEIGHT, 0
            number += 1
            place = {"x": x, "y": y, "w": panel.width, "h": HEIGHT}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            x += panel.width
        y += HEIGHT


def _panel(panel: Panel) -> dict[str, Any]:
    custom = {
        "lineWidth": 1,
        "fillOpacity": 20 if panel.stacked else 0,
        "showPoints": "never",
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
    }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": of_job(query.asks),
                "legendFormat": query.legend or "__auto",
                "instant": panel.kind == "table",
                "range": panel.kind != "table",
                **({"format": "table"} if panel.kind == "table" else {}),
            }
            for place, query in enumerate(panel.queries)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                **({} if panel.signed else {"min": 0}),
                **({"custom": custom} if panel.kind == "timeseries" else {}),
            },
            "overrides": [],
        },
        "options": _options(panel),
    }


def _options(panel: Panel) -> dict[str, Any]:
    match panel.kind:
        case "timeseries":
            return {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case "stat":
            return {
                "graphMode": "area",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            }
        case "table":
            return {"showHeader": True}


def text() -> str:
    """The file."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
