"""The runtime that a stack names."""

from __future__ import annotations

from l9stack.infra.settings import StackSettings
from l9stack.infra.specs import Runtime


def make_runtime(settings: StackSettings) -> Runtime:
    """The runtime, imported now: `pulumi_docker` alone would slow every command."""
    if settings.runtime == "docker":
        from l9stack.infra.runtimes.docker.runtime import DockerRuntime

        return DockerRuntime(settings.docker)
    if settings.runtime == "swarm":
        from l9stack.infra.runtimes.swarm.runtime import SwarmRuntime

        return SwarmRuntime(settings.docker, settings.swarm)
    if settings.runtime == "external":
        from l9stack.infra.runtimes.external import ExternalRuntime

        return ExternalRuntime(settings.endpoints)
    from l9stack.infra.runtimes.local import LocalRuntime

    return LocalRuntime()
