"""`l9 validate`: what a collection says, before anything is generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import (
    STACK,
    chosen_collection,
    existing_path,
    json_option,
    meta_option,
    one_path,
    pass_project,
    path_argument,
)
from l9stack.cli.printing import print_json, print_problems, quantity
from l9stack.errors import Problem
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.infra.settings import StackSettings
    from l9stack.model.plan import Plan


@click.command()
@path_argument
@click.option(
    "-s", "--stack", type=STACK, metavar="STACK", help="Check a stack's config, and the collection that it deploys."
)
@meta_option
@json_option
@pass_project
def validate(
    project: Project, path: Path | None, collection: Path | None, stack: str | None, meta: str | None, as_json: bool
) -> int:
    """Check a collection; lists unbound operations as questions.

    PATH is a file, or a folder with glue and answers beside the schemas (default: the project's own collection). All
    problems come at once, each as file:line:column with a hint.
    """
    from l9stack.extraction.prepare import plan_of
    from l9stack.inputs import Inputs

    named = one_path(path, collection)
    if named and stack:
        raise click.UsageError("give a collection, or --stack NAME, which deploys one")
    settings = _stack_settings(project, stack) if stack else None
    chosen = existing_path(str(project.root / settings.collection)) if settings else chosen_collection(project, named)
    read, plan = plan_of(Inputs.read(project, chosen, meta, settings.settings if settings else None))
    remarks = _remarks(settings, plan, project, stack) if settings and stack else ()
    notes = [*read.notes, *plan.notes, *remarks]
    unbound = sum(not operation.bound for agent in plan.agents for operation in agent.operations)
    bound = sum(operation.bound for agent in plan.agents for operation in agent.operations)
    if as_json:
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
    _print_questions(plan.questions, read.answers_file)
    print(
        f"{plan.collection}: {quantity(len(plan.agents), 'agent')}, {quantity(bound + unbound, 'operation')} "
        f"({bound} bound, {unbound} unbound), {quantity(len(plan.questions), 'question')}, "
        f"{quantity(len(notes), 'note')}. Valid."
    )
    return 0


def _stack_settings(project: Project, stack: str) -> StackSettings:
    from l9stack.infra.settings.stack import check_stack

    return check_stack(project.root, stack)


def _remarks(settings: StackSettings, plan: Plan, project: Project, stack: str) -> list[Problem]:
    """What the stack's file still lacks before it can be deployed, and what better did not stand in it."""
    from l9stack.infra.needed_services import unplaced_services
    from l9stack.infra.settings.stack import stack_file_notes

    lacking = unplaced_services(settings, plan, project.root, stack)
    return [*stack_file_notes(project.root, stack), *(replace(problem, level="note") for problem in lacking)]


def _print_questions(questions: Sequence[Problem], answers_file: str) -> None:
    """Every question; how unbound operations are answered is said once, after the last of them."""
    from l9stack.planning.plan import UNBOUND, binding_hint

    print_problems([question for question in questions if question.code != UNBOUND])
    unbound = [question for question in questions if question.code == UNBOUND]
    print_problems([replace(question, hint="") for question in unbound[:-1]])
    hint = binding_hint("AGENT.OPERATION", answers_file)
    print_problems([replace(question, hint=hint if len(unbound) > 1 else question.hint) for question in unbound[-1:]])
