"""Operations of each agent: gathered from endpoints, wirings, glue functions and bindings, and placed in modules."""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass, field

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, Endpoint
from l9stack.model.collection import Collection
from l9stack.model.glue import Binding, ConnectionType, FunctionSpec, ModuleMapping, UnboundBehaviour
from l9stack.model.plan import ModulePlan, OperationPlan
from l9stack.names import BUILT_IN, AgentId, ModulePath, OperationName, operation_name
from l9stack.planning.agent_glue import AgentGlue
from l9stack.planning.catalogue import CATALOGUE, OPERATIONS, ROWS
from l9stack.planning.graph import Directory
from l9stack.planning.operation_names import check_names
from l9stack.planning.signatures import NOTHING, SignatureShape, models_of, shape_of


@dataclass(slots=True)
class OperationDraft:
    """What is known of an operation while its sources are gathered."""

    name: OperationName
    routes: list[Endpoint] = field(default_factory=list)
    packet_types: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    summary: str = ""
    logic: str = ""
    module: str = ""
    binding: Binding | None = None
    shape: SignatureShape = NOTHING


class OperationDrafts:
    """The drafts of one agent, in order of their first source."""

    def __init__(self) -> None:
        self.by_name: dict[str, OperationDraft] = {}

    def take(self, text: str, source: str) -> OperationDraft | None:
        """The draft of that name, made at first mention; None where no identifier can be made of it."""
        name = operation_name(text)
        if name is None:
            return None
        draft = self.by_name.setdefault(name, OperationDraft(name))
        draft.sources.append(source)
        return draft


def is_builtin(endpoint: Endpoint) -> bool:
    """Whether the library answers the endpoint itself (health, ready, metrics, status)."""
    return endpoint.path.rstrip("/").rsplit("/", 1)[-1] in BUILT_IN and endpoint.method == "GET"


def bindings_of(
    collection: Collection, directory: Directory, problems: list[Problem]
) -> dict[AgentId, dict[str, Binding]]:
    """Bindings by agent and operation; answers win over glue, field by field; unknown agents are problems."""
    found: dict[AgentId, dict[str, Binding]] = {agent.id: {} for agent in collection.agents}
    for binding in (*collection.glue.bindings, *collection.answers.bindings):
        matches = directory.find(binding.agent)
        if len(matches) != 1:
            near = directory.near(binding.agent)
            hint = f"did you mean {' or '.join(near)}?" if near else f"agents here: {', '.join(directory.ids)}"
            message = f"operations: {binding.agent!r} is {'no' if not matches else 'more than one'} agent"
            problems.append(Problem("unknown-agent", message, binding.place, hint))
            continue
        known = found[matches[0]].get(binding.operation)
        if known is not None and known.place.file == binding.place.file:
            message = f"operations: {matches[0]}.{binding.operation} is bound twice, first at {known.place}"
            problems.append(Problem("two-bindings", message, binding.place, "keep one of them"))
        said = {name: getattr(binding, name) for name in binding.model_fields_set}
        found[matches[0]][binding.operation] = known.model_copy(update=said) if known else binding
    return found


def gather(agent: AgentSpec, glue: AgentGlue, directory: Directory, problems: list[Problem]) -> OperationDrafts:
    """All drafts of an agent, from every source."""
    drafts = OperationDrafts()
    endpoints = [endpoint for endpoint in agent.endpoints if not is_builtin(endpoint)]
    methods: dict[str, set[str]] = defaultdict(set)
    for endpoint in endpoints:
        methods[_last(endpoint)].add(endpoint.method)
    for endpoint in endpoints:
        # `POST /plan` and `DELETE /plan` are two things to do; one method alone says by its path what it does.
        alone = endpoint.method == "POST" or len(methods[_last(endpoint)]) == 1
        name = _last(endpoint) if alone else f"{endpoint.method.lower()}_{_last(endpoint)}"
        draft = drafts.take(name, f"endpoint {endpoint.method} {endpoint.path}")
        if draft is not None:
            draft.routes.append(endpoint)
    check_names(agent, glue, [*drafts.by_name], directory, problems)
    for wiring in glue.wirings:
        if agent.id not in directory.find(wiring.to_agent):
            continue
        for name in wiring.names:
            observed = wiring.connection_type is ConnectionType.EVENT_OBSERVE
            draft = drafts.take(
                f"on_{name}" if observed else name, f"{wiring.connection_type} from {wiring.from_agent}"
            )
            if draft is not None and wiring.connection_type is ConnectionType.PACKET_SEND:
                draft.packet_types.append(name)
    models = models_of(glue.mappings.values())
    for target, mapping in glue.mappings.items():
        for function in mapping.functions:
            _from_function(drafts, function, mapping, target, shape_of(function, models, problems))
    for binding in glue.bindings.values():
        draft = drafts.take(binding.operation, f"bound at {binding.place.file}:{binding.place.line}")
        if draft is not None:
            draft.binding, draft.module = binding, binding.module or draft.module
    return drafts


