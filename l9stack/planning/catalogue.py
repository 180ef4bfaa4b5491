"""The catalogue of families: a row says which file names it answers to and which template renders it.

Adding a family is one row here, one view and template, one test template, and one golden case. A file whose family
lacks what it needs (a memory bridge without memory), or whose operations somebody named, is an operation module.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from l9stack.model.agent import AgentSpec, MemoryKind
from l9stack.names import ModulePath
from l9stack.planning.facts import Facts

Subject = Callable[[str, Facts], str]
"""The file's name without `.py`, and the facts, to what the module is about; empty where it is not of the family."""


@dataclass(frozen=True, slots=True)
class Family:
    """One row. `stems` are file names without `.py`, whose underscores do not count; `condition` may refuse an agent.

    `subject` answers to names of a pattern instead. An `only` family has one module an agent: others of its names are
    operation modules. `holds` says in documents what such a module holds,
    `needs` what the condition asks for.
    """

    name: str
    holds: str
    stems: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    condition: Callable[[Facts], bool] = lambda facts: True
    subject: Subject | None = None
    only: bool = True
    needs: str = ""
    template: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", f"modules/{self.name}.py.j2")

    def answers(self, path: ModulePath) -> bool:
        """Whether the row answers to a file's name, or to its folder's."""
        *folders, name = path.removesuffix(".py").split("/")
        if name == "__init__":
            return name in self.stems
        compact = name.replace("_", "")
        return any(compact == stem.replace("_", "") for stem in self.stems) or (
            bool(folders) and folders[-1] in self.folders
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _client_of(stem: str, facts: Facts) -> str:
    """The agent of the collection that `<agent>_client` speaks to."""
    return facts.peers.get(stem.removesuffix("_client"), "") if stem.endswith("_client") else ""


def _coordinated(stem: str, facts: Facts) -> str:
    """What a coordinator coordinates: its own name, where it has whom to ask."""
    wanted = stem == "coordinator" or stem.endswith("_coordinator")
    return stem if wanted and facts.calls else ""


OPERATIONS = Family("operations", "operations with their request and response models", only=False)
MODELS = Family("models", "records that the glue names", only=False)
"""A file whose models, and nothing else, glue names."""

CATALOGUE = (
    Family("package", "the package, with a word on what it is for", _names("__init__"), only=False),
    Family("controller", "the agent as a whole: its operations, gathered", _names("controller agent_controller")),
    Family(
        "memory_bridge",
        "the memory layers, and typed access to them",
        _names("memory_bridge memory_manager"),
        condition=lambda facts: bool(facts.agent.memory),
        needs="a memory layer",
    ),
    Family(
        "governance_bridge",
        "the policy: anchors, rules, triggers",
        _names("governance_bridge governance_integrator"),
    ),
    Family("config", "typed settings, and how the environment overrides them", _names("config config_manager")),
    Family("routes", "which endpoint leads to which operation", _names("routes api_routes"), _names("api"), only=False),
    Family(
        "semantic_updater",
        "what it keeps in its graph, typed",
        _names("semantic_updater graph_updater knowledge_updater"),
        condition=lambda facts: facts.keyed,
        needs="nodes or edges with keys under `semanticmemory.structure`",
    ),
    Family(
        "world_model_bridge",
        "what the graph knows about the entities that it deals with",
        _names("world_model_bridge world_model world_model_client"),
        condition=lambda facts: facts.layer(MemoryKind.SEMANTIC) and facts.entities,
        needs="semantic memory, and an entity that is named by an id",
    ),
    Family(
        "causal_tracer",
        "why decisions were as they were, by factor",
        _names("causal_tracer causal_logger reasoning_tracer"),
        condition=lambda facts: any(layer.factors for layer in facts.agent.memory),
        needs="factors under `causalmemory.schema`",
    ),
    Family(
        "context_enricher",
        "what memory knows beside a request",
        _names("context_enricher enricher"),
        condition=lambda facts: any(layer.index_by for layer in facts.agent.memory),
        needs="`indexby` of a memory layer",
    ),
    Family(
        "event_log",
        "the audited events of its audit scope",
        _names("logger episodic_logger audit_logger decision_logger"),
        condition=lambda facts: bool(facts.agent.governance.audit_scope),
        needs="an `auditscope`",
    ),
    Family(
        "cache",
        "answers kept for a while under its own keyspace",
        _names("cache_manager cache"),
        condition=lambda facts: facts.layer(MemoryKind.WORKING) and facts.answers,
        needs="working memory, and an operation whose request and response are declared",
    ),
    Family(
        "metrics",
        "how much each operation did, and how much of it was escalated",
        _names("metrics metrics_collector performance_monitor"),
        condition=lambda facts: facts.layer(MemoryKind.EPISODIC),
        needs="episodic memory",
    ),
    Family(
        "drift_detector",
        "whether a figure of its answers has moved",
        _names("drift_detector anomaly_detector model_drift_detector"),
        condition=lambda facts: facts.layer(MemoryKind.EPISODIC) and facts.figures,
        needs="episodic memory, and an operation that answers with a number",
    ),
    Family(
        "packet_router",
        "which packet type leads to which operation, and who takes which packet",
        _names("packet_router message_router router"),
        condition=lambda facts: facts.receives or facts.sends,
        needs="packets among its wirings",
    ),
    Family(
        "validator",
        "checks of a request before it is sent or run",
        _names("validator packet_validator request_validator input_validator"),
        condition=lambda facts: facts.requests,
        needs="an operation whose request is declared",
    ),
    Family(
        "event_publisher",
        "the events that it publishes, typed",
        _names("event_publisher publisher"),
        condition=lambda facts: facts.publishes,
        needs="an operation that publishes an event",
    ),
    Family(
        "event_subscriber",
        "which events of whom it observes",
        _names("event_subscriber event_listener event_observer event_consumer subscriber"),
        condition=lambda facts: facts.observes,
        needs="an event that it is wired to observe",
    ),
    Family("client", "typed calls of {}", subject=_client_of, only=False),
    Family("coordinator", "calls of several agents at the same time", subject=_coordinated),
    Family(
        "compliance_checker",
        "what the policy's rules say of some values, with their sentences",
        _names("compliance_checker policy_checker"),
        condition=lambda facts: facts.rules,
        needs="a comparison in its escalation policy",
    ),
    Family(
        "escalation_handler",
        "the policy's triggers by name, and the way to a person",
        _names("escalation_handler escalation_manager"),
        condition=lambda facts: bool(facts.agent.governance.escalation_policy),
        needs="an escalation policy",
    ),
    Family("rate_limiter", "the bounds of every call", _names("rate_limiter limits")),
)


def family_of(path: ModulePath, facts: Facts, taken: Collection[str] = ()) -> tuple[Family, str]:
    """The row that a file belongs to, and its subject; `taken` are the families of the agent's earlier files."""
    stem = path.removesuffix(".py").rsplit("/", 1)[-1]
    for family in CATALOGUE:
        if (path in facts.claimed and family.name not in HOLD_OPERATIONS) or (family.only and family.name in taken):
            continue
        subject = family.subject(stem, facts) if family.subject else ""
        if (subject or family.answers(path)) and family.condition(facts):
            return family, subject
    return OPERATIONS, ""


def missed(path: ModulePath) -> Family | None:
    """The row whose name a file has, whatever the agent has of what it needs."""
    return next((family for family in CATALOGUE if family.answers(path)), None)


HOLD_OPERATIONS = ("operations", "controller", "routes")
"""Families whose modules may define operations."""

HOLDS = {family.name: family.holds for family in (*CATALOGUE, OPERATIONS, MODELS)}
"""What a module of each family holds, in a few words; `{}` stands for its subject."""


def dotted(agent: AgentSpec, path: ModulePath) -> str:
    """The import path of an agent's file; a package's `__init__` is the package."""
    inner = path.removesuffix(".py").replace("/", ".")
    whole = f"{agent.root_path.replace('/', '.')}.{inner}"
    return whole.removesuffix(".__init__")
