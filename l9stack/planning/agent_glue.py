"""What glue and answers say of one agent, joined to it: planning's stages take it as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from l9stack.model.glue import Binding, ModuleMapping, Wiring


@dataclass(frozen=True, slots=True)
class AgentGlue:
    """The glue of one agent."""

    wirings: tuple[Wiring, ...]
    """Those that begin or end at it, in their order."""
    bindings: Mapping[str, Binding]
    """By operation; answers have won over glue."""
    mappings: Mapping[str, ModuleMapping]
    """By file, relative to the agent's root."""
