"""A container as values: what it is, its files, its health. Nothing here knows an engine, nor what runs in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pulumi

BACKENDS, AGENTS = "backends", "agents"
"""The networks: the first has no way out, by the second agents are published and reach other people's servers."""
DATA = "data"
"""The suffix of volumes that hold what cannot be made again."""


@dataclass(frozen=True)
class File:
    """A file that a container finds at `path`, readable by its user alone where it is `secret`."""

    path: str
    name: str
    """Which content it has; a backend's has one, an agent's are said in `runtimes/containers/spec.py`."""
    secret: bool = False
    live: bool = False
    """Read anew by the running program, and the same for all agents: another content asks for no restart."""


@dataclass(frozen=True)
class Health:
    """A shell's command that succeeds where the container serves. Times are seconds."""

    probe: str
    interval: int = 15
    timeout: int = 5
    retries: int = 4
    start_period: int = 180
    """How long failures do not count, before the first success."""


@dataclass(frozen=True)
class Container:
    """One container, or one service of several: all of them are read-only, without capabilities and with an init."""

    name: str
    """Of the stack's resource, as `claims_desk-redis`; each runtime makes it unique on its engine."""
    host: str
    """By which others in its networks reach it."""
    image: str
    """As it is configured; empty for an agent, whose image is made."""
    user: str
    """`uid:gid`, never root."""
    health: Health
    port: int
    memory_mb: int
    networks: tuple[str, ...]
    """Of BACKENDS and AGENTS."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """Empty: the image's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is no secret."""
    files: tuple[File, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Suffix of the volume by the folder where it lies: `{"/data": "data"}`. They outlive the container; DATA cannot
    be made again."""
    given: tuple[str, ...] = ()
    """Those folders that the image does not give to `user`: a new volume belongs to root there."""
    scratch: Mapping[str, str] = field(default_factory=dict)
    """Mount options of temporary file systems, by folder."""
    published: int = 0
    """The port of the host; 0 publishes nothing."""
    replicas: int = 1
    stop_seconds: int = 10
    """How long it may take to end once it is told to."""
    after: tuple[str, ...] = ()
    """Names of containers that have to be healthy before it starts."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """By which people and commands find it; digests of what it carries are among them."""

    def held(self, beside: Iterable[str]) -> tuple[str, ...]:
        """The folders that it writes to, less those `beside`; what its image declares as volumes is among them."""
        return tuple(folder for folder in (*self.volumes, *self.scratch) if folder not in beside)


@dataclass(frozen=True)
class FileContent:
    """What a file of a container holds: a secret, or a file of the project, which `digest` tells from the next."""

    path: str = ""
    """Relative to the project."""
    digest: str = ""
    secret: pulumi.Output[str] | None = None
