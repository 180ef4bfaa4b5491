"""The words of an agent schema: what each field is called, means and may hold.

The reader checks by this table, and `l9 schema` prints it for editors: there is no second list of fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from l9stack.model.agent import Backend, MemoryKind
from l9stack.names import DOCUMENT_PATTERN, FOLDER_PATTERN, MODULE_PATTERN

ValueKind = Literal["text", "texts", "flag", "count", "number", "mapping", "list", "layer", "any"]
"""`texts` is a list of texts, or one; `count` a whole number; `layer` a mapping or the storage's name alone."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_IN_ANY_CASE = {method: "".join(f"[{letter}{letter.lower()}]" for letter in method) for method in METHODS}
METHOD_PATTERN = "|".join(_IN_ANY_CASE.values())
"""In any case, as readers take it; a pattern of JSON Schema has no flag that would say so."""
ENDPOINT_PATTERN = rf"(?:({METHOD_PATTERN})\s+)?(/[A-Za-z0-9_\-./{{}}]*)"
HEALTH_PATTERN = rf"(?:{_IN_ANY_CASE['GET']}\s+)?(/[A-Za-z0-9_\-./]*)"
LINK_MODES = ("contract", "require")
MODES = ("autonomous", "hybrid", "blocking")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its canonical name, what it holds and what it means."""

    name: str
    kind: ValueKind
    about: str
    required: bool = False
    known: tuple[str, ...] = ()
    """The only values, where there are but a few."""
    pattern: str = ""
    """What a whole text matches."""
    examples: tuple[JsonValue, ...] = ()
    fields: tuple[Field, ...] = ()
    """Of a mapping, or of each mapping in a list."""
    minimum: int | None = None
    """The least number; of a count, 0 where nothing is said."""
    above: int | None = None
    """What a number has to be greater than."""
    maximum: int | None = None
    """The greatest number."""
    any_of: tuple[str, ...] = ()
    """Fields of which a mapping has to have one at least."""
    closed: bool = False
    """Whether fields beside those are errors; elsewhere they describe the agent, and only likely typos are errors."""

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical names of the fields."""
        return tuple(field.name for field in self.fields)

    @property
    def description(self) -> str:
        """What editors show of it."""
        return self.about

    @property
    def bounds(self) -> str:
        """The bounds of a number in words: `from 0 to 1`; empty where it has none."""
        if self.minimum is not None and self.maximum is not None:
            return f"from {self.minimum} to {self.maximum}"
        named = (("at least", self.minimum), ("above", self.above), ("at most", self.maximum))
        return ", ".join(f"{words} {number}" for words, number in named if number is not None)

    def within(self, number: float) -> bool:
        """Whether a number is within the bounds."""
        least, above, most = self.minimum, self.above, self.maximum
        return (
            (least is None or number >= least)
            and (above is None or number > above)
            and (most is None or number <= most)
        )


IDENTITY = (
    Field("system", "text", "The agent's system, as people call it.", required=True, examples=("Claim Intake",)),
    Field("module", "text", "The category of the agent's code.", required=True, examples=("claims",)),
    Field(
        "name",
        "text",
        "The display name; folded to snake_case, it is the agent's id.",
        required=True,
        examples=("ClaimIntake",),
    ),
    Field("role", "text", "What the agent does, in a sentence.", required=True),
    Field(
        "rootpath",
        "text",
        "The folder of the agent's code, from the import root; no two agents share one.",
        required=True,
        pattern=rf"{FOLDER_PATTERN}/?",
        examples=("L9/agents/claim_intake",),
    ),
)

_DEPENDS = Field(
    "depends_on",
    "mapping",
    "Which agents come first. An agent is named by its name, system, module, schema id or last part of rootpath.",
    fields=(
        Field("hard", "texts", "Agents that have to be extracted and running first."),
        Field("soft", "texts", "Agents that should come first, or capabilities of the platform."),
    ),
    closed=True,
)
_INTEGRATION = Field(
    "integration",
    "mapping",
    "What the agent talks to.",
    fields=(
        Field("connectto", "texts", "Paths of other agents, or of the platform's modules.", examples=("L9/core",)),
        Field("shareddomains", "texts", "Domains that the agent shares; descriptive."),
    ),
)
_GOVERNANCE = Field(
    "governance",
    "mapping",
    "Who decides, when they are asked, and what is audited.",
    required=True,
    fields=(
        Field("anchors", "texts", "Who is asked when the agent escalates.", required=True, examples=("Compliance",)),
        Field("mode", "text", "What becomes of an answer for which a rule or a trigger fires.", known=MODES),
        Field("humanoverride", "flag", "Whether a person may override the agent."),
        Field(
            "escalationpolicy",
            "texts",
            "When to escalate: comparisons become rules, the rest named triggers.",
            examples=("Auto-escalate if: confidence < 0.6 AND criticality > 0.8, model drift detected",),
        ),
        Field("auditscope", "texts", "What is audited."),
        Field("complianceauditor", "text", "Who audits; descriptive."),
        Field("performancereporting", "text", "Where performance is reported; descriptive."),
    ),
)

