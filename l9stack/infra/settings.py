"""A stack's config, read once and typed."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pulumi
from pulumi.runtime import config as raw_config
from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.infra.runtimes.base import SERVICES, Runtime
from l9stack.project import Project
from l9stack.reading.stack import secrets_provider

NAMESPACE = "l9stack"
RUNTIMES = ("local", "docker", "external")
_KEYS = ("collection", "runtime", "output", "settings", "backends", "endpoints", "docker")
_SCHEMES = {
    "redis": ("redis", "rediss"),
    "postgres": ("postgresql", "postgres"),
    "neo4j": ("bolt", "bolt+s", "neo4j", "neo4j+s"),
    "archive": ("s3", "gs", "az", "file"),
}
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*?(:(?!latest$)[\w][\w.-]*|@sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class DockerSettings:
    """`l9stack:docker`: everything has a default, and images are named with their versions."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Image names by service; `agent` is the base that holds Python and l9stack, built by the engine where unset."""
    publish: str = "127.0.0.1"
    """The engine's address on which agents are published."""
    reach: str = "127.0.0.1"
    """The host by which this machine reaches them."""
    first_port: int = 18080
    agent_memory_mb: int = 256


@dataclass(frozen=True)
class StackSettings:
    """What `Pulumi.<stack>.yaml` says."""

    collection: str
    runtime: str = "local"
    output: str = "extractions"
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    backends: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    docker: DockerSettings = DockerSettings()

    @classmethod
    def read(cls, config: pulumi.Config) -> StackSettings:
        """Read the namespace `l9stack`.

        Raises:
            InputError: with every key and value that nobody understands.
        """
        reader = _Reader(config)
        reader.known_keys()
        runtime = config.get("runtime") or "local"
        reader.hold(runtime in RUNTIMES, "runtime", f"unknown runtime {runtime!r}", f"one of {', '.join(RUNTIMES)}")
        read = cls(
            collection=config.get("collection") or "input_schemas/claims_desk",
            runtime=runtime,
            output=config.get("output") or "extractions",
            settings=reader.mapping("settings", "{logging.level: DEBUG}"),
            backends={name: pulumi.Output.secret(url) for name, url in reader.backends().items()},
            endpoints=reader.endpoints(),
            docker=reader.docker(),
        )
        reader.hold(
            runtime == "local" or not _unprotected(),
            "runtime",
            f"the {runtime} runtime keeps secrets in the stack's state, and an empty passphrase encrypts nothing",
            "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to one that you keep, or name another "
            "provider: pulumi stack change-secrets-provider",
        )
        if reader.problems:
            raise InputError(reader.problems)
        return read

    def make_runtime(self) -> Runtime:
        """The runtime, imported now: `pulumi_docker` alone would slow every command."""
        if self.runtime == "docker":
            from l9stack.infra.runtimes.docker import DockerRuntime

            return DockerRuntime(self.docker)
        if self.runtime == "external":
            from l9stack.infra.runtimes.external import ExternalRuntime

            return ExternalRuntime(self.endpoints)
        from l9stack.infra.runtimes.local import LocalRuntime

        return LocalRuntime()


def _unprotected() -> bool:
    """Whether the stack's secrets are encrypted with an empty passphrase, as `l9 env` sets it for the dev stack."""
    named = secrets_provider(Project.find().root, pulumi.get_stack())
    return os.environ.get("PULUMI_CONFIG_PASSPHRASE") == "" and named in ("", "passphrase")


class _Reader:
    """Reads values and collects problems; a problem never holds a value that may be secret."""

    def __init__(self, config: pulumi.Config) -> None:
        self.config = config
        self.problems: list[Problem] = []

    def hold(self, condition: bool, key: str, message: str, hint: str) -> bool:
        if not condition:
            place = Place(f"Pulumi config {NAMESPACE}:{key}")
            self.problems.append(Problem("stack-config", message, place, hint))
        return condition

    def known_keys(self) -> None:
        given = {**raw_config.get_config_env(), **raw_config.CONFIG.get()}
        for key in sorted(key.removeprefix(f"{NAMESPACE}:") for key in given if key.startswith(f"{NAMESPACE}:")):
            self.hold(key in _KEYS, key, "unknown key", f"any of {', '.join(_KEYS)}")

    def mapping(self, key: str, example: str) -> dict[str, Any]:
        try:
            value = self.config.get_object(key)
        except pulumi.ConfigTypeError:
            value = ""
        found = type(value).__name__ if value != "" else "text"
        whole = self.hold(isinstance(value, dict | None), key, f"expected a mapping, found {found}", f"as {example}")
        return value if whole and value else {}

    def backends(self) -> dict[str, str]:
        return {
            service: url
            for service, url in self.mapping("backends", "{redis: rediss://:PASSWORD@HOST:6379/0}").items()
            if self.hold(service in SERVICES, "backends", f"unknown backend {service!r}", f"any of {_list(SERVICES)}")
            and self._url(
                f"backends.{service}", url, lambda parts: bool(parts.hostname or parts.path), _SCHEMES[service]
            )
        }

    def endpoints(self) -> dict[str, str]:
        # They are outputs of the stack, seen by everybody.
        return {
            agent: url
            for agent, url in self.mapping("endpoints", "{AGENT: https://HOST}").items()
            if self._url(f"endpoints.{agent}", url, lambda parts: "@" not in parts.netloc, ("http", "https"))
        }

    def docker(self) -> DockerSettings:
        given = self.mapping("docker", "{agent_memory_mb: 512}")
        checks: dict[str, tuple[Callable[[Any], bool], str]] = {
            "images": (lambda value: isinstance(value, dict), "a mapping, as {redis: redis:7.4.2-alpine}"),
            "publish": (_is_address, "an address of the engine's host, as 127.0.0.1"),
            "reach": (lambda value: isinstance(value, str) and bool(value), "a host name or address"),
            "first_port": (lambda value: _between(value, 1024, 64000), "a port between 1024 and 64000"),
            "agent_memory_mb": (lambda value: _between(value, 128, 1 << 20), "megabytes, 128 at least"),
        }
        good = {
            key: value
            for key, value in given.items()
            if self.hold(key in checks, f"docker.{key}", "unknown key", f"any of {_list(checks)}")
            and self.hold(checks[key][0](value), f"docker.{key}", f"not understood: {value!r}", checks[key][1])
        }
        for name, image in good.get("images", {}).items():
            place, known = f"docker.images.{name}", (*SERVICES, "agent")
            if self.hold(name in known, place, "unknown image", f"any of {_list(known)}"):
                versioned = isinstance(image, str) and bool(_IMAGE.fullmatch(image))
                self.hold(versioned, place, f"{image!r} names no version", "add a tag other than latest, or a digest")
        return DockerSettings(**good)

    def _url(self, key: str, url: Any, holds: Callable[[SplitResult], bool], schemes: tuple[str, ...]) -> bool:
        try:
            parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
            good = (
                parts.scheme in schemes and (parts.port or 1) > 0 and bool(parts.netloc or parts.path) and holds(parts)
            )
        except ValueError:
            good = False
        without = "" if key.startswith("backends") else ", without user and password"
        return self.hold(good, key, "not an address that can be used", f"a URL with {_list(schemes)}://{without}")


def _list(names: Any) -> str:
    return ", ".join(names)


def _between(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ipaddress.ip_address(value))
    except ValueError:
        return False
