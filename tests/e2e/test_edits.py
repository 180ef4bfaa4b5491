"""Inputs that are edited while `l9 extract`, `l9 preview` and `l9 up` run; `make chaos` does it at more moments."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from l9stack.engine import find
from tests.chaos.edits import COLLECTION, Edits
from tests.e2e.conftest import left_behind

pytestmark = pytest.mark.e2e
SCHEMA, GLUE = f"{COLLECTION}/desk.yaml", f"{COLLECTION}/glue.yaml"
FUNCTION = f"{COLLECTION}/implementations/office/letters.py"


@pytest.fixture(scope="module")
def edits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edits]:
    """A small collection that is deployed."""
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    root: Path = tmp_path_factory.mktemp("edits")
    found = Edits(root, random.Random(1), print)
    found.begin()
    yield found
    found.close()
    assert not left_behind(root)


@pytest.mark.parametrize(
    ("command", "file", "way", "after", "again"),
    [
        ("extract", SCHEMA, "delete", 0.2, 1),
        ("extract", FUNCTION, "write", "running the generated tests", 1),  # no gate holds with what it becomes
        ("preview", SCHEMA, "replace", 0.5, 0),
        ("up", GLUE, "write", "deploying stack", 0),
        ("up", FUNCTION, "replace", "deploying stack", 1),
    ],
)
def test_whatever_a_run_names_it_names_the_same_bytes(
    edits: Edits, command: str, file: str, way: str, after: float | str, again: int
) -> None:
    code, code_again = edits.moment(command, file, way, after)
    assert edits.wrong == []
    assert code_again == again
    if isinstance(after, str):
        assert code == 0, "what was read before the edit holds its gates"
