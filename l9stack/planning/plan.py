"""A collection and the meta templates to a `Plan`: every decision, in one value."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import InputError, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.meta import FLAGS, PACKET_ENVELOPE, Meta, Protocol
from l9stack.model.plan import AgentPlan, Edge, ModulePlan, OperationPlan, Plan, Setting
from l9stack.names import AgentId
from l9stack.planning import settings
from l9stack.planning.agent_facts import facts_of
from l9stack.planning.agent_glue import AgentGlue
from l9stack.planning.behaviours import BehaviourChecker, with_response
from l9stack.planning.catalogue import dotted_path, family_of
from l9stack.planning.escalation import read_policy, shared_triggers, with_shared
from l9stack.planning.family_notes import family_notes
from l9stack.planning.graph import Directory, closing_soft_edges, edges_of, waves_of, wirings_of
from l9stack.planning.keyspaces import check_keyspaces
from l9stack.planning.known_settings import check_settings, did_you_mean, flatten
from l9stack.planning.links import check_links
from l9stack.planning.module_mappings import mappings_of, with_endpoints
from l9stack.planning.monitoring import check_folder, plan_monitoring
from l9stack.planning.operations import bindings_of, gather, place, plan_operation
from l9stack.planning.own_templates import own_template, template_notes
from l9stack.planning.policy_checks import check_policy
from l9stack.planning.quality import with_sentences
from l9stack.planning.retention import retention_notes

UNBOUND = "unbound-operation"
"""The code of the question that an unbound operation asks."""


def make_plan(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue] | None = None) -> Plan:
    """Plan a collection.

    Raises:
        InputError: with every problem: unresolved names, cycles, behaviours that do not fit.
    """
    problems: list[Problem] = []
    notes: list[Problem] = [*meta.notes]
    stack = flatten(stack or {})
    check_settings(settings.shared_layers(collection, meta, stack), collection.agents, problems)
    check_links(collection.agents, Path(collection.root), problems)
    retention_notes(collection.agents, notes)
    directory = Directory(collection.agents)
    edges = edges_of(collection, directory, problems, notes)
    waves = waves_of(collection.agents, edges, problems, meta.sequence)
    for edge in closing_soft_edges(collection.agents, edges):
        message = f"{edge.source} prefers {edge.target}: dropped from the order, it would close a circle"
        source = next(agent for agent in collection.agents if agent.id == edge.source)
        notes.append(Problem("soft-cycle", message, source.places.get("depends_on.soft", source.place), level="note"))
    bindings = bindings_of(collection, directory, problems)
    mappings = mappings_of(collection, problems, notes)
    collection = with_endpoints(collection, mappings)
    wirings = wirings_of(collection, directory)
    drafts: dict[AgentId, tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]]] = {}
    for spec in collection.agents:
        glue = AgentGlue(tuple(wirings[spec.id]), bindings[spec.id], mappings[spec.id])
        drafts[spec.id] = _modules(spec, collection, glue, directory, problems)
    by_name = {f"{agent}.{operation.name}": operation for agent, (_, ops) in drafts.items() for operation in ops}
    checker = BehaviourChecker(
        by_name, {agent.id: agent for agent in collection.agents}, collection.implementations, problems
    )
    for agent, (_, operations) in drafts.items():
        for operation in operations:
            checker.check(operation, bindings[agent].get(operation.name))
    problems.extend(_outside(collection))
    notes.extend(template_notes(collection))
    for spec in collection.agents:
        notes.extend(family_notes(spec, *drafts[spec.id]))
        check_policy(spec, drafts[spec.id][1], problems, notes)
    own = {spec.id: settings.agent_settings(spec, collection, meta, stack) for spec in collection.agents}
    check_keyspaces(((spec, own[spec.id]) for spec in collection.agents), problems)
    protocol = _protocol(collection, meta, stack, problems)
    shared = settings.shared_settings(collection, meta, stack)
    check_folder(shared, collection.agents, problems)
    if problems:
        raise InputError(problems)
    order = [agent for wave in waves for agent in wave]
    specs = {agent.id: agent for agent in collection.agents}
    joined = _edges_by_agent(edges)
    plans = tuple(
        _agent(specs[agent], number, drafts[agent], joined[agent], own[agent])
        for number, wave in enumerate(waves, start=1)
        for agent in wave
    )
    questions = tuple(
        _question(operation, specs, collection.answers_file)
        for agent in order
        for operation in drafts[agent][1]
        if not operation.bound or operation.unfinished
    )
    return Plan(
        collection=collection.name,
        version=__version__,
        agents=plans,
        waves=waves,
        edges=tuple(edges),
        shared=shared,
        flags=dict.fromkeys(FLAGS, True) | dict(sorted(meta.flags.items())),
        gates=with_sentences(meta.gates, (*collection.glue.rules, *collection.glue.quality_gates), notes),
        protocol=protocol,
        questions=questions,
        notes=tuple(notes),
        templates=collection.templates,
        monitoring=plan_monitoring(plans, shared, meta.gates),
    )


def _outside(collection: Collection) -> list[Problem]:
    """A problem for each imported module that no schema asks for."""
    listed = {f"{agent.root_path}/{path}" for agent in collection.agents for path in agent.generate_files}
    found = []
    for module in collection.imported:
        if module.path not in listed:
            near = difflib.get_close_matches(module.path, listed, 1, 0.8)
            hint = f"did you mean {near[0]}?" if near else "list it under generatefiles of an agent, or leave it out"
            found.append(Problem("not-in-schema", f"no schema lists {module.path}", module.place, hint))
    return found


def _modules(
    agent: AgentSpec,
    collection: Collection,
    glue: AgentGlue,
    directory: Directory,
    problems: list[Problem],
) -> tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]]:
    facts = facts_of(agent, collection, glue, directory)
    modules: list[ModulePlan] = []
    imported = {module.path: module.text for module in collection.imported}
    for path in agent.generate_files:
        mapping = glue.mappings.get(path)
        family, subject = family_of(path, facts, {module.family for module in modules})
        modules.append(
            ModulePlan(
                path=path,
                dotted=dotted_path(agent, path),
                family=family.name,
                template=own_template(mapping, collection) or family.template,
                subject=subject,
                mapping=mapping,
                imported=imported.get(f"{agent.root_path}/{path}"),
            )
        )
    drafts = gather(agent, glue, directory, problems)
    placed = place(agent, drafts, modules, problems)
    operations = tuple(
        with_response(plan_operation(agent, draft, placed[draft.name]), collection.implementations)
        for draft in drafts.by_name.values()
        if draft.name in placed
    )
    filled = tuple(
        module.model_copy(update={"operations": tuple(op.name for op in operations if op.module == module.path)})
        for module in modules
    )
    return filled, operations


def _edges_by_agent(edges: list[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        for agent in {edge.source, edge.target}:
            found[agent].append(edge)
    return found


def _agent(
    spec: AgentSpec,
    wave: int,
    drafted: tuple[tuple[ModulePlan, ...], tuple[OperationPlan, ...]],
    edges: list[Edge],
    own: tuple[Setting, ...],
) -> AgentPlan:
    rules, triggers = read_policy(spec.governance.escalation_policy)
    return AgentPlan(
        spec=spec,
        wave=wave,
        modules=drafted[0],
        operations=drafted[1],
        rules=rules,
        triggers=with_shared(triggers, shared_triggers(own)),
        edges=tuple(edges),
        settings=own,
    )


def _protocol(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue], problems: list[Problem]) -> Protocol:
    setting = next(s for s in settings.shared_settings(collection, meta, stack) if s.name == "communication.protocol")
    protocols = {protocol.name: protocol for protocol in (PACKET_ENVELOPE, *meta.protocols)}
    if str(setting.value) in protocols:
        return protocols[str(setting.value)]
    near = did_you_mean(str(setting.value), protocols)
    hint = f"define its fields under `protocols:` in meta.dependency.integration.yaml ({near})"
    problems.append(Problem("unknown-protocol", f"protocol {setting.value!r} is defined nowhere", setting.place, hint))
    return Protocol(name=str(setting.value), required={})


def binding_hint(name: str, answers_file: str) -> str:
    """How an unbound operation, named `agent.operation`, gets bound."""
    return (
        f"`l9 bind {name}` writes a function for it, or say its behaviour under `operations: {{{name}: …}}` in "
        f"{answers_file}; until then its calls wait for a governance anchor"
    )


def _question(operation: OperationPlan, specs: Mapping[AgentId, AgentSpec], answers_file: str) -> Problem:
    name = f"{operation.agent}.{operation.name}"
    if operation.unfinished:
        message = f"{name} is bound to a function whose body nobody has written"
        hint = "write it: until then no extraction passes its gates"
        return Problem("unfinished-implementation", message, operation.unfinished, hint, level="note")
    message = f"{name} is unbound: nobody has said what it does ({'; '.join(operation.sources)})"
    hint = binding_hint(name, answers_file)
    return Problem(UNBOUND, message, specs[operation.agent].place, hint, level="note")
