"""Seconds for each file, beside other generators in the same run: copier, and openapi-python-client."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from tests.bench.figures import Figure, Goal
from tests.bench.rendering import renamed
from tests.bench.scratch import COLLECTION, COMMAND, run, timed
from tests.bench.workshop import Workshop

FIVE_TIMES_FASTER = Goal(0.2, relative=True)
SIZES = (1, 10)
"""Copies of the example's five agents, each about `FILES` files."""
FILES = 90
ROUNDS = 3
RENDERING = """import sys
from pathlib import Path
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.output.view import write_tree
from l9stack.project import Project
tree = prepare(Inputs.read(Project(Path(sys.argv[2])), Path(sys.argv[1]))).tree
write_tree(tree, Path(sys.argv[2]) / "made")
print(len(tree.artifacts))
"""


def generators(shop: Workshop) -> Iterator[Figure]:
    """Whole processes that write as many files: ours reads, plans, renders and formats; none runs a test or a hook."""
    venv = shop.folder("others") / "venv"
    run([sys.executable, "-m", "venv", str(venv)], shop.base)
    shop.say("installing copier and openapi-python-client into a folder of this run")
    run([str(venv / "bin" / "pip"), "install", "-q", "copier", "openapi-python-client"], shop.base)
    project = shop.fresh()
    for copies in SIZES:
        collection = _repeated(project.root / COLLECTION, shop.folder("ours") / "claims_desk", copies)
        program = [str(COMMAND.with_name("python")), "-c", RENDERING, str(collection)]
        files = copies * FILES
        template, document = _template(shop.folder("template"), files), _document(shop.folder("document"), files)
        others: dict[str, Callable[[Path], list[str]]] = {
            "copier": partial(_copier, venv, template),
            "openapi-python-client": partial(_client, venv, document),
        }
        for name, command in others.items():
            ours, theirs, counts = [], [], set()
            for _ in range(ROUNDS):
                to = shop.folder("made")
                began = time.perf_counter()
                written = int(run([*program, str(to)], project.root))
                ours.append((time.perf_counter() - began) / written * 1000)
                made = shop.folder("made") / "project"
                seconds = timed(command(made), shop.base)
                other = sum(path.is_file() for path in made.rglob("*"))
                theirs.append(seconds / other * 1000)
                counts |= {written, other}
                shop.say(f"{name}: ours {ours[-1]:.1f} ms a file of {written}, theirs {theirs[-1]:.1f} ms of {other}")
            title = f"generation, a file of {min(counts)} to {max(counts)}, beside {name}"
            yield Figure(title, "ms", tuple(ours), FIVE_TIMES_FASTER, tuple(theirs))
    shop.drop(project)


def _copier(venv: Path, template: Path, to: Path) -> list[str]:
    return [str(venv / "bin" / "copier"), "copy", "--defaults", "--quiet", str(template), str(to)]


def _client(venv: Path, document: Path, to: Path) -> list[str]:
    command = [str(venv / "bin" / "openapi-python-client"), "generate", "--path", str(document)]
    return [*command, "--meta", "none", "--output-path", str(to)]


def _repeated(source: Path, folder: Path, copies: int) -> Path:
    """The collection as files, each agent `copies` times under other names, wired to the agents of its copy."""
    shutil.copytree(source, folder)
    agents = [agent.id for agent in read_collection(Inputs.read(Project(source.parent), source)).agents]
    for number in range(1, copies):
        for file in source.glob("*.yaml"):
            # A second file of answers would take the first one's place; glue says the same.
            name = file.name.replace("answers", "more_glue")
            text = renamed(file.read_text(encoding="utf-8"), agents, f"copy{number}")
            (folder / f"copy{number}_{name}").write_text(text, encoding="utf-8")
    return folder


def _template(folder: Path, files: int) -> Path:
    """A copier template of as many files, each of some forty lines with values filled in."""
    (folder / "copier.yml").write_text("name: desk\nversion: '1.0'\n_subdirectory: files\n")
    (folder / "files").mkdir()
    body = "".join(
        f"def operation_{n}(value):\n    return ('{{{{ name }}}}', '{{{{ version }}}}', value)\n\n\n" for n in range(12)
    )
    for number in range(files):
        (folder / "files" / f"module_{number}.py.jinja").write_text(
            f'"""Part {number} of {{{{ name }}}}."""\n\n\n{body}'
        )
    return folder


def _document(folder: Path, files: int) -> Path:
    """An OpenAPI document from which about as many modules are made: one for each model, and for each operation."""
    half = files // 2
    fields = {f"field_{n}": {"type": "string" if n % 2 else "integer"} for n in range(6)}
    schemas: dict[str, Any] = {f"Record{n}": {"type": "object", "properties": fields} for n in range(half)}
    paths = {f"/records/{n}": {"post": _operation(n)} for n in range(half)}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "desk", "version": "1.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def _operation(number: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/Record{number}"}}}
    return {
        "operationId": f"make_{number}",
        "tags": ["records"],
        "requestBody": {"content": content},
        "responses": {"200": {"description": "made", "content": content}},
    }
