"""The servers that gates run against, and the measurements of one run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from l9stack.agent.backends import BackendUrls
from l9stack.gates.baseline import Ping
from l9stack.local import probes
from l9stack.local.client import Supervisor
from l9stack.local.temporary import temporary
from l9stack.model.evidence import ServerVersion
from l9stack.project import Project

Progress = Callable[[str], None]
NAMESPACE = "gates"


@contextlib.contextmanager
def servers(project: Project, progress: Progress) -> Iterator[BackendUrls]:
    """Real servers: those of the project's local runtime where it runs, in their own namespace, else fresh ones."""
    running = Supervisor.find(project.run) if project.run.is_dir() else None
    if running is not None:
        yield running.namespace(NAMESPACE)
        return
    progress("starting servers for the gates")
    with temporary() as (backends, _):
        yield backends


def pings(backends: BackendUrls) -> Mapping[str, Ping]:
    """A question to each backend, whose answer is its product and version."""

    def ping(layer: str, probe: Callable[[str], tuple[str, str]], url: str) -> Ping:
        def ask() -> ServerVersion:
            product, version = probe(url)
            return ServerVersion(layer=layer, product=product, version=version)

        return ask

    return {
        "redis": ping("working", probes.redis, backends.redis),
        "postgres": ping("episodic", probes.postgres, backends.postgres),
        "neo4j": ping("semantic", probes.graph, backends.neo4j),
        "hypergraph": ping("causal", probes.postgres, backends.hypergraph),
        "archive": ping("archive", probes.archive, backends.archive),
    }


def import_paths(implementations: Path | None) -> tuple[Path, ...]:
    """Folders of the user's own code."""
    return (implementations,) if implementations else ()
