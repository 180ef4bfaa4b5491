"""A collection and the meta templates to a `Plan`: every decision, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import InputError, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.glue import Binding, ModuleMapping
from l9stack.model.meta import Meta, Protocol
from l9stack.model.plan import AgentPlan, Edge, ModulePlan, OperationPlan, Plan
from l9stack.names import AgentId
from l9stack.planning import settings
from l9stack.planning.behaviours import Checker, completed
from l9stack.planning.catalogue import dotted, family_of
from l9stack.planning.escalation import read_policy
from l9stack.planning.graph import Directory, closing_soft_edges, edges_of, waves_of
from l9stack.planning.keyspaces import check_keyspaces
from l9stack.planning.operations import bindings_of, gather, place, plan_operation

Bindings = dict[str, Binding]


def make_plan(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue] | None = None) -> Plan:
    """Plan a collection.

    Raises:
        InputError: with every problem: unresolved names, cycles, behaviours that do not fit.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    directory = Directory(collection.agents)
    edges = edges_of(collection, directory, problems)
    waves = waves_of(collection.agents, edges, problems)
    for edge in closing_soft_edges(collection.agents, edges):
        message = f"{edge.source} prefers {edge.target}: dropped from the order, it would close a circle"
        notes.append(Problem("soft-cycle", message, level="note"))
    bindings = bindings_of(collection, directory, problems)
    mappings = _mappings(collection, notes)
    drafts: dict[AgentId, tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]]] = {}
    for spec in collection.agents:
        drafts[spec.id] = _modules(spec, collection, directory, bindings[spec.id], mappings[spec.id], problems)
    by_name = {f"{agent}.{operation.name}": operation for agent, (_, ops) in drafts.items() for operation in ops}
    checker = Checker(by_name, Path(collection.root), problems)
    for agent, (_, operations) in drafts.items():
        for operation in operations:
            checker.check(operation, bindings[agent].get(operation.name))
    check_keyspaces(((a, settings.of_agent(a, collection, meta, stack or {})) for a in collection.agents), problems)
    protocol = _protocol(collection, meta, stack or {}, problems)
    if problems:
        raise InputError(problems)
    order = [agent for wave in waves for agent in wave]
    specs = {agent.id: agent for agent in collection.agents}
    plans = tuple(
        _agent(specs[agent], number, drafts[agent], edges, collection, meta, stack or {})
        for number, wave in enumerate(waves, start=1)
        for agent in wave
    )
    questions = tuple(
        _question(operation, specs) for agent in order for operation in drafts[agent][1] if not operation.bound
    )
    return Plan(
        collection=collection.name,
        version=__version__,
        agents=plans,
        waves=waves,
        edges=tuple(edges),
        shared=settings.shared(collection, meta, stack or {}),
        flags=dict(sorted(meta.flags.items())),
        gates=meta.gates,
        protocol=protocol,
        questions=questions,
        notes=tuple(notes),
        input_files=tuple(source.path for source in collection.sources),
    )


def _mappings(collection: Collection, notes: list[Problem]) -> dict[AgentId, dict[str, ModuleMapping]]:
    """`schema_to_code` entries by agent and file; a target that no agent lists is noted."""
    found: dict[AgentId, dict[str, ModuleMapping]] = {agent.id: {} for agent in collection.agents}
    for mapping in collection.glue.mappings:
        owners = [agent for agent in collection.agents if mapping.target in agent.generate_files]
        if len(owners) == 1:
            found[owners[0].id][mapping.target] = mapping
        else:
            reason = "no agent lists it" if not owners else "several agents list it"
            message = f"schema_to_code.{mapping.key}: target {mapping.target} is not used, {reason}"
            notes.append(Problem("unused-mapping", message, mapping.place, level="note"))
    return found


def _modules(
    agent: AgentSpec,
    collection: Collection,
    directory: Directory,
    bindings: Bindings,
    mappings: dict[str, ModuleMapping],
    problems: list[Problem],
) -> tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]]:
    modules = []
    for path in agent.generate_files:
        family = family_of(path, agent)
        modules.append(
            ModulePlan(
                path=path,
                dotted=dotted(agent, path),
                family=family.name,
                template=family.template,
                mapping=mappings.get(path),
            )
        )
    drafts = gather(agent, collection, directory, bindings, mappings)
    placed = place(agent, drafts, modules, problems)
    operations = tuple(
        completed(plan_operation(agent, draft, placed[draft.name]))
        for draft in drafts.by_name.values()
        if draft.name in placed
    )
    filled = tuple(
        module.model_copy(update={"operations": tuple(op.name for op in operations if op.module == module.path)})
        for module in modules
    )
    return filled, operations


def _agent(
    spec: AgentSpec,
    wave: int,
    drafted: tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]],
    edges: list[Edge],
    collection: Collection,
    meta: Meta,
    stack: Mapping[str, JsonValue],
) -> AgentPlan:
    rules, triggers = read_policy(spec.governance.escalation_policy)
    return AgentPlan(
        spec=spec,
        wave=wave,
        modules=drafted[0],
        operations=drafted[1],
        rules=rules,
        triggers=triggers,
        edges=tuple(edge for edge in edges if spec.id in (edge.source, edge.target)),
        settings=settings.of_agent(spec, collection, meta, stack),
    )


def _protocol(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue], problems: list[Problem]) -> Protocol:
    setting = next(s for s in settings.shared(collection, meta, stack) if s.name == "communication.protocol")
    protocols = {protocol.name: protocol for protocol in meta.protocols}
    if str(setting.value) in protocols:
        return protocols[str(setting.value)]
    hint = "define its fields under `protocols:` in meta.dependency.integration.yaml"
    problems.append(Problem("unknown-protocol", f"protocol {setting.value!r} is defined nowhere", setting.place, hint))
    return Protocol(name=str(setting.value), required={})


def _question(operation: OperationPlan, specs: Mapping[AgentId, AgentSpec]) -> Problem:
    name = f"{operation.agent}.{operation.name}"
    message = f"{name} is unbound: nobody has said what it does ({'; '.join(operation.sources)})"
    hint = (
        f"bind it under `operations: {{{name}: …}}` in answers.yaml; until then its calls wait for a governance anchor"
    )
    return Problem("unbound-operation", message, specs[operation.agent].place, hint, level="note")
