"""An agent's place among others, as documents tell it: whom it calls, who calls it, what they are answered."""

from __future__ import annotations

from dataclasses import dataclass

from l9stack.model.glue import Implementation, RouteBehaviour
from l9stack.model.plan import AgentPlan, EdgeKind, Plan
from l9stack.printable import table_code
from l9stack.rendering.code.bridges import view_governance
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.documents.memory import layers
from l9stack.rendering.families import printing
from l9stack.rendering.packets import view_packets


@dataclass(frozen=True, slots=True)
class PeerDoc:
    """A wiring to or from another agent.

    `used_by` are the operations whose declared behaviour makes the call; `modules` have functions for it.
    """

    agent: str
    kind: str
    names: tuple[str, ...]
    external: bool
    used_by: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


def callees(plan: Plan, agent: AgentPlan) -> tuple[PeerDoc, ...]:
    """Whom the agent calls, by wirings and by what its operations route to."""
    routes = [(op.name, op.behaviour.to) for op in agent.operations if isinstance(op.behaviour, RouteBehaviour)]
    found = []
    for call in view_surface(plan, agent).calls:
        targets = {f"{call.to}.{name}" for name in call.names}
        for target in plan.agents:
            if target.id == call.to and call.kind == EdgeKind.PACKET_SEND.value:
                targets |= {
                    f"{target.id}.{op.name}" for op in target.operations if set(op.packet_types) & set(call.names)
                }
        used = tuple(name for name, to in routes if to in targets)
        made = _functions_for(agent, call.to, call.kind)
        found.append(PeerDoc(call.to, call.kind, call.names, call.external, used, made))
    wired = {name for peer in found for name in peer.used_by}
    for name, to in routes:
        if name not in wired:
            target_agent, _, operation = to.rpartition(".")
            found.append(PeerDoc(target_agent, EdgeKind.API_CALL.value, (operation,), False, (name,)))
    return tuple(found)


def _functions_for(agent: AgentPlan, peer: str, kind: str) -> tuple[str, ...]:
    """The files whose functions make such a call: the peer's client, the coordinator, the router of packets."""
    return tuple(module.path for module in agent.modules if printing(module).calls(module, peer, kind))


def callers(agent: AgentPlan) -> tuple[PeerDoc, ...]:
    """Who calls by a wiring. Observers are left out: whoever observes changes nothing of the agent that publishes."""
    return tuple(
        PeerDoc(edge.source, edge.kind.value, edge.names, edge.external)
        for edge in agent.edges
        if edge.target == agent.id and edge.kind in (EdgeKind.API_CALL, EdgeKind.PACKET_SEND)
    )


@dataclass(frozen=True, slots=True)
class PictureDoc:
    """Nodes (id, label, shape: peer, store or person) and arrows (from, to, label) around the agent, which is `me`."""

    nodes: tuple[tuple[str, str, str], ...]
    arrows: tuple[tuple[str, str, str], ...]


def picture(plan: Plan, agent: AgentPlan) -> PictureDoc:
    """The agent's place: peers, stores, anchors."""
    ids: dict[tuple[str, str], str] = {}
    arrows: list[tuple[str, str, str]] = []

    def node(label: str, shape: str) -> str:
        return ids.setdefault((label, shape), f"n{len(ids) + 1}")

    surface = view_surface(plan, agent)
    for peer in callers(agent):
        arrows.append((node(peer.agent, "peer"), "me", ", ".join(peer.names)))
    for source, events in surface.observes:
        arrows.append((node(source, "peer"), "me", f"event {', '.join(events)}"))
    for peer in callees(plan, agent):
        arrows.append(("me", node(peer.agent, "peer"), ", ".join(peer.names)))
    kinds = {layer.kind: layer.backend for layer in layers(agent)}
    uses: dict[str, list[str]] = {"Redis": ["limits", "registry"], "Postgres": ["decisions", "audit log"]}
    if surface.publishes or surface.observes:
        uses["Redis"].append("events")
    for kind, backend in kinds.items():
        store = "Postgres" if kind == "causal" else backend
        uses.setdefault(store, []).append("archive" if kind == "archive" else f"{kind} memory")
    for store, held in uses.items():
        arrows.append(("me", node(store, "store"), ", ".join(held)))
    for anchor in view_governance(agent).anchors:
        arrows.append(("me", node(anchor, "person"), "escalates to"))
    return PictureDoc(tuple((made, label, shape) for (label, shape), made in ids.items()), tuple(arrows))


