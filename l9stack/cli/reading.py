"""`l9 validate` and `l9 graph`: what a collection says, before anything is generated."""

from __future__ import annotations

import argparse

from l9stack.cli.printing import print_json, print_problems
from l9stack.cli.target import project_of, readable
from l9stack.extraction import plan_of
from l9stack.planning import drawing


def validate(arguments: argparse.Namespace) -> int:
    """Read and plan; all problems come at once, questions are listed with what answers them."""
    project = project_of(arguments)
    collection, plan = plan_of(readable(arguments.path), project, meta=arguments.meta)
    notes = [*collection.notes, *plan.notes]
    unbound = sum(not operation.bound for agent in plan.agents for operation in agent.operations)
    bound = sum(operation.bound for agent in plan.agents for operation in agent.operations)
    if arguments.json:
        print_json(
            {
                "ok": True,
                "collection": plan.collection,
                "agents": [agent.id for agent in plan.agents],
                "operations": {"bound": bound, "unbound": unbound},
                "questions": [question.as_json() for question in plan.questions],
                "notes": [note.as_json() for note in notes],
            }
        )
        return 0
    print_problems(notes)
    print_problems(plan.questions)
    print(
        f"{plan.collection}: {len(plan.agents)} agents, {bound + unbound} operations "
        f"({bound} bound, {unbound} unbound), {len(plan.questions)} questions, {len(notes)} notes. Valid."
    )
    return 0


def graph(arguments: argparse.Namespace) -> int:
    """Draw agents, dependencies, waves and wirings."""
    _, plan = plan_of(readable(arguments.path), project_of(arguments), meta=arguments.meta)
    if arguments.json or arguments.format == "json":
        print_json(drawing.as_data(plan))
    else:
        print(drawing.as_mermaid(plan) if arguments.format == "mermaid" else drawing.as_text(plan))
    return 0
