"""What a stack's Prometheus knows: whether each panel of its dashboards has data, and each rule is loaded."""

from __future__ import annotations

import http.client
import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.agent._security.proxies import ask_address, ask_part
from l9stack.errors import InputError, Place, Problem, ServiceError
from l9stack.model.monitoring import DASHBOARDS, RULES

SECONDS = 30.0
_AT_ONCE = 4
_ALERT = re.compile(r"^ +- alert: (\S+)$", re.MULTILINE)
"""As our own rule files have them."""
Ask = Callable[[str, Mapping[str, str]], Any]
"""From a path of Prometheus' API and its parameters to what it answers under `data`."""


@dataclass(frozen=True, slots=True)
class PanelState:
    """One expression of one panel: `data`, `empty`, or `error` with what is wrong."""

    dashboard: str
    panel: str
    expression: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RuleState:
    """An alert of the rule file: `ok`, `missing`, or `error` with what is wrong; and whether it fires."""

    alert: str
    state: str
    firing: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TargetState:
    """An agent, as its last scrape went: `up`, `down`, or `unknown` before the first."""

    agent: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MonitoringState:
    """All that was asked."""

    panels: tuple[PanelState, ...]
    rules: tuple[RuleState, ...]
    targets: tuple[TargetState, ...]

    @property
    def whole(self) -> bool:
        """Whether every panel has data, every rule is loaded, and every agent is reached."""
        states = [*((panel.state, "data") for panel in self.panels), *((rule.state, "ok") for rule in self.rules)]
        states += [(target.state, "up") for target in self.targets]
        return bool(self.panels and self.rules and self.targets) and all(found == good for found, good in states)


def watch(folder: Path, stack: str, collection: str, ask: Ask, window: str) -> MonitoringState:
    """Ask for every panel of the dashboards in the folder of a deployed stack, for its rules and its targets.

    `window`, as `15m`, stands for what Grafana works out: calls have to lie in it for latencies to have data.

    Raises:
        InputError: there are no dashboards.
        ServiceError: Prometheus does not answer.
    """
    panels = list(_panels(folder / DASHBOARDS, stack, window))
    if not panels:
        hint = f"`l9 up --stack {stack}` writes them, unless the setting monitoring.enabled is false"
        raise InputError([Problem("no-dashboards", "the stack has no dashboards", Place(str(folder)), hint)])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = tuple(pool.map(lambda panel: _asked(panel, ask), panels))
    return MonitoringState(asked, tuple(_rules(folder, collection, ask)), tuple(_targets(ask, collection, stack)))


def prometheus(url: str, *, own: bool = False) -> Ask:
    """The API of a Prometheus by its base URL: `own` says that it is a part of the stack, wherever that runs."""
    send = ask_part if own else ask_address

    def ask(path: str, parameters: Mapping[str, str]) -> Any:
        query = urllib.parse.urlencode(parameters)
        request = urllib.request.Request(f"{url.rstrip('/')}/api/v1/{path}?{query}")  # noqa: S310 - whatever the user named
        try:
            with send(request, SECONDS) as response:
                return _data(json.load(response))
        except urllib.error.HTTPError as error:
            try:
                return _data(json.load(error))
            except ValueError:
                raise ServiceError(f"{url} answers with status {error.code}: is it a Prometheus?") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ServiceError(f"no Prometheus answers at {url}: {error}") from error

    return ask


class RefusedQueryError(Exception):
    """Prometheus does not take an expression; the message is its own."""


def _data(answer: Any) -> Any:
    if not isinstance(answer, dict) or "status" not in answer:
        raise ValueError("no answer of a Prometheus")
    if answer["status"] != "success":
        raise RefusedQueryError(str(answer.get("error", "refused")))
    return answer["data"]


def _panels(folder: Path, stack: str, window: str) -> Iterator[PanelState]:
    for path in sorted(folder.rglob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                expression = target["expr"].replace("$__rate_interval", window).replace("$stack", stack)
                yield PanelState(dashboard["title"], panel["title"], expression, "unknown")


def _asked(panel: PanelState, ask: Ask) -> PanelState:
    told = (panel.dashboard, panel.panel, panel.expression)
    try:
        found = ask("query", {"query": panel.expression})["result"]
    except RefusedQueryError as error:
        return PanelState(*told, "error", str(error))
    values = [float(series["value"][1]) for series in found]
    if any(not math.isnan(value) for value in values):
        return PanelState(*told, "data")
    detail = "no number in the time that was asked for: did anybody call?" if values else "no series"
    return PanelState(*told, "empty", detail)


def _rules(folder: Path, collection: str, ask: Ask) -> Iterator[RuleState]:
    """Each alert of the rule file, by what Prometheus says of the file of its own that has it."""
    wanted = _ALERT.findall((folder / RULES).read_text(encoding="utf-8"))
    loaded = [rule for group in ask("rules", {"type": "alert"})["groups"] for rule in group["rules"]]
    for alert in sorted(set(wanted)):
        found = [rule for rule in loaded if (rule["name"], rule["labels"].get("collection")) == (alert, collection)]
        failing = next((rule for rule in found if rule["health"] == "err"), None)
        if len(found) < wanted.count(alert):
            yield RuleState(alert, "missing", detail=f"Prometheus did not load it from {RULES}")
        elif failing is not None:
            yield RuleState(alert, "error", detail=str(failing.get("lastError", "")))
        else:
            yield RuleState(alert, "ok", any(rule["state"] == "firing" for rule in found))


def _targets(ask: Ask, collection: str, stack: str) -> Iterator[TargetState]:
    for target in ask("targets", {"state": "active"})["activeTargets"]:
        labels = target["labels"]
        if (labels.get("collection"), labels.get("stack")) == (collection, stack):
            yield TargetState(labels.get("agent", "?"), target["health"], target.get("lastError", ""))
