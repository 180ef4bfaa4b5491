"""The settings that the library and its runtimes obey, each with what a value of it may be.

A name that is none of these, and that no schema declares as its own, is refused: nobody would read it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec

_RATE = re.compile(r"(?P<calls>[1-9]\d*)\s*(/|per)\s*((?P<times>[1-9]\d*)\s*)?(?P<unit>second|minute|hour|day)s?\Z")
_SECONDS_OF = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_FOLDER = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,80}/)*[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}/?\Z")
_TAKEN = ("docs", "implementations", "manifests", "tests")
"""Folders of a delivery: what is generated as code cannot lie in them."""
_OWN = ("communication.", "governance.", "limits.", "logging.", "memory.", "monitoring.")


@dataclass(frozen=True, slots=True)
class SettingKind:
    """What a value has to be: `wanted` says it in words, and `about` what the setting is for."""

    wanted: str
    good: Callable[[Any], bool]
    about: str = ""

    def with_about(self, about: str) -> SettingKind:
        """The same kind, for one setting."""
        return replace(self, about=about)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _whole(least: int) -> SettingKind:
    return SettingKind(
        f"a whole number from {least} on",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least,
    )


def _one_of(*words: str) -> SettingKind:
    return SettingKind(f"one of {', '.join(words)}", lambda value: value in words)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_text(item) for item in value)


_TEXT = SettingKind("text", _text)
_TEXTS = SettingKind("a list of names", _texts)
_SECONDS = SettingKind(
    "a number of seconds above 0",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value > 0,
)
KNOWN = {
    "communication.max_retries": _whole(0).with_about("How often a call of another agent is tried again."),
    "communication.protocol": _TEXT.with_about(
        "The packet protocol that agents speak, by its name in the meta templates."
    ),
    "governance.anchors": _TEXTS.with_about("Who settles pending decisions, in place of the schemas' own."),
    "governance.mode": _one_of("hybrid", "autonomous", "blocking").with_about("Which answers wait for an anchor."),
    "governance.shared_triggers": _TEXTS.with_about("Triggers that every agent has beside its schema's own."),
    "governance.timeout_seconds": _SECONDS.with_about("How long a decision may wait before it is blocked."),
    "governance.unbound_operations": _one_of("escalate", "refuse").with_about(
        "What becomes of a call that nobody has bound: an anchor answers it, or nobody does (503)."
    ),
    "limits.max_payload_bytes": _whole(1).with_about("The largest body of a request."),
    "limits.rate": SettingKind(
        "a rate, as 600/minute", lambda value: isinstance(value, str) and bool(_RATE.match(value))
    ).with_about("How often one caller may call one operation; more is answered 429."),
    "logging.level": _one_of("DEBUG", "INFO", "WARNING", "ERROR").with_about("The least level that is logged."),
    "logging.root": _TEXT.with_about("The folder of logs, for whoever collects them: it stands in the unified config."),
    "memory.archive.bucket": _TEXT.with_about("The archive: a folder or a bucket, as a URL."),
    "memory.hypergraph.url": _TEXT.with_about("The server of causal memory."),
    "memory.neo4j.url": _TEXT.with_about("The server of semantic memory."),
    "memory.postgres.url": _TEXT.with_about("The server of episodic memory."),
    "memory.redis.keyspace_prefix": _TEXT.with_about(
        "What keys of working memory begin with, where a layer names no keyspace."
    ),
    "memory.redis.ttl_seconds": _whole(1).with_about(
        "How long working memory keeps a value, where a layer names no TTL."
    ),
    "memory.redis.url": _TEXT.with_about("The server of working memory, events and rate limits."),
    "monitoring.dashboards": SettingKind(
        f"a folder below the import root, as L9/monitoring/NAME/, and none of {', '.join(_TAKEN)}",
        lambda value: (
            isinstance(value, str) and bool(_FOLDER.match(value)) and value.split("/")[0].lower() not in _TAKEN
        ),
    ).with_about("Where dashboards and alert rules are generated."),
    "monitoring.enabled": SettingKind("true or false", lambda value: isinstance(value, bool)).with_about(
        "Whether dashboards and alert rules are generated."
    ),
}
SettingLayer = tuple[str, Mapping[str, JsonValue], Mapping[str, Place]]
"""A source's name, its values by dotted name, and their places."""


def calls_per_second(rate: str) -> float:
    """What a rate, as `600/minute`, allows in a second; ValueError where it is none."""
    found = _RATE.match(rate)
    if found is None:
        raise ValueError(rate)
    return int(found["calls"]) / (int(found["times"] or 1) * _SECONDS_OF[found["unit"]])


def flatten(settings: Mapping[str, JsonValue], prefix: str = "") -> dict[str, JsonValue]:
    """Settings by dotted name: `{logging: {level: DEBUG}}` says what `{logging.level: DEBUG}` says."""
    found: dict[str, JsonValue] = {}
    for key, value in settings.items():
        found |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def of_schema(agent: AgentSpec) -> dict[str, JsonValue]:
    """What a schema sets: our own settings by dotted name in either form, and its domain's as they stand."""
    own = {name: value for name, value in agent.settings.items() if f"{name}.".startswith(_OWN)}
    domain = {name: value for name, value in agent.settings.items() if name not in own}
    return {
        "governance.anchors": list(agent.governance.anchors),
        "governance.mode": agent.governance.mode,
        **domain,
        **flatten(own),
    }


def check_settings(layers: Iterable[SettingLayer], agents: Iterable[AgentSpec], problems: list[Problem]) -> None:
    """Collect settings that nobody reads, and values that cannot be; a schema's own names are its domain's."""
    agents = list(agents)
    domain = {name for agent in agents for name in of_schema(agent)}
    for source, values, places in layers:
        for name, value in values.items():
            if name in KNOWN or name not in domain:
                _check(source, name, value, places.get(name), [*KNOWN, *domain], problems)
    for agent in agents:
        for name, value in of_schema(agent).items():
            if name.startswith(_OWN):
                place = agent.places.get(name, agent.places.get("settings", agent.place))
                _check(agent.id, name, value, place, KNOWN, problems)


def _check(
    source: str, name: str, value: JsonValue, place: Place | None, known: Iterable[str], problems: list[Problem]
) -> None:
    kind = KNOWN.get(name)
    if kind is None:
        hint = did_you_mean(name, known)
        problems.append(Problem("unknown-setting", f"{source} sets {name}, which nothing reads", place, hint))
    elif value is not None and not kind.good(value):
        problems.append(Problem("bad-setting", f"{name} has to be {kind.wanted}, not {value!r}", place))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest of the known names, or all of them."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"
