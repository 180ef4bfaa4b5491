"""The catalogue of families: a row says which file names it answers to, what such a module holds, and what it needs.

How each family is printed is said in `l9stack/rendering/families.py`, by the same names: planning needs no templates.
Adding a family is a row in both, a template and a test template, and a file of its name in a golden case: see
docs/architecture.md. A file whose family lacks what it needs (a memory bridge without memory), or whose operations
somebody named, is an operation module.
"""

from __future__ import annotations

from collections.abc import Collection

from l9stack.model.agent import AgentSpec, MemoryKind
from l9stack.names import ModulePath
from l9stack.planning.agent_facts import AgentFacts
from l9stack.planning.family import Family


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _client_of(stem: str, facts: AgentFacts) -> str:
    """The agent of the collection that `<agent>_client` speaks to."""
    return facts.peers.get(stem.removesuffix("_client"), "") if stem.endswith("_client") else ""


def _coordinated(stem: str, facts: AgentFacts) -> str:
    """What a coordinator coordinates: its own name, where it has whom to ask."""
    wanted = stem == "coordinator" or stem.endswith("_coordinator")
    return stem if wanted and facts.calls else ""


OPERATIONS = Family("operations", "operations with their request and response models", only=False, operations=True)
"""What every file is that no other row answers to."""
MODELS = Family("models", "records that the glue names", only=False, title="records that the glue names")
"""A file whose models, and nothing else, glue names."""

