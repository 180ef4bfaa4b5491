"""`schema_to_code` of glue, joined to the agents whose files it is about."""

from __future__ import annotations

import re

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.glue import FieldSpec, ModuleMapping
from l9stack.names import AgentId
from l9stack.planning.known_settings import did_you_mean
from l9stack.planning.signatures import shape_of

_ANSWER = re.compile(r"->\s*(?:\w+\.)*(?P<stem>\w+?)(?:Result|Response)\s*:?\s*\Z")
Mappings = dict[AgentId, dict[str, ModuleMapping]]
"""By agent and by file, relative to the agent's root."""


def mappings_of(collection: Collection, problems: list[Problem], notes: list[Problem]) -> Mappings:
    """The entries by agent and file. A target is a file of an agent, or its path from the import root.

    What no agent lists is noted, with the nearest name, and so is what several list; two entries for a file are a
    problem.
    """
    found: Mappings = {agent.id: {} for agent in collection.agents}
    for mapping in collection.glue.mappings:
        owners = [(agent, target) for agent in collection.agents if (target := _target(mapping, agent))]
        if len(owners) == 1:
            agent, target = owners[0]
            if known := found[agent.id].get(target):
                message = f"schema_to_code.{mapping.key}: {target} is mapped by {known.key} already"
                problems.append(Problem("two-mappings", message, mapping.place, "join the two entries"))
            found[agent.id][target] = mapping
            continue
        if owners:
            reason, hint = "several agents list it", f"write it as {owners[0][0].root_path}/{mapping.target}"
        else:
            files = [file for agent in collection.agents for file in agent.generate_files]
            reason, hint = "no agent lists it", did_you_mean(mapping.target, files)
        message = f"schema_to_code.{mapping.key}: target {mapping.target} is not used, {reason}"
        notes.append(Problem("unused-mapping", message, mapping.place, hint, level="note"))
    return {agent: _with_fields(files) for agent, files in found.items()}


def _with_fields(files: dict[str, ModuleMapping]) -> dict[str, ModuleMapping]:
    """The entries of one agent, with the fields of models that signatures tell.

    `XRequest` without fields takes what a function takes that answers with `XResult` or `XResponse`.
    """
    taken: dict[str, tuple[FieldSpec, ...]] = {}
    for function in (function for mapping in files.values() for function in mapping.functions):
        answer = _ANSWER.search(function.signature)
        shape = shape_of(function, {}, [])  # what is wrong with it is told where it becomes an operation
        if answer and shape.request:
            taken.setdefault(f"{answer['stem']}Request", shape.request)
    return {
        target: mapping.model_copy(
            update={
                "models": tuple(
                    model.model_copy(update={"fields": taken[model.name]})
                    if model.fields is None and model.name in taken
                    else model
                    for model in mapping.models
                )
            }
        )
        for target, mapping in files.items()
    }


def _target(mapping: ModuleMapping, agent: AgentSpec) -> str:
    """The agent's file that an entry is about; empty where it is about none."""
    inner = mapping.target.removeprefix(f"{agent.root_path}/")
    return inner if inner in agent.generate_files else ""


def with_endpoints(collection: Collection, mappings: Mappings) -> Collection:
    """The collection with the endpoints that mappings add to those of the schemas."""
    if not any(mapping.endpoints for files in mappings.values() for mapping in files.values()):
        return collection
    agents = []
    for agent in collection.agents:
        added = [endpoint for mapping in mappings[agent.id].values() for endpoint in mapping.endpoints]
        merged = tuple(dict.fromkeys((*agent.endpoints, *added)))
        agents.append(agent.model_copy(update={"endpoints": merged}))
    return collection.model_copy(update={"agents": tuple(agents)})
