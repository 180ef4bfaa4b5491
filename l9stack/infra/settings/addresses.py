"""`l9stack:backends` and `l9stack:endpoints`: servers and agents that others run, by URL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from l9stack.infra.runtimes.base import SERVICES
from l9stack.infra.settings.checks import listed
from l9stack.infra.settings.reader import Reader

_SCHEMES = {
    "redis": ("redis", "rediss"),
    "postgres": ("postgresql", "postgres"),
    "neo4j": ("bolt", "bolt+s", "neo4j", "neo4j+s"),
    "archive": ("s3", "gs", "az", "file"),
}


def read_backends(reader: Reader) -> dict[str, str]:
    """The URL of each backend that the stack does not run itself."""
    return {
        service: url
        for service, url in reader.mapping("backends", "{redis: rediss://:PASSWORD@HOST:6379/0}").items()
        if reader.hold(service in SERVICES, "backends", f"unknown backend {service!r}", f"any of {listed(SERVICES)}")
        and _url(
            reader, f"backends.{service}", url, lambda parts: bool(parts.hostname or parts.path), _SCHEMES[service]
        )
    }


def read_endpoints(reader: Reader) -> dict[str, str]:
    """The URL of each agent that the external runtime finds running."""
    # They are outputs of the stack, seen by everybody.
    return {
        agent: url
        for agent, url in reader.mapping("endpoints", "{AGENT: https://HOST}").items()
        if _url(reader, f"endpoints.{agent}", url, lambda parts: "@" not in parts.netloc, ("http", "https"))
    }


def _url(reader: Reader, key: str, url: Any, holds: Callable[[SplitResult], bool], schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        good = parts.scheme in schemes and (parts.port or 1) > 0 and bool(parts.netloc or parts.path) and holds(parts)
    except ValueError:
        good = False
    without = "" if key.startswith("backends") else ", without user and password"
    return reader.hold(good, key, "not an address that can be used", f"a URL with {listed(schemes)}://{without}")
