"""Where an agent runs, and which of its processes it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l9stack.agent.backends import BackendUrls

DRAIN_SECONDS = 5
"""How long an agent that is told to stop may finish what it has accepted, unless `L9_DRAIN_SECONDS` says otherwise."""


@dataclass(frozen=True, slots=True)
class AgentSite:
    """What an agent finds where it runs: its backends, its part of them, and everybody's keys."""

    backends: BackendUrls
    namespace: str
    """What keeps its collection apart from others in the same backends."""
    key_folder: Path
    """Holds its own private key, and the public ones of all whom it trusts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One process among those that serve an agent."""

    name: str = ""
    """Tells it apart from the others; empty where it is the only one."""
    endpoint: str = ""
    """The URL by which other agents reach it; none is registered where it is empty."""
    identity: Mapping[str, Any] = field(default_factory=dict)
    """What its health and status say of it: the version and digest of its code, its process."""
    drain_seconds: float = DRAIN_SECONDS
    """How long it may finish what it has accepted once it is told to stop."""


ALONE = Replica()
