"""`l9 explain`: where a setting's value comes from, and what it overrides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from l9stack.cli.options import (
    chosen_collection,
    deployment_options,
    json_option,
    meta_option,
    pass_project,
    stack_name,
)
from l9stack.cli.printing import print_json, print_problems, quantity
from l9stack.errors import InputError, Problem
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.inputs import Inputs
    from l9stack.model.agent import AgentSpec
    from l9stack.model.plan import Setting
    from l9stack.planning.policy_checks import Clause

    Trace = tuple[Setting, ...]
    """One setting: the value in force, then each that it overrides, from the strongest on."""

_POLICY = "governance.escalationpolicy"


@click.command()
@click.argument("setting", metavar="AGENT[.SETTING]")
@deployment_options
@meta_option
@json_option
@pass_project
def explain(
    project: Project, setting: str, collection: Path | None, stack: str | None, meta: str | None, as_json: bool
) -> int:
    """Tell where a setting's value comes from, and how a policy is executed.

    AGENT alone for all of its settings: the value in force, its place, and what it overrides. Secrets in addresses are
    left out. AGENT.governance.escalationpolicy for each clause of the policy: the rule that executes it, the trigger
    that code raises, or a question.
    """
    from l9stack.extraction.prepare import read_inputs
    from l9stack.planning.known_settings import flatten
    from l9stack.planning.plan import make_plan
    from l9stack.planning.policy_checks import explain_policy
    from l9stack.planning.settings import trace_settings
    from l9stack.reading.stack import read_stack

    name = stack_name(stack, collection)
    read, templates = read_inputs(_deployed(project, name, collection, meta))
    sources = read_stack(project.root, name)
    if sources is None and (project.root / f"Pulumi.{name}.yaml").is_file():
        message = f"the settings of the stack {name} are encrypted, or cannot be read: they are left out"
        print_problems([Problem("stack-settings", message, level="note")])
    values = flatten(sources.settings) if sources else {}
    plan = make_plan(read, templates, values)  # its problems come first: what has any cannot be explained
    wanted, _, key = setting.partition(".")
    agent = _agent(wanted, read.agents)
    if key == _POLICY:
        operations = next(each.operations for each in plan.agents if each.id == agent.id)
        return _explain_policy(agent, explain_policy(agent, operations), as_json)
    traces = trace_settings(agent, read, templates, values, sources.places if sources else None)
    if key:
        traces = tuple(trace for trace in traces if trace[0].name == key) or _unknown(agent, key, traces)
    if as_json:
        print_json({"agent": agent.id, "stack": name, "settings": [_data(trace) for trace in traces]})
    else:
        print("\n".join(line for trace in traces for line in _lines(agent, trace)))
    return 0


def _explain_policy(agent: AgentSpec, clauses: tuple[Clause, ...], as_json: bool) -> int:
    if as_json:
        print_json({"agent": agent.id, "clauses": [_clause(clause) for clause in clauses]})
        return 0
    print(f"{agent.id}.{_POLICY}: {quantity(len(clauses), 'clause')}")
    for clause in clauses:
        what = f"{clause.outcome} {clause.name}" + (f": {clause.condition}" if clause.condition else "")
        if clause.outcome == "question":
            what = (
                f"question: no operation has all of `{clause.condition}`" if clause.condition else "question: not read"
            )
        print(f"{clause.text}\n    {what}\n    from schema, {clause.place}")
    return 0


def _clause(clause: Clause) -> dict[str, Any]:
    place = clause.place
    where = {"file": place.file, "line": place.line, "column": place.column}
    told = {"outcome": clause.outcome, "name": clause.name, "condition": clause.condition or None}
    return {"text": clause.text, **told, "place": where}


def _deployed(project: Project, stack: str, collection: Path | None, meta: str | None) -> Inputs:
    """What the stack deploys, where no collection is named: a release, as it was kept, or the working files."""
    from l9stack.cli.deploy.checks import pinned_release
    from l9stack.inputs import Inputs
    from l9stack.releases.snapshots import Snapshots

    pinned = "" if collection else pinned_release(project, stack)
    if not pinned:
        return Inputs.read(project, chosen_collection(project, collection, stack), meta)
    message = f"stack {stack} is pinned to release {pinned[:12]}: places are those of its files in .l9/releases"
    print_problems([Problem("pinned", message, level="note")])
    snapshots = Snapshots(project)
    return snapshots.inputs(snapshots.open(pinned), {})


def _agent(name: str, agents: tuple[AgentSpec, ...]) -> AgentSpec:
    """The one agent that a name means; raises InputError with those that it is near to."""
    from l9stack.planning.graph import Directory

    directory = Directory(agents)
    found = directory.find(name)
    if len(found) == 1:
        return next(agent for agent in agents if agent.id == found[0])
    near = found or directory.near(name)
    hint = f"did you mean {' or '.join(near)}?" if near else f"agents here: {', '.join(directory.ids)}"
    message = f"{name!r} is {'more than one' if found else 'no'} agent of the collection"
    raise InputError([Problem("unknown-agent", message, None, hint)])


def _unknown(agent: AgentSpec, setting: str, traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    from l9stack.planning.known_settings import did_you_mean

    hint = did_you_mean(setting, (trace[0].name for trace in traces))
    raise InputError([Problem("unknown-setting", f"{agent.id} has no setting {setting!r}", None, hint)])


def _lines(agent: AgentSpec, trace: Trace) -> list[str]:
    first, *others = trace
    lines = [f"{agent.id}.{first.name} = {_shown(first)}", f"    from {_origin(first)}"]
    return [*lines, *(f"    over {_origin(other)}: {_shown(other)}" for other in others)]


def _origin(setting: Setting) -> str:
    return f"{setting.source}, {setting.place}" if setting.place else setting.source


def _shown(setting: Setting) -> str:
    from l9stack.evidence.redaction import redact_value

    return json.dumps(redact_value(setting.value), ensure_ascii=False)


def _data(trace: Trace) -> dict[str, Any]:
    first, *others = (_value(setting) for setting in trace)
    return {"name": trace[0].name, **first, "overrides": others}


def _value(setting: Setting) -> dict[str, Any]:
    from l9stack.evidence.redaction import redact_value

    place = setting.place
    where = {"file": place.file, "line": place.line, "column": place.column} if place else None
    return {"value": redact_value(setting.value), "source": setting.source, "place": where}
