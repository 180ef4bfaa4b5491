"""What generated modules declare: memory layers, policy, routes, connections, and the agent as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from l9stack.agent._protocol import ENVELOPE, PacketProtocol
from l9stack.agent.operations import Operation

__all__ = [
    "AgentDefinition",
    "ArchiveLayer",
    "BuiltinRoute",
    "Call",
    "CausalLayer",
    "Comparison",
    "EpisodicLayer",
    "GovernancePolicy",
    "Limits",
    "MemoryDeclaration",
    "Observation",
    "Route",
    "Rule",
    "SemanticLayer",
    "Trigger",
    "WorkingLayer",
]


@dataclass(frozen=True, slots=True)
class WorkingLayer:
    """In-flight state in Redis under the agent's keyspace; it expires after `ttl_seconds`."""

    keyspace: str
    ttl_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class EpisodicLayer:
    """Decision logs in Postgres; each name of `index_by` is indexed."""

    index_by: tuple[str, ...] = ()
    retention: str = ""


@dataclass(frozen=True, slots=True)
class SemanticLayer:
    """A graph in Neo4j; `nodes` and `edges` map type names to their fields."""

    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    edges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CausalLayer:
    """One hyperedge per decision; `factors` maps factor types to what they influence."""

    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArchiveLayer:
    """Decisions as objects in S3, kept for `retention`."""

    retention: str = ""


@dataclass(frozen=True, slots=True)
class MemoryDeclaration:
    """The layers of an agent; a layer that is None is not used."""

    working: WorkingLayer | None = None
    episodic: EpisodicLayer | None = None
    semantic: SemanticLayer | None = None
    causal: CausalLayer | None = None
    archive: ArchiveLayer | None = None

    def layers(self) -> tuple[str, ...]:
        """The names of the declared layers."""
        names = ("working", "episodic", "semantic", "causal", "archive")
        return tuple(name for name in names if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator number`; it holds only where the field is there and is a number."""

    field: str
    operator: str
    number: float


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires where all comparisons hold; `text` is the policy's own sentence."""

    name: str
    text: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A condition that code or a person raises by name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class GovernancePolicy:
    """Who decides, and when they are asked.

    `mode` says what becomes of an answer for which a rule fires, or code has raised a trigger:

    - `autonomous`: it goes out, marked ESCALATED, and is reported to the anchors; nothing waits.
    - `hybrid`: so it is where a rule fired; where code has raised a trigger, which asks for a person, it is held.
    - `blocking`: it is held in both cases.

    Who calls is answered 202 while an answer is held. An anchor's approval releases exactly what was worked out, an
    override replaces it by a payload that is checked, a block refuses it. In every mode unbound operations, failures
    and packets with governance flags wait. See docs/decisions/0006-what-modes-mean.md.

    `human_override` says whether an anchor may put an answer in place of the operation's own. `unbound` is `escalate`
    or `refuse`. What nobody decides within `timeout_seconds` is blocked.
    """

    anchors: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    audit_scope: tuple[str, ...] = ()
    mode: str = "hybrid"
    human_override: bool = True
    unbound: str = "escalate"
    timeout_seconds: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Route:
    """A declared endpoint that leads to an operation."""

    method: str
    path: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class BuiltinRoute:
    """A declared endpoint that the library answers: health, ready, metrics or status."""

    method: str
    path: str
    serves: str


@dataclass(frozen=True, slots=True)
class Call:
    """An outgoing wiring: `kind` is api_call or packet_send."""

    to: str
    kind: str
    names: tuple[str, ...]
    external: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """An incoming event wiring: each event of `events` runs the operation of that name."""

    source: str
    events: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of every call; `rate` is of one operation for one caller, as `600/minute`."""

    rate: str = "600/minute"
    max_payload_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class AgentDefinition:
    """An agent, composed: what a generated controller declares, or what a manifest says where there is none."""

    id: str
    collection: str
    name: str
    role: str
    version: str
    operations: tuple[Operation, ...]
    memory: MemoryDeclaration
    governance: GovernancePolicy
    routes: tuple[Route, ...] = ()
    builtin_routes: tuple[BuiltinRoute, ...] = ()
    packet_types: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    observes: tuple[Observation, ...] = ()
    publishes: tuple[str, ...] = ()
    limits: Limits = Limits()
    protocol: PacketProtocol = field(default=ENVELOPE, compare=False)
    """The collection's, from the manifest: a controller does not declare it."""

    def operation(self, name: str) -> Operation | None:
        """The operation of that name, if any."""
        return next((operation for operation in self.operations if operation.name == name), None)
