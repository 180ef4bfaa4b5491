"""The URLs of the memory backends: the only thing that differs between a laptop and a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NAMES = {
    "redis": "L9_REDIS_URL",
    "postgres": "L9_POSTGRES_URL",
    "neo4j": "L9_NEO4J_URL",
    "hypergraph": "L9_HYPERGRAPH_URL",
    "archive": "L9_ARCHIVE_BUCKET",
}


@dataclass(frozen=True, slots=True)
class BackendUrls:
    """Where each backend answers.

    `redis://…`, `postgresql://…`, `bolt://user:password@host:port/database`, a Postgres URL for the hyperedges, and
    `file:///folder` or `s3://bucket` for the archive.
    """

    redis: str
    postgres: str
    neo4j: str
    hypergraph: str
    archive: str

    def environ(self) -> dict[str, str]:
        """The `L9_…` variables that agents read."""
        return {variable: getattr(self, name) for name, variable in _NAMES.items()}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> BackendUrls | None:
        """The backends that an environment names, or None where one is missing."""
        if any(not environ.get(variable) for variable in _NAMES.values()):
            return None
        return cls(**{name: environ[variable] for name, variable in _NAMES.items()})