@dataclass(frozen=True, slots=True)
class StatusDoc:
    """A status that callers see, the codes of its problem details, and when it is given, as Markdown of ours."""

    status: int
    codes: tuple[str, ...]
    when: str


def statuses(plan: Plan, agent: AgentPlan) -> tuple[StatusDoc, ...]:
    """Every status that the agent answers with, by what its operations may do."""
    policy, surface = view_governance(agent), view_surface(plan, agent)
    source, ttl = (table_code(view_packets(plan.protocol, agent.id).named(name)) for name in ("source_agent", "ttl"))
    own_code = any(isinstance(op.behaviour, Implementation) for op in agent.operations)
    # A function of the collection's own may make any call that the agent is wired for.
    asks_others = any(isinstance(op.behaviour, RouteBehaviour) for op in agent.operations) or (
        own_code and bool(surface.calls)
    )
    unbound = any(not op.bound for op in agent.operations)
    asks = [
        *(["the operation is unbound"] if unbound and policy.unbound != "refuse" else []),
        *(["the asked agent waits for its own anchors"] if asks_others else []),
        *(["a rule fires, and the answer is held"] if policy.mode == "blocking" and policy.rules else []),
        *(
            ["code raises a trigger, and the answer is held"]
            if policy.mode != "autonomous" and policy.triggers and own_code
            else []
        ),
        "a packet carries governance flags",
    ]
    no_override = () if policy.human_override else ("no-override",)
    refused = ("unbound-refused",) if unbound and policy.unbound == "refuse" else ()
    found = [
        StatusDoc(200, (), "the answer of the operation; for a packet, a packet of type `result`"),
        StatusDoc(202, (), f"a governance anchor has to decide: {', or '.join(asks)}"),
        StatusDoc(400, ("invalid-request", "invalid-packet", "invalid-verdict", "invalid-answer", "answer-needed"),
                  "the body does not fit; `detail` names every field that is wrong"),
        StatusDoc(401, ("unauthorised", "token-used"), "no good token for this agent, or one that has decided already"),
        StatusDoc(403, ("not-the-sender", "not-an-anchor", "self-approval", *no_override),
                  f"the token is not of the packet's {source}, not of an anchor, or of the anchor whose own call"
                  " it is" + ("; or the verdict replaces an answer, which the policy forbids" if no_override else "")),
        StatusDoc(404, ("unknown-operation", "unknown-agent", "unknown-decision"),
                  "no operation, registered agent or decision of that name"),
        StatusDoc(409, ("in-progress", "other-arguments", "already-decided", "expired"),
                  "the same packet is being processed; or the decision is about other arguments, was taken, or came"
                  f" too late (after {policy.timeout_seconds:g} s)"),
        StatusDoc(410, ("expired", "unknown-operation"),
                  f"the packet is past its {ttl}, or the decided operation is gone"),
        StatusDoc(413, ("too-large",), f"the body is larger than {surface.max_payload_bytes} bytes (400 where"
                  " no length was sent)"),
        StatusDoc(429, ("rate-limited",), f"more than {table_code(surface.rate)} of one operation by one caller"),
        StatusDoc(500, ("operation-failed",), "the operation itself failed; this is escalated"),
        StatusDoc(503, ("governance-unavailable", "registry-unavailable", *refused),
                  "decisions cannot be kept, or packets not be told apart, as a store is away"
                  + ("; or the operation is unbound, which the policy refuses" if refused else "")),
        StatusDoc(504, ("operation-failed", *(("peer-failed",) if asks_others else ())),
                  "the operation took longer than its timeout"
                  + (", or the asked agent did" if asks_others else "") + "; this is escalated"),
    ]  # fmt: skip
    if asks_others:
        when = "the asked agent was unreachable, refused, or answered what does not fit; this is escalated"
        found.append(StatusDoc(502, ("peer-failed",), when))
    return tuple(sorted(found, key=lambda item: item.status))
