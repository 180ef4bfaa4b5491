"""What the golden cases have to show between them: nothing that is generated or said may be without a small case.

A case of a new behaviour, memory layer, mode or document is called after it.
"""

from typing import get_args

import pytest

from l9stack.inputs.names import templates_folder
from l9stack.model.agent import MemoryKind
from l9stack.model.glue import Behaviour, ConnectionType
from l9stack.reading.vocabulary import MODES
from tests.golden.case import HERE, PROBLEMS, REPOSITORY, small_cases
from tests.golden.codes import codes_in, raised

SMALL = small_cases()
MOST_INPUT, MOST_EXPECTED = 60, 160
"""Lines of a case that a reviewer reads in one go."""
_LONG = "tests/reading/test_properties.py"
_STACK = "tests/cli/test_stacks.py"
ELSEWHERE = {
    "bad-limit": ("tests/hostile/test_refusals.py", "a variable of the environment says it"),
    "inputs-changing": ("tests/inputs/test_inputs.py", "somebody writes while it is read"),
    "key-too-long": (_LONG, "nobody reads a thousand characters"),
    "link-outside": ("tests/reading/test_files.py", "of a link that leads out of the folder"),
    "no-meta-template": ("tests/reading/test_meta.py", "a case has all four files"),
    "no-meta-templates": ("tests/reading/test_meta.py", "a case has the folder"),
    "no-plain-file": ("tests/binding/test_import.py", "of a link"),
    "no-stack": (_STACK, "of a stack's file, which no collection has"),
    "stack-file": (_STACK, "of a stack's file, which no collection has"),
    "too-large": (_LONG, "of a megabyte"),
    "too-long": (_LONG, "of thousands of characters"),
    "too-many-agents": ("tests/reading/test_limits.py", "of a thousand agents"),
    "too-many-blocks": (_LONG, "of a thousand blocks"),
    "too-many-documents": (_LONG, "of a thousand documents"),
    "too-many-files": ("tests/reading/test_limits.py", "of hundreds of files"),
    "too-many-items": (_LONG, "of a thousand entries"),
    "too-many-values": (_LONG, "of fifty thousand values"),
    "unread-key": (_STACK, "of a stack's file, which no collection has"),
    "unreadable": ("tests/reading/test_files.py", "of a link to nothing"),
}
"""Codes without a golden case: the test that has them instead, and why."""


def topics() -> set[str]:
    """What there has to be a case of, by the case's name; families ask for theirs in tests/rendering."""
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Behaviour)[0])}
    pages = {path.name.removesuffix(".md.j2") for path in (templates_folder() / "docs").glob("*.md.j2")}
    return {
        *(f"behaviour_{kind}" for kind in kinds),
        *(f"memory_{kind.value}" for kind in MemoryKind),
        *(f"governance_{mode}" for mode in MODES),
        *(f"wiring_{kind.value}" for kind in ConnectionType),
        *(f"document_{page}" for page in pages - {"readme", "part"}),  # the whole tree shows one; a part is of others
    }


def test_every_topic_has_a_case():
    assert topics() <= {case.folder.name for case in SMALL}


def test_one_tree_is_shown_whole_with_the_only_dashboards():
    shown = {path.relative_to(HERE).as_posix() for path in HERE.rglob("expected/code/**/*.json")}
    assert shown == {
        "minimal/expected/code/L9/monitoring/input/agents/echo.json",
        "minimal/expected/code/L9/monitoring/input/overview.json",
    }
    assert len((HERE / "minimal" / "digests.txt").read_text().splitlines()) == 1


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_a_case_is_small_enough_to_read(case):
    sizes = {True: 0, False: 0}
    for path in case.folder.rglob("*"):
        if path.is_file() and path.name != "digests.txt":
            sizes["expected" in path.parts] += path.read_bytes().count(b"\n")
    assert sizes[False] <= MOST_INPUT
    assert sizes[True] <= MOST_EXPECTED


def test_every_problem_is_shown_by_a_case_or_has_a_test_of_its_own():
    texts = [*HERE.glob(f"*/*/expected/{PROBLEMS}"), *(HERE.parent / "reading" / "cases").glob("*/expected.txt")]
    shown = {code for text in texts for code in codes_in(text.read_text())}
    known = raised()
    assert shown <= known.keys(), "the codes are read from the source, and one of them was not found there"
    assert known.keys() - shown == ELSEWHERE.keys()
    for code, (test, _) in ELSEWHERE.items():
        assert code in (REPOSITORY / test).read_text(), f"{test} says nothing of {code}"


def test_a_problem_is_called_after_its_code():
    for case in SMALL:
        if case.is_problem:
            shown = codes_in((case.folder / "expected" / PROBLEMS).read_text())
            assert any(case.folder.name.startswith(code.replace("-", "_")) for code in shown), case.name
