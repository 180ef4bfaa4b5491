"""Which images there are, what each is made from, and where its version is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.images import sources

_PACKAGE = "dpkg-query -W -f '${{Version}}' {} | sed 's/^[0-9]*://; s/[-+].*//'"


@dataclass(frozen=True, slots=True)
class Recipe:
    """An image: its folder has the Dockerfile; what comes from a registry is put beside that."""

    suite: str
    """The release of Debian below it."""
    version: str
    """A shell command that says its version inside it."""
    obtained: Mapping[str, Callable[[], Path]] = field(default_factory=dict)
    """Names in the build's context, and what brings them there."""
    inputs: tuple[Path, ...] = ()
    """Files outside its folder that decide what is brought."""


RECIPES: Mapping[str, Recipe] = {
    "redis": Recipe("bookworm", _PACKAGE.format("redis-server")),
    "python": Recipe("bookworm", _PACKAGE.format("python3"), {"wheels": sources.wheels}, sources.REQUIREMENTS),
    # Debian has pgvector from this release on.
    "postgres": Recipe("trixie", _PACKAGE.format("postgresql-17")),
    "archive": Recipe(
        "bookworm", "versitygw --version | sed -n 's/^Version *: *v*//p'", {"versitygw": sources.versitygw}
    ),
    "neo4j": Recipe(
        "bookworm", "basename /var/lib/neo4j/lib/neo4j-server-*.jar .jar | sed 's/.*-//'", {"lib": sources.jars}
    ),
    "prometheus": Recipe("bookworm", _PACKAGE.format("prometheus")),
    "grafana": Recipe("bookworm", "echo stand-in"),
}
NAMES = tuple(RECIPES)
