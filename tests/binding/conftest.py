"""A project with a collection of one file: one operation is bound, the others are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from l9stack.cli.main import main

AGENTS = """\
system: Desk
module: office
name: Desk
role: Looks after letters.
rootpath: L9/agents/desk
governance: {anchors: [Ada]}
memorytopology: {episodicmemory: {storagetype: postgres}}
cursorinstructions: {generatefiles: [controller.py, letters.py], generatedocs: [README.md]}
deployment: {endpoints: [POST /letters/weigh, POST /letters/file, POST /letters/answer, GET /health]}
"""
GLUE = """\
operations:
  desk.weigh:
    summary: Weigh a letter.
    module: letters.py
    request: {pages: {type: integer, minimum: 1, maximum: 90, example: 4}}
    response: {weight: {type: number, minimum: 0, maximum: 500, example: 18}}
  desk.file:
    summary: File a letter.
    module: letters.py
    request: {pages: {type: integer, minimum: 1, maximum: 90, example: 4}}
    response: {pages: {type: integer, minimum: 1, maximum: 90}}
    behaviour: {transform: {assign: {pages: pages}}}
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """The collection's file; its glue lies beside it, and the project around it."""
    (tmp_path / "Pulumi.yaml").write_text("name: office\n")
    (tmp_path / "office.glue.yaml").write_text(GLUE)
    (tmp_path / "office.yaml").write_text(AGENTS)
    return tmp_path / "office.yaml"


@pytest.fixture
def l9(office: Path) -> Callable[..., int]:
    """The command line, run in this process for that project and collection."""

    def run(command: str, *arguments: str) -> int:
        return main(["--project", str(office.parent), command, *arguments, "--collection", str(office)])

    return run
