"""A plan's graph as text, Mermaid or plain data."""

from __future__ import annotations

from typing import Any

from l9stack.model.plan import Edge, EdgeKind, Plan
from l9stack.printable import line, mermaid

_ARROWS = {
    EdgeKind.HARD: "==>",
    EdgeKind.SOFT: "-.->",
    EdgeKind.CONNECT: "---",
    EdgeKind.API_CALL: "-->",
    EdgeKind.PACKET_SEND: "-->",
    EdgeKind.EVENT_OBSERVE: "-.->",
}
_WORDS = {
    EdgeKind.HARD: "needs",
    EdgeKind.SOFT: "prefers",
    EdgeKind.CONNECT: "connects to",
    EdgeKind.API_CALL: "calls",
    EdgeKind.PACKET_SEND: "sends to",
    EdgeKind.EVENT_OBSERVE: "is observed by",
}


def as_data(plan: Plan) -> dict[str, Any]:
    """The graph as JSON-ready data."""
    return {
        "collection": plan.collection,
        "waves": [list(wave) for wave in plan.waves],
        "agents": [
            {
                "id": agent.id,
                "name": agent.spec.name,
                "wave": agent.wave,
                "root_path": agent.spec.root_path,
                "operations": [{"name": op.name, "behaviour": op.behaviour.kind} for op in agent.operations],
            }
            for agent in plan.agents
        ],
        "edges": [edge.model_dump(mode="json") for edge in plan.edges],
        "notes": [note.as_json() for note in plan.notes],
    }


def as_text(plan: Plan) -> str:
    """The waves, and under each agent its edges."""
    lines = [f"{plan.collection}: {len(plan.agents)} agents in {len(plan.waves)} waves"]
    for number, wave in enumerate(plan.waves, start=1):
        lines.append(f"wave {number}: {', '.join(wave)}")
    lines.extend(_sentence(edge) for edge in plan.edges)
    return "\n".join(lines)


def as_mermaid(plan: Plan) -> str:
    """A Mermaid flowchart: thick arrows are hard dependencies, dotted ones soft dependencies and events."""
    ends = sorted({end for edge in plan.edges for end in (edge.source, edge.target)} | {str(a.id) for a in plan.agents})
    keys = {end: f"n{number}" for number, end in enumerate(ends)}
    inside = {str(agent.id) for agent in plan.agents}
    lines = ["flowchart LR"]
    for end in ends:
        label = _label(end)
        lines.append(f'  {keys[end]}["{label}"]' if end in inside else f'  {keys[end]}(["{label}"])')
    for edge in plan.edges:
        words = _label(", ".join(edge.names) or _WORDS[edge.kind])
        lines.append(f'  {keys[edge.source]} {_ARROWS[edge.kind]}|"{words}"| {keys[edge.target]}')
    return "\n".join(lines)


def _sentence(edge: Edge) -> str:
    names = f" ({line(', '.join(edge.names))})" if edge.names else ""
    outside = " [outside the collection]" if edge.external else ""
    return f"  {line(edge.source)} {_WORDS[edge.kind]} {line(edge.target)}{names}{outside}"


def _label(text: str) -> str:
    """A label in quotes, which is never empty: Mermaid would refuse the whole picture."""
    return mermaid(text) or "…"
