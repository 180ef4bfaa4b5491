"""The URLs of the memory backends: the only thing that differs between a laptop and a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from l9stack.agent._security.addresses import AUTHORITIES, with_authority
from l9stack.agent._variables import variables
from l9stack.agent.config import UnifiedConfig
from l9stack.agent.declarations import MemoryDeclaration

__all__ = ["VARIABLES", "BackendUrls"]

VARIABLES = {
    "redis": "L9_REDIS_URL",
    "postgres": "L9_POSTGRES_URL",
    "neo4j": "L9_NEO4J_URL",
    "hypergraph": "L9_HYPERGRAPH_URL",
    "archive": "L9_ARCHIVE_BUCKET",
}
"""By backend, the variable that names its URL."""
_SETTINGS = {
    "redis": "memory_backends.redis.url",
    "postgres": "memory_backends.postgres.url",
    "neo4j": "memory_backends.neo4j.url",
    "hypergraph": "memory_backends.hypergraph.url",
    "archive": "memory_backends.s3.bucket",
}
"""Where the unified config names each backend."""
_LAYERS = {"neo4j": "semantic", "hypergraph": "causal", "archive": "archive"}
"""Backends that only agents with that layer need; Redis and Postgres hold what every agent keeps."""


@dataclass(frozen=True, slots=True)
class BackendUrls:
    """Where each backend answers.

    `redis://…`, `postgresql://…`, `bolt://user:password@host:port/database`, a Postgres URL for the hyperedges, and
    `file:///folder` or `s3://bucket` for the archive. One that an agent does not use may be empty.
    """

    redis: str
    postgres: str
    neo4j: str = ""
    hypergraph: str = ""
    archive: str = ""

    def environ(self) -> dict[str, str]:
        """The `L9_…` variables that agents read."""
        return {variable: getattr(self, name) for name, variable in VARIABLES.items()}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> BackendUrls | None:
        """All backends, as an environment names them, or None where one is missing."""
        if any(not environ.get(variable) for variable in VARIABLES.values()):
            return None
        return cls(**{name: _trusting(name, environ[variable], environ) for name, variable in VARIABLES.items()})

    @classmethod
    def of_agent(cls, memory: MemoryDeclaration, config: UnifiedConfig, environ: Mapping[str, str]) -> BackendUrls:
        """The backends that one agent uses.

        Where the unified config names a variable of its own, that is the address, and no other server stands in for it
        while it is not set. Else the `L9_…` variable is, which the stack sets for its own servers (stack config comes
        before all other settings); else what the config says.

        Raises:
            KeyError: a variable is not set; the message names each of them, and what it is for.
        """
        found, missing = {}, []
        for name, variable in VARIABLES.items():
            if name in _LAYERS and _LAYERS[name] not in memory.layers():
                continue
            written, said = (str(value or "") for value in (config.raw(_SETTINGS[name]), config.get(_SETTINGS[name])))
            url = said if set(variables(written)) - {variable} else environ.get(variable, "") or said
            if not url or variables(url):
                missing.append(f"{', '.join(variables(url)) or variable} for {name}")
            found[name] = _trusting(name, url, environ)
        if missing:
            raise KeyError(f"not set: {'; '.join(missing)}")
        return cls(**found)


def _trusting(name: str, url: str, environ: Mapping[str, str]) -> str:
    """The URL with whom to trust, where the environment says so; hyperedges lie in a Postgres, too."""
    service = "postgres" if name == "hypergraph" else name
    file = environ.get(AUTHORITIES[service], "")
    return with_authority(service, url, file) if url and file else url