STORAGE = {
    Backend.REDIS: ("redis", "redis_cluster"),
    Backend.POSTGRES: ("postgres", "postgres + pgvector", "postgres_pgvector"),
    Backend.NEO4J: ("neo4j", "neo4j_auradb"),
    Backend.HYPERGRAPH: ("hypergraphdb", "hypergraph_store"),
    Backend.S3: ("s3_durable_archive", "s3_durable_archive + glacier", "file_system"),
}
"""How storage is called in schemas."""
HOLDS = {
    MemoryKind.WORKING: Backend.REDIS,
    MemoryKind.EPISODIC: Backend.POSTGRES,
    MemoryKind.SEMANTIC: Backend.NEO4J,
    MemoryKind.CAUSAL: Backend.HYPERGRAPH,
    MemoryKind.ARCHIVE: Backend.S3,
}
"""The backend of each layer."""
LAYERS = {
    "workingmemory": (MemoryKind.WORKING, "What is in flight, with a lifetime."),
    "episodicmemory": (MemoryKind.EPISODIC, "The log of decisions."),
    "semanticmemory": (MemoryKind.SEMANTIC, "Entities and how they are related."),
    "causalmemory": (MemoryKind.CAUSAL, "Why decisions were made."),
    "longtermpersistence": (MemoryKind.ARCHIVE, "Decisions and reports that are kept for good."),
    "archive": (MemoryKind.ARCHIVE, "The same as longtermpersistence."),
}
SHAPE = (
    Field("node_type", "text", "A type of node; or else give `edge_type`."),
    Field("edge_type", "text", "A type of edge."),
    Field("fields", "texts", "The names of its fields."),
)
LAYER = (
    Field("storagetype", "text", "The storage's name.", required=True),
    Field("keyspace", "text", "A key prefix of the agent's own; it wins over the shared one."),
    Field("ttl", "text", "Lifetime of what is in flight.", examples=("5 minutes", 300)),
    Field("ttl_seconds", "count", "The same in seconds.", minimum=1),
    Field("retention", "text", "How long it is kept.", examples=("90 days",)),
    Field("indexby", "texts", "Fields by which decisions are found again."),
    Field(
        "structure",
        "list",
        "Types of nodes and edges in semantic memory.",
        fields=SHAPE,
        any_of=("node_type", "edge_type"),
    ),
    Field("schema", "any", "Of causal memory a list of factors, each with what it influences; else it describes."),
    Field("relationship", "text", "A relation by name; descriptive."),
    Field("purpose", "text", "What it is for; a lifetime in it (`TTL=5 minutes`) is honoured, and noted."),
)
_MEMORY = Field(
    "memorytopology",
    "mapping",
    "The layers of memory that the agent has.",
    fields=(
        *(Field(name, "layer", about, examples=STORAGE[HOLDS[kind]]) for name, (kind, about) in LAYERS.items()),
        Field("crossagentsharing", "any", "How memory is shared; descriptive."),
    ),
    closed=True,
)

_INSTRUCTIONS = Field(
    "cursorinstructions",
    "mapping",
    "What is generated.",
    required=True,
    fields=(
        Field(
            "generatefiles",
            "texts",
            "The agent's modules, below its rootpath.",
            required=True,
            pattern=MODULE_PATTERN,
            examples=("controller.py", "core/cache_manager.py"),
        ),
        Field("generatedocs", "texts", "The agent's documents.", pattern=DOCUMENT_PATTERN, examples=("README.md",)),
        Field(
            "linkexisting",
            "texts",
            "Modules, folders or wildcards that others wrote.",
            examples=("L9/core/governance.py", "L9/agents/adapters/*"),
        ),
        Field("linkexisting_mode", "text", "Whether what is linked is a contract, or has to exist.", known=LINK_MODES),
        Field("createifmissing", "texts", "Folders that are made; descriptive."),
        Field("postgeneration", "any", "What comes after; descriptive."),
    ),
)
_DEPLOYMENT = Field(
    "deployment",
    "mapping",
    "How the agent is reached and run: endpoints, or APIs, or both.",
    required=True,
    fields=(
        Field(
            "endpoints",
            "texts",
            "HTTP endpoints; a bare path is a POST.",
            pattern=ENDPOINT_PATTERN,
            examples=("POST /claims/submit_claim", "/agent/echo/process"),
        ),
        Field("healthcheck", "text", "The path that tells whether the agent is well.", pattern=HEALTH_PATTERN),
        Field("apis", "list", "APIs in words, as a list of `NAME: text`; descriptive."),
        Field("replicas", "count", "How many of the agent run.", minimum=1),
        Field("runtime", "text", "Descriptive."),
        Field("telemetry", "any", "Descriptive."),
        Field("resources", "any", "Descriptive."),
    ),
    any_of=("endpoints", "apis"),
)

AGENT = Field(
    "agent",
    "mapping",
    "One agent of a collection.",
    fields=(
        *IDENTITY,
        Field("version", "text", "The schema's version, kept as text.", examples=("1.0.0",)),
        Field("schema_id", "text", "A name by which other schemas may refer to this one."),
        Field("title", "text", "Descriptive."),
        Field("purpose", "text", "Descriptive."),
        Field("summary", "text", "Descriptive."),
        _DEPENDS,
        _INTEGRATION,
        _GOVERNANCE,
        _MEMORY,
        _INSTRUCTIONS,
        _DEPLOYMENT,
        Field(
            "settings", "mapping", "Values that settings of higher standing may override; the agent's code reads them."
        ),
        Field("metadata", "any", "Version, dates, owner, tags; descriptive."),
    ),
)
