"""The table of glue's words is what the readers do: each word that acts reaches the model, and no other one does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from l9stack.errors import Problem
from l9stack.model.glue import Answers, Glue
from l9stack.reading.documents import parse
from l9stack.reading.glue import read_answers, read_glue
from l9stack.reading.glue_page import glue_page
from l9stack.reading.glue_words import ANSWERS, GLUE, NAMED_BY
from l9stack.reading.word import Word

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glue.md"
KEPT = ("import_path",)
"""Words that describe, and are kept in the model all the same."""
NAMES = {"AGENT.OPERATION": "intake.submit", "FIELD": "amount", "NAME": "Named"}
VALUES = {
    "behaviour": "echo",
    "choices": ["a", "b"],
    "connection_type": "packet_send",
    "endpoints": ["POST /x"],
    "fields": ["digits: int = 6"],
    "implementation": "implementations.desk:submit",
    "max_length": 40,
    "maximum": 7,
    "required": False,
    "reusable": True,
    "type": "integer",
}
"""What a word of that name may hold, where its kind alone does not say it."""
Steps = tuple[Any, ...]


def sample(word: Word) -> Any:
    """A value that is not what is taken where the word is absent."""
    if word.name in VALUES:
        return VALUES[word.name]
    if word.kind == "mapping":
        return {"governance.mode": "hybrid"}
    return {"text": "some text", "texts": ["one"], "number": 1, "count": 2}.get(word.kind, "any")


def words(word: Word, base: Any, path: Steps = ()) -> Iterator[tuple[Steps, Word, Any]]:
    """Every word below that has no parts, at every path, with the least that has to stand beside it."""
    for part in word.fields:
        if part.fields or part.each:
            yield from words(part, base, (*path, part.name))
        else:
            yield (*path, part.name), part, base
    if word.each:
        below = word.each
        named = 0 if below.name == "[]" else NAMES[below.name]
        # Functions and models are lists of mappings by name.
        steps = (0, named) if word.kind == "list" and named else (named,)
        needed = {one.name: sample(one) for one in below.fields if one.required}
        yield from words(below, [*base, ((*path, *steps), needed)], (*path, *steps))


def placed(tree: dict[str, Any], path: Steps, value: Any) -> None:
    """Put a value at a path of names and of numbers, which are those of a list with one entry."""
    node: Any = tree
    for step, after in pairwise(path):
        node = node[0] if step == 0 else node.setdefault(step, [{}] if after == 0 else {})
    node[path[-1]] = value


def read(kind: str, tree: dict[str, Any]) -> tuple[Glue | Answers, list[Problem]]:
    (document,), syntax = parse(yaml.safe_dump(tree, sort_keys=False), "file")
    assert not syntax
    problems: list[Problem] = []
    return (read_glue if kind == "glue" else read_answers)(document.root, "file", problems), problems


def unplaced(value: Any) -> Any:
    """A model's data without the places in a file."""
    if isinstance(value, dict):
        return {key: unplaced(item) for key, item in value.items() if key not in ("place", "places", "settings_places")}
    return [unplaced(item) for item in value] if isinstance(value, list | tuple) else value


CASES = [
    (kind, *found)
    for kind, table in (("glue", GLUE), ("answers", ANSWERS))
    for found in words(table, [])
    if not found[1].required  # what has to be there is held by the schemas' tests
]


@pytest.mark.parametrize(
    ("kind", "path", "word", "base"), CASES, ids=[".".join(map(str, path)) for _, path, *_ in CASES]
)
def test_a_word_that_acts_reaches_the_model_and_one_that_describes_does_not(kind, path, word, base):
    tree: dict[str, Any] = {}
    for above, needed in base:
        placed(tree, above, dict(needed))
    for connection, name in NAMED_BY.items():
        if word.name == name:
            placed(tree, (*path[:-1], "connection_type"), connection.value)
    if word.name in ("rule", "gate"):  # a sentence is of one of them
        placed(tree, path[:-1], {})
    without, problems = read(kind, tree)
    assert not [problem for problem in problems if problem.level == "error"]
    placed(tree, path, sample(word))
    having, problems = read(kind, tree)
    assert not [problem for problem in problems if problem.level == "error"], problems
    changed = unplaced(without.model_dump()) != unplaced(having.model_dump())
    assert changed == (not word.descriptive or word.name in KEPT)


def test_the_cases_are_all_words_that_have_no_parts():
    names = {word.name for _, _, word, _ in CASES}
    assert {"import_path", "signature", "rule", "redis", "max_retries", "criticality", "choices"} <= names
    assert len(CASES) > 90


@pytest.mark.parametrize("name", ["Import Path", "importPath", "IMPORT-PATH"])
def test_a_word_is_read_in_every_spelling_and_noted(name: str):
    wiring = {"from_agent": "a", "to_agent": "b", "connection_type": "api_call", name: "x/y"}
    found, problems = read("glue", {"wirings": [wiring]})
    assert isinstance(found, Glue)
    assert found.wirings[0].import_path == "x/y"
    assert [problem.code for problem in problems] == ["alias"]


def test_the_page_is_made_from_the_table(regen: bool):
    page = glue_page()
    if regen:
        PAGE.write_text(page, encoding="utf-8")
    assert page == PAGE.read_text(encoding="utf-8")
    missing = {word.name for _, _, word, _ in CASES if f"| `{word.name}` |" not in page}
    assert not missing