def _last(endpoint: Endpoint) -> str:
    """The last part of a path that is no parameter."""
    parts = [part for part in endpoint.path.split("/") if part and not part.startswith("{")]
    return parts[-1] if parts else "root"


def _from_function(
    drafts: OperationDrafts, function: FunctionSpec, mapping: ModuleMapping, target: str, shape: SignatureShape
) -> None:
    draft = drafts.take(function.name, f"glue function {mapping.key}.{function.name}")
    if draft is not None:
        draft.summary = draft.summary or " ".join(function.docstring.split())
        draft.logic, draft.module, draft.shape = function.logic, draft.module or target, shape


def place(
    agent: AgentSpec, drafts: OperationDrafts, modules: list[ModulePlan], problems: list[Problem]
) -> dict[str, ModulePath]:
    """The module of each operation; modules that hold none get an operation of their own name."""
    holders = [module for module in modules if ROWS[module.family].operations]
    own = [module for module in holders if module.family == OPERATIONS.name]
    placed: dict[str, ModulePath] = {}
    for draft in drafts.by_name.values():
        if draft.module:
            match = next((module.path for module in holders if module.path == draft.module), None)
            if match is None:
                where = draft.binding.place if draft.binding else agent.place
                hint = f"modules that hold operations: {', '.join(module.path for module in holders)}"
                problems.append(Problem("unknown-module", f"{draft.module!r} is no module of {agent.id}", where, hint))
                continue
            placed[draft.name] = match
        else:
            placed[draft.name] = _alike(draft.name, own) or _default(holders, agent, problems)
    for module in own:
        if module.path not in placed.values():
            stem = module.path.removesuffix(".py").rsplit("/", 1)[-1]
            draft_of_stem = drafts.take(stem, f"module {module.path}")
            if draft_of_stem is not None:
                placed[draft_of_stem.name] = module.path
    return placed


def _default(holders: list[ModulePlan], agent: AgentSpec, problems: list[Problem]) -> ModulePath:
    # In the order of the catalogue, whose rows for operations alone come last.
    for family in CATALOGUE:
        for module in holders:
            if module.family == family.name:
                return module.path
    hint = "list a controller.py or a module for it in generatefiles"
    place_of = agent.places.get("cursorinstructions.generatefiles", agent.place)
    problems.append(Problem("no-module", f"{agent.id} has operations but no module that can hold them", place_of, hint))
    return ModulePath("controller.py")


def _alike(name: str, modules: list[ModulePlan]) -> ModulePath | None:
    """The one operation module whose name shares a word stem with the operation (`transform` and `transformer`)."""
    scores: list[tuple[float, ModulePath]] = []
    for module in modules:
        stem = module.path.removesuffix(".py").rsplit("/", 1)[-1]
        words = [(a, b) for a in name.split("_") for b in stem.split("_") if len(a) > 2 and len(b) > 2]
        best = max((difflib.SequenceMatcher(None, a, b).ratio() for a, b in words), default=0.0)
        if best >= 0.75:
            scores.append((difflib.SequenceMatcher(None, name, stem).ratio() + best, module.path))
    return max(scores)[1] if scores else None


def _summary(draft: OperationDraft) -> str:
    """What can be said where nobody described it: its name, and who wants it."""
    words = draft.name.replace("_", " ").strip().capitalize()
    kind, _, rest = draft.sources[0].partition(" ")
    match kind:
        case "endpoint":
            return f"{words}, at {rest}."
        case "module":
            return f"{words}: the schema lists {rest} and says no more of it."
        case "glue":
            return f"{words}, after {rest.removeprefix('function ')} of the glue."
        case "bound":
            return f"{words}."
    return f"{words}, wired from {rest.removeprefix('from ')}."


def plan_operation(agent: AgentSpec, draft: OperationDraft, module: ModulePath) -> OperationPlan:
    """A draft with its binding's facts; whatever nobody bound is unbound."""
    binding = draft.binding
    summary = (binding.summary if binding else "") or draft.summary or _summary(draft)
    return OperationPlan(
        name=draft.name,
        agent=agent.id,
        summary=summary if summary.endswith((".", "!", "?")) else f"{summary}.",
        module=module,
        request=draft.shape.request if binding is None or binding.request is None else binding.request,
        response=draft.shape.response if binding is None or binding.response is None else binding.response,
        behaviour=binding.behaviour if binding else UnboundBehaviour(),
        routes=tuple(draft.routes),
        packet_types=tuple(dict.fromkeys(draft.packet_types)),
        criticality=binding.criticality if binding else 0.5,
        timeout_seconds=binding.timeout_seconds if binding else 10.0,
        reusable=binding.reusable if binding else False,
        publish=binding.publish if binding else "",
        sources=tuple(dict.fromkeys(draft.sources)),
        logic=draft.logic,
    )
