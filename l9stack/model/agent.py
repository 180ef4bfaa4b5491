"""One agent's schema in its canonical form: every alias folded, every default made visible."""

from __future__ import annotations

from enum import StrEnum

from pydantic import JsonValue

from l9stack.errors import Place
from l9stack.model.base import Model
from l9stack.names import AgentId, ModulePath


class MemoryKind(StrEnum):
    """The five memory layers of CONTRACTS section 4."""

    WORKING = "working"
    EPISODIC = "episodic"
    SEMANTIC = "semantic"
    CAUSAL = "causal"
    ARCHIVE = "archive"


class Backend(StrEnum):
    """The kind of server that holds a layer; `hypergraph` is hyperedges in Postgres (see docs/decisions)."""

    REDIS = "redis"
    POSTGRES = "postgres"
    NEO4J = "neo4j"
    HYPERGRAPH = "hypergraph"
    S3 = "s3"


class GraphShape(Model):
    """A node or edge type of semantic memory, with the names of its fields."""

    kind: str
    """`node` or `edge`."""
    name: str
    fields: tuple[str, ...] = ()


class CausalFactor(Model):
    """A factor type of causal memory and what it influences."""

    factor: str
    influences: tuple[str, ...] = ()


class MemoryLayer(Model):
    """One declared layer. `storage` is the text of the schema; `ttl_seconds` None means the shared default."""

    kind: MemoryKind
    backend: Backend
    storage: str
    keyspace: str = ""
    ttl_seconds: int | None = None
    ttl_from_prose: bool = False
    retention: str = ""
    index_by: tuple[str, ...] = ()
    structure: tuple[GraphShape, ...] = ()
    factors: tuple[CausalFactor, ...] = ()
    purpose: str = ""


class Endpoint(Model):
    """A declared HTTP endpoint; a bare path of a schema is a POST."""

    method: str
    path: str


class Governance(Model):
    """Who decides, when they are asked, and what is audited."""

    anchors: tuple[str, ...]
    mode: str = "hybrid"
    human_override: bool = True
    escalation_policy: str = ""
    policy_words: tuple[Place, ...] = ()
    """Where each word of the policy stands in the source."""
    audit_scope: tuple[str, ...] = ()


class AgentSpec(Model):
    """An agent as its schema describes it. Dependency names are as written; planning resolves them."""

    id: AgentId
    system: str
    module: str
    name: str
    role: str
    root_path: str
    version: str = ""
    schema_id: str = ""
    place: Place
    depends_hard: tuple[str, ...] = ()
    depends_soft: tuple[str, ...] = ()
    connect_to: tuple[str, ...] = ()
    governance: Governance
    memory: tuple[MemoryLayer, ...] = ()
    generate_files: tuple[ModulePath, ...]
    generate_docs: tuple[str, ...] = ()
    link_existing: tuple[str, ...] = ()
    link_existing_required: bool = False
    endpoints: tuple[Endpoint, ...] = ()
    health_path: str = "/health"
    apis: tuple[tuple[str, str], ...] = ()
    replicas: int = 1
    settings: dict[str, JsonValue] = {}
    """Values of the schema that may be overridden by settings, by dotted name."""
    description: dict[str, JsonValue] = {}
    """The remaining, purely descriptive sections (reasoning engine, collaboration, …), as read; for docs only."""
    places: dict[str, Place] = {}
    """Dotted field name (`governance.anchors`, `cursorinstructions.generatefiles.0`) → place in the source."""

    def layer(self, kind: MemoryKind) -> MemoryLayer | None:
        """The declared layer of that kind, if any."""
        return next((layer for layer in self.memory if layer.kind is kind), None)
