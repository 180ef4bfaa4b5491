"""Keys of working memory: each agent has a space of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, MemoryKind, MemoryLayer
from l9stack.model.plan import Setting

PREFIX = "memory.redis.keyspace_prefix"


def keyspace(agent: AgentSpec, layer: MemoryLayer, settings: Iterable[Setting]) -> str:
    """The key prefix of working memory: the layer's own without a wildcard, else the shared prefix and the agent."""
    if own := " ".join(layer.keyspace.split()).rstrip("*").rstrip(":"):
        return own
    prefix = next((setting.value for setting in settings if setting.name == PREFIX), "l9")
    return f"{prefix}:{agent.id}"


def check_keyspaces(agents: Iterable[tuple[AgentSpec, Sequence[Setting]]], problems: list[Problem]) -> None:
    """Collect agents whose working memory would lie where another one's does: each would read the other's state."""
    owners: dict[str, AgentSpec] = {}
    for agent, settings in agents:
        layer = agent.layer(MemoryKind.WORKING)
        if layer is None:
            continue
        space = keyspace(agent, layer, settings)
        owner = owners.setdefault(space, agent)
        if owner is not agent:
            place = agent.places.get("memorytopology", agent.place)
            message = f"{owner.id} and {agent.id} keep working memory under one keyspace, {space!r}"
            hint = f"give {agent.id} a `keyspace` of its own, or none: it then has one by its name"
            problems.append(Problem("same-keyspace", message, place, hint))
