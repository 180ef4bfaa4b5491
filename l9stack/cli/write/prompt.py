"""`l9 prompt`: everything by which a language model can be asked for the collection's modules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import chosen_collection, json_option, meta_option, one_path, pass_project, path_argument
from l9stack.cli.printing import print_json, print_problems
from l9stack.errors import InputError, Place, Problem
from l9stack.files import write_file
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.inputs import InputFile
    from l9stack.model.meta import GateThreshold
    from l9stack.model.plan import Plan
    from l9stack.rendering.prompt import FencedText

_PASSWORD = re.compile(r"://[^/@\s:]*:(?!\$\{)[^/@\s]+@")


@click.command()
@path_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write it to this file, and print the file's name."
)
@meta_option
@json_option
@pass_project
def prompt(
    project: Project, path: Path | None, collection: Path | None, output: Path | None, meta: str | None, as_json: bool
) -> int:
    """Print a prompt by which a language model can write the modules.

    What it answers comes back by `l9 import`, through the same gates as what l9stack generates.
    """
    from l9stack.extraction.prepare import prepare
    from l9stack.inputs import Inputs
    from l9stack.inputs.names import IMPLEMENTATIONS
    from l9stack.rendering.prompt import attachment, render_prompt

    read = Inputs.read(project, chosen_collection(project, one_path(path, collection)), meta)
    prepared = prepare(read)
    inputs = _attached((file.name, file) for file in read.contents.schemas if not file.fault)
    modules = (file for file in read.contents.implementations.files if file.name.endswith(".py"))
    own = _attached((f"{IMPLEMENTATIONS}/{file.name}", file) for file in modules)
    templates = [attachment(name, text) for name, text in prepared.meta.texts.items()]
    text = render_prompt(
        prepared.plan, prepared.tree, _gates(prepared.plan), meta=templates, collection=inputs, implementations=own
    )
    _warn([*templates, *inputs, *own])
    if output:
        _write(output, text)
    if as_json:
        print_json({"prompt": text})
    else:
        print(output or text, end="\n" if output else "")
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
