"""A stack's config, read once and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.infra.runtimes.base import SERVICES, Runtime

RUNTIMES = ("local", "docker", "external")


@dataclass(frozen=True)
class DockerSettings:
    """`l9stack:docker`: everything has a default, and images are named with their versions."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Image names by service; `agent` is the base that holds Python and l9stack, built from the project where unset."""
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
            InputError: a key has a value that nobody understands.
        """
        runtime = config.get("runtime") or "local"
        if runtime not in RUNTIMES:
            raise InputError([_problem("runtime", f"unknown runtime {runtime!r}", f"one of {', '.join(RUNTIMES)}")])
        backends = _mapping(config, "backends")
        unknown = sorted(backends.keys() - set(SERVICES))
        if unknown:
            message = f"unknown backends: {', '.join(unknown)}"
            raise InputError([_problem("backends", message, f"any of {', '.join(SERVICES)}")])
        docker = _mapping(config, "docker")
        known = DockerSettings.__dataclass_fields__.keys()
        if odd := sorted(docker.keys() - known):
            raise InputError([_problem("docker", f"unknown keys: {', '.join(odd)}", f"any of {', '.join(known)}")])
        return cls(
            collection=config.get("collection") or "input_schemas/claims_desk",
            runtime=runtime,
            output=config.get("output") or "extractions",
            settings=_mapping(config, "settings"),
            backends={name: pulumi.Output.secret(str(url)) for name, url in backends.items()},
            endpoints={name: str(url) for name, url in _mapping(config, "endpoints").items()},
            docker=DockerSettings(**docker),
        )

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


def _mapping(config: pulumi.Config, key: str) -> dict[str, Any]:
    value = config.get_object(key) or {}
    if not isinstance(value, dict):
        raise InputError([_problem(key, f"expected a mapping, found {type(value).__name__}", "see docs")])
    return value


def _problem(key: str, message: str, hint: str) -> Problem:
    return Problem("stack-config", message, Place(f"Pulumi config l9stack:{key}"), hint)
