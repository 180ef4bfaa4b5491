"""`l9stack:backends`, `endpoints` and `certificates`: servers and agents that others run, by URL, and whom to trust."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography import x509

from l9stack.infra.settings.checks import is_text, name_list
from l9stack.infra.settings.reader import Reader
from l9stack.infra.specs import SERVICES

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
        if reader.hold(service in SERVICES, "backends", f"unknown backend {service!r}", f"any of {name_list(SERVICES)}")
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
    return reader.hold(good, key, "not an address that can be used", f"a URL with {name_list(schemes)}://{without}")


def read_certificates(reader: Reader) -> dict[str, str]:
    """By service, a file of certificates (PEM) of the project, relative to it; no file that is none gets to agents."""
    found: dict[str, str] = {}
    for service, file in reader.mapping("certificates", "{postgres: certificates/rds.pem}").items():
        key, hint = f"certificates.{service}", "a file of the project with certificates, as certificates/rds.pem"
        if not reader.hold(service in SERVICES, key, "unknown backend", f"any of {name_list(SERVICES)}"):
            continue
        if reader.hold(is_text(file), key, "no path", hint) and _holds_certificates(reader, key, file, hint):
            found[service] = file
    return found


def _holds_certificates(reader: Reader, key: str, file: str, hint: str) -> bool:
    path = reader.root / file
    inside = path.resolve().is_relative_to(reader.root.resolve()) and not Path(file).is_absolute()
    if not reader.hold(inside, key, f"{file!r} is outside the project", hint):
        return False
    if not reader.hold(path.is_file(), key, f"{file!r} is no file", hint):
        return False
    try:
        good = bool(x509.load_pem_x509_certificates(path.read_bytes()))
    except ValueError:
        good = False
    return reader.hold(good, key, f"{file!r} holds no certificates", hint)
