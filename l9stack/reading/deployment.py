"""The `deployment` section: endpoints in both dialects, the health path, APIs in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from l9stack.model.agent import Endpoint
from l9stack.names import BUILT_IN
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section, quote, suggestion
from l9stack.reading.vocabulary import AGENT, METHODS

_DEPLOYMENT = AGENT["deployment"]
_ENDPOINT = re.compile(rf"{_DEPLOYMENT['endpoints'].pattern}\Z")
_HEALTH = re.compile(rf"{_DEPLOYMENT['healthcheck'].pattern}\Z")


@dataclass(frozen=True, slots=True)
class DeploymentSection:
    """How an agent is reached and run."""

    endpoints: tuple[Endpoint, ...]
    health_path: str
    apis: tuple[tuple[str, str], ...]
    replicas: int


def read_deployment(section: Section, agent: str) -> DeploymentSection:
    """Read the section; what is wrong with it is collected."""
    endpoints = _endpoints(section)
    apis = _apis(section)
    children = [section.child(name) for name in _DEPLOYMENT.any_of]
    if not any(child is not None and child.items != [] and not child.empty for child in children):
        message = f"{agent}: deployment has neither {' nor '.join(_DEPLOYMENT.any_of)}"
        hint = section.missing("endpoints") if section.node else "add `deployment: {endpoints: [POST /name]}`"
        section.error("missing-field", message, None, hint)
    replicas = section.whole("replicas", _DEPLOYMENT["replicas"].minimum or 0)
    health = _health(section) or next((e.path for e in endpoints if e.path.endswith("/health")), "/health")
    section.close(_DEPLOYMENT.names)
    return DeploymentSection(endpoints, health, apis, 1 if replicas is None else replicas)


def _endpoints(section: Section) -> tuple[Endpoint, ...]:
    endpoints: dict[Endpoint, None] = {}
    for number, written in enumerate(section.texts("endpoints")):
        text = " ".join(written.split())
        found = _ENDPOINT.match(text)
        place = section.places.get(f"endpoints.{number}")
        if not found or ".." in text:
            message = f"endpoint {quote(written)} is not `METHOD /path`"
            section.error("bad-endpoint", message, place, _endpoint_hint(text))
            continue
        builtin = found[2].rstrip("/").rsplit("/", 1)[-1] in BUILT_IN
        endpoint = Endpoint(method=(found[1] or ("GET" if builtin else "POST")).upper(), path=found[2])
        if endpoint in endpoints:
            section.error("duplicate-endpoint", f"endpoint {quote(written)} is listed twice", place, "keep one of them")
        endpoints[endpoint] = None
    return tuple(endpoints)


def _endpoint_hint(text: str) -> str:
    method, _, path = text.rpartition(" ")
    if method and method.upper() not in METHODS and path.startswith("/"):
        return suggestion(method, METHODS)
    repaired = f"{method} /{path}".strip()
    return f"did you mean `{repaired}`?" if _ENDPOINT.match(repaired) and ".." not in path else "write `POST /evaluate`"


def _health(section: Section) -> str:
    written = section.text("healthcheck")
    found = _HEALTH.match(" ".join(written.split()))
    if not written or (found and ".." not in written):
        return found[1] if found else ""
    message, place = f"healthcheck {quote(written)} is no path", section.places.get("healthcheck")
    section.error("bad-endpoint", message, place, "write `/health`")
    return ""


def _apis(section: Section) -> tuple[tuple[str, str], ...]:
    child = section.child("apis")
    if child is None or child.empty:
        return ()
    if child.items is None:
        message = f"{section.where}.apis has to be a list"
        section.error("not-a-list", message, child.place, "write `- NAME: text` lines below it")
    found: list[tuple[str, str]] = []
    for item in child.items or []:
        if item.entries is not None:
            found.extend((key, _told(node)) for key, node in item.entries.items())
        else:
            found.append(("API", _told(item)))
    return tuple(found)


def _told(node: Node) -> str:
    return node.text if node.kind == "scalar" else str(node.plain())
