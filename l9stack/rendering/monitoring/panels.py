"""Panels and dashboards as Grafana reads them: core panels only, of one pinned schema, on a grid of 24 columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 41
"""Grafana 11.6's; a later one migrates it when it loads it."""
WINDOW = "$__rate_interval"
"""Grafana's own: at least four scrapes, and more where a longer time is shown."""
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24
_HEIGHT = {"row": 1, "stat": 4, "timeseries": 8, "table": 6}
_RED, _GREEN = "red", "green"
_LABELS_ALONE = {"id": "organize", "options": {"excludeByName": {"Time": True, "Value": True}}}
"""A table of what runs: when it was asked, and that it is there (1), say nothing."""

PanelKind = Literal["stat", "timeseries", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """An expression, and the name of each of its series: `{{agent}}` stands for a label."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure. `unit` is Grafana's (`s`, `reqps`, `percentunit`, `bytes`, `short`).

    `limit` is where it turns red; `good_above` says that it is red below it. `width` is in columns.
    """

    title: str
    description: str
    queries: tuple[Query, ...]
    kind: PanelKind = "timeseries"
    unit: str = "short"
    limit: float | None = None
    good_above: bool = False
    width: int = 12


@dataclass(frozen=True, slots=True)
class PanelRow:
    """Panels below one heading."""

    title: str
    panels: tuple[Panel, ...]


def dashboard(collection: str, name: str, title: str, description: str, rows: Sequence[PanelRow]) -> dict[str, Any]:
    """A dashboard with a choice of the data source and of the stack; its id is of the collection and the name."""
    return {
        "uid": f"l9-{hashlib.sha256(f'{collection}/{name}'.encode()).hexdigest()[:24]}",
        "title": title,
        "description": description,
        "tags": ["l9stack", collection],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": collection,
                "tags": ["l9stack", collection],
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
                "icon": "external link",
                "tooltip": "",
                "url": "",
                "targetBlank": False,
            }
        ],
        "templating": {"list": _variables(collection)},
        "panels": list(_placed(rows)),
    }


def _variables(collection: str) -> list[dict[str, Any]]:
    stacks = f'label_values(up{{collection="{collection}"}}, stack)'
    return [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
        {
            "name": "stack",
            "label": "Stack",
            "type": "query",
            "datasource": _DATASOURCE,
            "query": {"query": stacks, "refId": "stacks"},
            "refresh": 2,
            "sort": 1,
        },
    ]


def _placed(rows: Iterable[PanelRow]) -> Iterable[dict[str, Any]]:
    number, top = 0, 0
    for row in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": _COLUMNS, "h": _HEIGHT["row"]},
            "panels": [],
        }
        top += _HEIGHT["row"]
        left, line = 0, 0
        for panel in row.panels:
            if left + panel.width > _COLUMNS:
                left, top, line = 0, top + line, 0
            number += 1
            height = _HEIGHT[panel.kind]
            yield _panel(panel, number) | {"gridPos": {"x": left, "y": top, "w": panel.width, "h": height}}
            left, line = left + panel.width, max(line, height)
        top += line


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "targets": [_target(panel, query, index) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": {"unit": panel.unit, **_limits(panel)}, "overrides": []},
        "options": _OPTIONS[panel.kind],
        **({"transformations": [_LABELS_ALONE]} if panel.kind == "table" else {}),
    }


def _target(panel: Panel, query: Query, index: int) -> dict[str, Any]:
    now = panel.kind != "timeseries"
    return {
        "refId": chr(ord("A") + index),
        "expr": query.expression,
        "legendFormat": query.legend or "__auto",
        "instant": now,
        "range": not now,
        **({"format": "table"} if panel.kind == "table" else {}),
    }


_OPTIONS: dict[PanelKind, dict[str, Any]] = {
    "stat": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "value"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True},
}


def _limits(panel: Panel) -> dict[str, Any]:
    """Colours about the limit; in a time series the limit is a line."""
    if panel.limit is None:
        return {"custom": {"fillOpacity": 10}} if panel.kind == "timeseries" else {"color": {"mode": "fixed"}}
    below, above = (_RED, _GREEN) if panel.good_above else (_GREEN, _RED)
    steps = [{"color": below, "value": None}, {"color": above, "value": panel.limit}]
    line = {"custom": {"fillOpacity": 10, "thresholdsStyle": {"mode": "line"}}} if panel.kind == "timeseries" else {}
    return {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": _MODES[panel.kind]}, **line}


_MODES: dict[PanelKind, str] = {"stat": "thresholds", "timeseries": "palette-classic", "table": "fixed"}