CATALOGUE = (
    Family("package", "the package, with a word on what it is for", _names("__init__"), only=False),
    Family(
        "controller",
        "the agent as a whole: its operations, gathered",
        _names("controller agent_controller"),
        operations=True,
        declares="AGENT",
    ),
    Family(
        "memory_bridge",
        "the memory layers, and typed access to them",
        _names("memory_bridge memory_manager"),
        condition=lambda facts: bool(facts.agent.memory),
        needs="a memory layer",
        declares="MEMORY",
    ),
    Family(
        "governance_bridge",
        "the policy: anchors, rules, triggers",
        _names("governance_bridge governance_integrator"),
        declares="GOVERNANCE",
    ),
    Family("config", "typed settings, and how the environment overrides them", _names("config config_manager")),
    Family(
        "routes",
        "which endpoint leads to which operation",
        _names("routes api_routes"),
        _names("api"),
        only=False,
        operations=True,
        declares="ROUTES",
    ),
    Family(
        "semantic_updater",
        "what it keeps in its graph, typed",
        _names("semantic_updater graph_updater knowledge_updater"),
        condition=lambda facts: facts.keyed,
        needs="nodes or edges with keys under `semanticmemory.structure`",
        title="what it keeps in its graph",
    ),
    Family(
        "world_model_bridge",
        "what the graph knows about the entities that it deals with",
        _names("world_model_bridge world_model world_model_client"),
        condition=lambda facts: facts.layer(MemoryKind.SEMANTIC) and facts.entities,
        needs="semantic memory, and an entity that is named by an id",
        title="what the graph knows about the entities that it deals with",
    ),
    Family(
        "causal_tracer",
        "why decisions were as they were, by factor",
        _names("causal_tracer causal_logger reasoning_tracer"),
        condition=lambda facts: any(layer.factors for layer in facts.agent.memory),
        needs="factors under `causalmemory.schema`",
        title="why its decisions were as they were",
    ),
    Family(
        "context_enricher",
        "what memory knows beside a request",
        _names("context_enricher enricher"),
        condition=lambda facts: any(layer.index_by for layer in facts.agent.memory),
        needs="`indexby` of a memory layer",
        title="what memory knows beside a request",
    ),
    Family(
        "event_log",
        "the audited events of its audit scope",
        _names("logger episodic_logger audit_logger decision_logger"),
        condition=lambda facts: bool(facts.agent.governance.audit_scope),
        needs="an `auditscope`",
        title="the events that auditors look at",
    ),
    Family(
        "cache",
        "answers kept for a while under its own keyspace",
        _names("cache_manager cache"),
        condition=lambda facts: facts.layer(MemoryKind.WORKING) and facts.answers,
        needs="working memory, and an operation whose request and response are declared",
        title="answers that are kept for a while",
    ),
    Family(
        "metrics",
        "how much each operation did, and how much of it was escalated",
        _names("metrics metrics_collector performance_monitor"),
        condition=lambda facts: facts.layer(MemoryKind.EPISODIC),
        needs="episodic memory",
        title="how much each operation did",
    ),
    Family(
        "drift_detector",
        "whether a figure of its answers has moved",
        _names("drift_detector anomaly_detector model_drift_detector"),
        condition=lambda facts: facts.layer(MemoryKind.EPISODIC) and facts.figures,
        needs="episodic memory, and an operation that answers with a number",
        title="whether a figure of its answers has moved",
    ),
    Family(
        "packet_router",
        "which packet type leads to which operation, and who takes which packet",
        _names("packet_router message_router router"),
        condition=lambda facts: facts.receives or facts.sends,
        needs="packets among its wirings",
        title="packets in and out",
        declares="PACKET_TYPES",
    ),
    Family(
        "validator",
        "checks of a request before it is sent or run",
        _names("validator packet_validator request_validator input_validator"),
        condition=lambda facts: facts.requests,
        needs="an operation whose request is declared",
        title="what its operations take",
    ),
    Family(
        "event_publisher",
        "the events that it publishes, typed",
        _names("event_publisher publisher"),
        condition=lambda facts: facts.publishes,
        needs="an operation that publishes an event",
        title="the events that it publishes",
    ),
    Family(
        "event_subscriber",
        "which events of whom it observes",
        _names("event_subscriber event_listener event_observer event_consumer subscriber"),
        condition=lambda facts: facts.observes,
        needs="an event that it is wired to observe",
        title="the events that it observes",
        declares="OBSERVES",
    ),
    Family(
        "client",
        "typed calls of {}",
        subject=_client_of,
        patterns=("AGENT_client",),
        only=False,
        needs="an agent of that name that it calls",
        title="what it asks of {}",
    ),
    Family(
        "coordinator",
        "calls of several agents at the same time",
        subject=_coordinated,
        patterns=("coordinator", "NAME_coordinator"),
        needs="an agent that it calls",
        title="what it asks of several agents at once",
    ),
    Family(
        "compliance_checker",
        "what the policy's rules say of some values, with their sentences",
        _names("compliance_checker policy_checker"),
        condition=lambda facts: facts.rules,
        needs="a comparison in its escalation policy",
        title="which rules of the policy fire, and their sentences",
    ),
    Family(
        "escalation_handler",
        "the policy's triggers by name, and the way to a person",
        _names("escalation_handler escalation_manager"),
        condition=lambda facts: bool(facts.agent.governance.escalation_policy),
        needs="an escalation policy",
        title="the policy's triggers, and the way to a person",
    ),
    Family(
        "rate_limiter",
        "the bounds of every call",
        _names("rate_limiter limits"),
        title="the bounds of every call",
        declares="LIMITS",
    ),
    OPERATIONS,
    MODELS,
)
ROWS = {family.name: family for family in CATALOGUE}
"""The rows by the names that modules of a plan have."""


def family_of(path: ModulePath, facts: AgentFacts, taken: Collection[str] = ()) -> tuple[Family, str]:
    """The row that a file belongs to, and its subject; `taken` are the families of the agent's earlier files."""
    claimed = path in facts.claimed
    if path in facts.modelled and not claimed:
        return MODELS, ""
    stem = path.removesuffix(".py").rsplit("/", 1)[-1]
    for family in CATALOGUE:
        if (claimed and not family.operations) or (family.only and family.name in taken):
            continue
        subject = family.subject(stem, facts) if family.subject else ""
        if (subject or family.answers(path)) and family.condition(facts):
            return family, subject
    return OPERATIONS, ""


def family_by_name(path: ModulePath) -> Family | None:
    """The row whose name a file has, whatever the agent has of what it needs."""
    return next((family for family in CATALOGUE if family.answers(path)), None)


def dotted_path(agent: AgentSpec, path: ModulePath) -> str:
    """The import path of an agent's file; a package's `__init__` is the package."""
    inner = path.removesuffix(".py").replace("/", ".")
    whole = f"{agent.root_path.replace('/', '.')}.{inner}"
    return whole.removesuffix(".__init__")
