"""The plan: every decision about what will be generated, made before the first line of text is rendered."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec, Endpoint
from l9stack.model.base import Model
from l9stack.model.collection import OwnTemplate
from l9stack.model.glue import Behaviour, ConnectionType, FieldSpec, ModuleMapping
from l9stack.model.meta import GateThreshold, Protocol
from l9stack.model.monitoring import MonitoringPlan
from l9stack.names import AgentId, ModulePath, OperationName


class Setting(Model):
    """A resolved value with the winner of the order stack, answers, glue, meta, schema, default, and its place."""

    name: str
    value: JsonValue
    source: str
    place: Place | None = None


def _short(number: float) -> float | int:
    return int(number) if number.is_integer() else number


class Comparison(Model):
    """`field operator number`, as `confidence < 0.6`; the operator is one of <, <=, >, >=, ==, !=."""

    field: str
    operator: str
    number: float


class EscalationRule(Model):
    """All comparisons have to hold for the rule to fire; `text` is the sentence that it comes from."""

    name: str
    comparisons: tuple[Comparison, ...]
    text: str
    position: int = 0
    """The character of the policy, with its blanks folded, where the text begins."""

    @property
    def condition(self) -> str:
        """What is executed, as `confidence < 0.6 and criticality > 0.8`."""
        return " and ".join(f"{c.field} {c.operator} {_short(c.number)}" for c in self.comparisons)


class Trigger(Model):
    """A named condition that code or a person raises (`model_drift_detected`); `text` is its source."""

    name: str
    text: str
    position: int = 0
    """The character of the policy, with its blanks folded, where the text begins."""


class EdgeKind(StrEnum):
    """Why one agent is joined to another."""

    HARD = "hard"
    SOFT = "soft"
    CONNECT = "connect"
    API_CALL = ConnectionType.API_CALL.value
    PACKET_SEND = ConnectionType.PACKET_SEND.value
    EVENT_OBSERVE = ConnectionType.EVENT_OBSERVE.value


class Edge(Model):
    """`source` needs, calls, sends to, or is observed by `target`. `external` ones end outside the collection.

    For hard and soft, `source` is the dependent and `target` what it depends on.
    """

    source: str
    target: str
    kind: EdgeKind
    names: tuple[str, ...] = ()
    external: bool = False
    note: str = ""


class OperationPlan(Model):
    """One operation, ready to be rendered. `module` is the file, relative to the agent's root, that defines it."""

    name: OperationName
    agent: AgentId
    summary: str
    module: ModulePath
    request: tuple[FieldSpec, ...] | None
    """None where nobody declared it: the request then is one `payload` object of JSON values."""
    response: tuple[FieldSpec, ...] | None
    behaviour: Behaviour
    routes: tuple[Endpoint, ...] = ()
    packet_types: tuple[str, ...] = ()
    """Packet types of wirings (domain names) that lead to this operation, beside `query`/`command` with its name."""
    criticality: float = 0.5
    timeout_seconds: float = 10.0
    reusable: bool = False
    publish: str = ""
    sources: tuple[str, ...] = ()
    """Where it comes from, in words: `endpoint POST /evaluate`, `wiring from main_orchestrator`, `glue function …`."""
    logic: str = ""
    unfinished: Place | None = None
    """Where its implementation stands, whose body nobody has written yet."""

    @property
    def bound(self) -> bool:
        """Whether somebody has said what it does."""
        return self.behaviour.kind != "unbound"


class ModulePlan(Model):
    """One Python file: its family (row of the catalogue) decides the template; `operations` are defined in it."""

    path: ModulePath
    dotted: str
    family: str
    template: str
    subject: str = ""
    """What the module is about, where its family says so: the agent that a client speaks to."""
    operations: tuple[OperationName, ...] = ()
    mapping: ModuleMapping | None = None
    imported: str | None = None
    """Its whole text, where somebody else wrote it and it was imported; else it is generated."""
    note: str = ""


class AgentPlan(Model):
    """All that is decided about one agent."""

    spec: AgentSpec
    wave: int
    modules: tuple[ModulePlan, ...]
    operations: tuple[OperationPlan, ...]
    rules: tuple[EscalationRule, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    edges: tuple[Edge, ...] = ()
    """Edges that begin or end at this agent."""
    settings: tuple[Setting, ...] = ()
    """Resolved settings that reach this agent, sorted by name (anchors, rate limit, TTL, thresholds, …)."""
    notes: tuple[Problem, ...] = ()

    @property
    def id(self) -> AgentId:
        """The agent's canonical id."""
        return self.spec.id

    @property
    def package(self) -> str:
        """The dotted import path of the agent's root: `L9.agents.intake`."""
        return self.spec.root_path.replace("/", ".")

    def operation(self, name: str) -> OperationPlan:
        """The operation of that name; KeyError where there is none."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise KeyError(name)

    def setting(self, name: str) -> JsonValue:
        """The resolved value of a setting; KeyError where there is none."""
        for setting in self.settings:
            if setting.name == name:
                return setting.value
        raise KeyError(name)

    @property
    def anchors(self) -> tuple[str, ...]:
        """Who decides: the governance anchors in force, which are the schema's where no setting names any."""
        found = next((setting.value for setting in self.settings if setting.name == "governance.anchors"), None)
        named = found if isinstance(found, list) else [found]
        return tuple(str(anchor) for anchor in named) if found else self.spec.governance.anchors

    @property
    def imported(self) -> tuple[str, ...]:
        """Paths within an extraction of the modules that somebody else wrote, sorted."""
        found = (module.path for module in self.modules if module.imported is not None)
        return tuple(sorted(f"code/{self.spec.root_path}/{path}" for path in found))

    def module_of(self, family: str) -> ModulePlan | None:
        """The first module of that family, if any."""
        return next((module for module in self.modules if module.family == family), None)

    def home_of(self, operation: str) -> ModulePlan:
        """The module that defines an operation; KeyError where there is no operation of that name."""
        path = self.operation(operation).module
        return next(module for module in self.modules if module.path == path)


class Plan(Model):
    """The whole collection, in extraction order (waves of hard dependencies, then by id)."""

    collection: str
    version: str
    agents: tuple[AgentPlan, ...]
    waves: tuple[tuple[AgentId, ...], ...]
    edges: tuple[Edge, ...]
    shared: tuple[Setting, ...]
    """Shared settings, of which the unified config is made."""
    flags: dict[str, bool]
    gates: tuple[GateThreshold, ...]
    protocol: Protocol
    questions: tuple[Problem, ...] = ()
    """Unbound operations and whatever else a person has to answer; notes, not errors."""
    notes: tuple[Problem, ...] = ()
    templates: tuple[OwnTemplate, ...] = ()
    """The collection's own templates."""
    monitoring: MonitoringPlan | None = None
    """None where it is switched off."""

    def agent(self, agent_id: str) -> AgentPlan:
        """The agent of that id; KeyError where there is none."""
        return self._by_id[agent_id]

    @cached_property
    def _by_id(self) -> dict[str, AgentPlan]:
        return {agent.id: agent for agent in self.agents}
