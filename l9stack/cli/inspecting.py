"""`l9 validate`, `l9 graph` and `l9 prompt`: what a collection says, before anything is generated."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from l9stack.cli.arguments import existing_path, project_of
from l9stack.cli.printing import print_json, print_problems, quantity
from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.prepare import plan_of
from l9stack.files import write_file
from l9stack.inputs import InputFile, Inputs
from l9stack.inputs.names import IMPLEMENTATIONS
from l9stack.model.meta import GateThreshold
from l9stack.model.plan import Plan
from l9stack.planning import drawing
from l9stack.planning.plan import UNBOUND, binding_hint
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.infra.settings import StackSettings
    from l9stack.rendering.prompt import FencedText

_PASSWORD = re.compile(r"://[^/@\s:]*:(?!\$\{)[^/@\s]+@")


def validate(arguments: argparse.Namespace) -> int:
    """Read and plan; all problems come at once, questions are listed with what answers them."""
    project = project_of(arguments)
    path, stack = _asked(arguments, project)
    settings = stack.settings if stack else None
    collection, plan = plan_of(Inputs.read(project, path, arguments.meta, settings))
    notes = [*collection.notes, *plan.notes, *(_remarks(stack, plan, project, arguments.stack) if stack else ())]
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
    _print_questions(plan.questions, collection.answers_file)
    print(
        f"{plan.collection}: {quantity(len(plan.agents), 'agent')}, {quantity(bound + unbound, 'operation')} "
        f"({bound} bound, {unbound} unbound), {quantity(len(plan.questions), 'question')}, "
        f"{quantity(len(notes), 'note')}. Valid."
    )
    return 0


def _asked(arguments: argparse.Namespace, project: Project) -> tuple[Path, StackSettings | None]:
    """The collection that is meant, and the stack where one is."""
    if bool(arguments.path) == bool(arguments.stack):
        raise InputError([Problem("what-to-check", "give a collection, or --stack NAME", hint="l9 validate PATH")])
    if arguments.path:
        return existing_path(arguments.path), None
    from l9stack.infra.settings.stack import check_stack

    settings = check_stack(project.root, arguments.stack)
    return existing_path(str(project.root / settings.collection)), settings


def _remarks(settings: StackSettings, plan: Plan, project: Project, stack: str) -> list[Problem]:
    """What the stack's file still lacks before it can be deployed, and what better did not stand in it."""
    from l9stack.infra.needed_services import unplaced_services
    from l9stack.infra.settings.stack import stack_file_notes

    lacking = unplaced_services(settings, plan, project.root, stack)
    return [*stack_file_notes(project.root, stack), *(replace(problem, level="note") for problem in lacking)]


def _print_questions(questions: Sequence[Problem], answers_file: str) -> None:
    """Every question; how unbound operations are answered is said once, after the last of them."""
    print_problems([question for question in questions if question.code != UNBOUND])
    unbound = [question for question in questions if question.code == UNBOUND]
    print_problems([replace(question, hint="") for question in unbound[:-1]])
    hint = binding_hint("AGENT.OPERATION", answers_file)
    print_problems([replace(question, hint=hint if len(unbound) > 1 else question.hint) for question in unbound[-1:]])


def graph(arguments: argparse.Namespace) -> int:
    """Draw agents, dependencies, waves and wirings."""
    _, plan = plan_of(Inputs.read(project_of(arguments), existing_path(arguments.path), arguments.meta))
    if arguments.json or arguments.format == "json":
        print_json(drawing.as_data(plan))
    else:
        print(drawing.as_mermaid(plan) if arguments.format == "mermaid" else drawing.as_text(plan))
    return 0


def prompt(arguments: argparse.Namespace) -> int:
    """Print or write the prompt by which a language model can be asked for the collection's modules."""
    from l9stack.extraction.prepare import prepare
    from l9stack.rendering.prompt import attachment, render_prompt

    read = Inputs.read(project_of(arguments), existing_path(arguments.path), arguments.meta)
    prepared = prepare(read)
    inputs = _attached((file.name, file) for file in read.contents.schemas if not file.fault)
    modules = (file for file in read.contents.implementations.files if file.name.endswith(".py"))
    own = _attached((f"{IMPLEMENTATIONS}/{file.name}", file) for file in modules)
    meta = [attachment(name, text) for name, text in prepared.meta.texts.items()]
    text = render_prompt(
        prepared.plan, prepared.tree, _gates(prepared.plan), meta=meta, collection=inputs, implementations=own
    )
    _warn([*meta, *inputs, *own])
    if arguments.output:
        _write(Path(arguments.output), text)
    if arguments.json:
        print_json({"prompt": text})
    else:
        print(arguments.output or text, end="\n" if arguments.output else "")
    return 0


def _attached(files: Iterable[tuple[str, InputFile]]) -> list[FencedText]:
    from l9stack.rendering.prompt import attachment

    found = []
    for shown, file in files:
        try:
            found.append(attachment(shown, file.data.decode("utf-8-sig")))
        except UnicodeDecodeError as error:
            problem = Problem("not-utf8", "the file is not UTF-8 text", Place(shown), "save it as UTF-8")
            raise InputError([problem]) from error
    return found


def _gates(plan: Plan) -> list[GateThreshold]:
    """Every gate that an extraction measures; what a row does not say of a gate, its measure does."""
    from l9stack.gates import static  # noqa: F401 - importing it registers the gates
    from l9stack.gates.registry import AGENT_GATES, COLLECTION_GATES, rows_of

    measures = {**AGENT_GATES, **COLLECTION_GATES}
    return [
        row.model_copy(update={"description": row.description or _first_line(measures.get(row.gate))})
        for row in rows_of(plan)
    ]


def _first_line(measure: object) -> str:
    return (measure.__doc__ or "").strip().partition("\n")[0] if measure else ""


def _warn(inputs: Iterable[FencedText]) -> None:
    """Say where an input holds a password: the prompt has every input word for word."""
    print_problems(
        [
            Problem(
                "password-in-prompt",
                "an address with a password goes into the prompt as it is",
                Place(item.path, item.text.count("\n", 0, found.start()) + 1),
                "write `${VARIABLE}` instead, and give the value where the agents run",
                "note",
            )
            for item in inputs
            for found in _PASSWORD.finditer(item.text)
        ]
    )


def _write(path: Path, text: str) -> None:
    try:
        write_file(path, text.encode())
    except OSError as error:
        problem = Problem("not-written", f"{path} cannot be written: {error.strerror}", Place(str(path)))
        raise InputError([problem]) from error
