"""Whatever bytes come, reading gives a collection, or problems that can be found in the file, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st

from l9stack.errors import InputError, Problem
from l9stack.inputs import Inputs
from l9stack.inputs.limits import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.documents import MAX_DOCUMENTS, parse, scalar

ROOT = Path(__file__).resolve().parents[2]
SEEDS = [
    *sorted((ROOT / "input_schemas" / "claims_desk").glob("*.yaml")),
    *sorted(path for path in (Path(__file__).parent / "cases").glob("*/*") if path.suffix in (".yaml", ".md")),
]
# Where YAML 1.1, which the writer follows, and the core schema differ (`0E0`), text is read as a number: left out here.
PRINTABLE = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
TEXTS = st.text(PRINTABLE, max_size=20).filter(lambda text: not isinstance(scalar(text), float | bool))
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(PRINTABLE, min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
WORDS = ("- ", "| ", "> ", "? ", "&a ", "*a", "!!x ", "---\n", "...\n", "```\n", "```yaml\n", "~~~", "1e999", "null")
INSERTED = st.sampled_from(
    [*":-\t\r\n[{}'\"#%~\\\0\x85\u2028\ufeffé\U0001f600", *WORDS, "../", "[x]", "TTL=", " " * 40, "[" * 70]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real file after some accidents: cut, lines doubled, swapped or indented, characters put in or taken out."""
    text = draw(st.sampled_from(SEEDS)).read_text(encoding="utf-8", errors="replace")
    for _ in range(draw(st.integers(1, 5))):
        lines = text.split("\n")
        here, there = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["cut", "drop", "double", "swap", "indent", "insert", "take"])):
            case "cut":
                text = text[:at]
            case "drop":
                text = "\n".join(lines[:here] + lines[here + 1 :])
            case "double":
                text = "\n".join([*lines[:here], lines[there], *lines[here:]])
            case "swap":
                lines[here], lines[there] = lines[there], lines[here]
                text = "\n".join(lines)
            case "indent":
                lines[here] = " " * draw(st.integers(1, 4)) + lines[here]
                text = "\n".join(lines)
            case "insert":
                text = text[:at] + draw(INSERTED) + text[at:]
            case "take":
                text = text[:at] + text[at + draw(st.integers(1, 30)) :]
    return text


def read(path: Path) -> tuple[Problem, ...]:
    """What is said of a file, whether it is a collection or not."""
    try:
        return read_collection(Inputs.read(Project(path.parent), path)).notes
    except InputError as error:
        assert any(problem.level == "error" for problem in error.problems)
        return error.problems


def check(path: Path, raw: bytes) -> None:
    """Read a file, and look each problem up in it."""
    path.write_bytes(raw)
    lines = re.split("\r\n|\r|\n", raw.decode("utf-8-sig", errors="replace"))
    for problem in read(path):
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", problem.code)
        assert problem.message.strip()
        assert problem.place is not None
        assert problem.place.file == path.name
        assert 1 <= problem.place.line <= len(lines), problem
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1, problem


@given(raw=st.binary(max_size=300), name=st.sampled_from(["any.yaml", "any.md"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(tmp_path, raw, name):
    check(tmp_path / name, raw)


@given(text=st.text(max_size=300), name=st.sampled_from(["any.yaml", "any.md"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text(tmp_path, text, name):
    check(tmp_path / name, text.encode())


@given(text=mutated(), name=st.sampled_from(["any.yaml", "any.md"]))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_real_files_after_accidents(tmp_path, text, name):
    check(tmp_path / name, text.encode())


@given(TREES)
@settings(max_examples=200, deadline=None)
def test_what_yaml_writes_is_read_back(tree):
    text = yaml.safe_dump({"tree": tree}, allow_unicode=False)
    documents, problems = parse(text, "any.yaml")
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
        return
    assert problems == []
    assert documents[0].root.plain() == {"tree": tree}


@given(st.lists(TREES.map(lambda tree: {"tree": tree}), max_size=6))
@settings(max_examples=100, deadline=None)
def test_documents_are_cut_apart_where_yaml_does(trees):
    text = yaml.safe_dump_all(trees, explicit_start=True, allow_unicode=False)
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
        return
    documents, problems = parse(text, "any.yaml")
    assert problems == []
    assert [document.root.plain() for document in documents] == trees


AGENT = (
    "system: A\nmodule: a\nname: A{0}\nrole: r\nrootpath: L9/a{0}\ngovernance: {{anchors: [x]}}\n"
    "cursorinstructions: {{generatefiles: [a.py]}}\ndeployment: {{endpoints: [/x]}}\n"
)
ALIASES = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))]
BOMBS = {
    "aliases": ("\n".join(ALIASES), "alias"),
    "lists": ("[" * 100_000, "too-deep"),
    "mappings": ("{a: " * 5_000, "too-deep"),
    "dashes": ("- " * 50_000, "too-deep"),
    "questions": ("? " * 10_000, "key-not-text"),
    "long": ("x" * (2 << 20), "too-large"),
    "file": ("# x\n" * (3 << 20), "too-large"),
    "items": ("- a\n" * (MAX_VALUES + 1), "too-many-values"),
    "keys": ("".join(f"k{n}: v\n" for n in range(MAX_VALUES)), "too-many-values"),
    "documents": ("---\na: b\n" * (MAX_DOCUMENTS + 1), "too-many-documents"),
    "a key": (f"? {'k' * 100_000}\n: v\n", "key-too-long"),
    "blanks": (f"{AGENT.format(1)}memorytopology: {{workingmemory: 'TTL{' ' * 500_000}5'}}\n", "unknown-storage"),
    "policy": (AGENT.format(1).replace("[x]", f"[x], escalationpolicy: '{'a and ' * 100_000}'"), "too-long"),
    "clauses": (AGENT.format(1).replace("[x]", f"[x], escalationpolicy: '{'a, ' * 5_000}'"), "too-long"),
    "entries": (f"{AGENT.format(1)}depends_on: {{hard: [{'a, ' * 20_000}]}}\n", "too-many-items"),
    "a name": (AGENT.format(1).replace("name: A1", f"name: {'A' * 500_000}"), "too-long"),
    "a path": (AGENT.format(1).replace("L9/a1", "L9/" * 100_000), "too-long"),
    "an endpoint": (AGENT.format(1).replace("/x", "/x" * 200_000), "too-long"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_is_too_much_is_refused(tmp_path, bomb):
    text, code = BOMBS[bomb]
    path = tmp_path / "bomb.yaml"
    path.write_text(text)
    found = [problem for problem in read(path) if problem.level == "error"]
    assert code in {problem.code for problem in found}
    assert all(len(problem.message) < 1_000 for problem in found)


def test_too_many_blocks_are_refused(tmp_path):
    (tmp_path / "bomb.md").write_text("```yaml\na: b\n```\n" * 20_000)
    assert [problem.code for problem in read(tmp_path / "bomb.md") if problem.level == "error"] == ["too-many-blocks"]


def test_many_unknown_keys_and_many_agents_are_read(tmp_path):
    many = "".join(f"governanse{n}: v\n" for n in range(MAX_VALUES // 4))
    (tmp_path / "keys.yaml").write_text(AGENT.format(1) + many)
    assert len(read_collection(Inputs.read(Project(tmp_path), tmp_path / "keys.yaml")).agents) == 1
    (tmp_path / "agents.yaml").write_text("---\n".join(AGENT.format(n) for n in range(300)))
    assert len(read_collection(Inputs.read(Project(tmp_path), tmp_path / "agents.yaml")).agents) == 300


def test_depth_and_size_are_counted_exactly():
    allowed = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse(allowed, "deep.yaml")[1] == []
    assert parse(f"[{allowed}]", "deep.yaml")[1][0].code == "too-deep"
    assert parse("x" * MAX_BYTES, "long.yaml")[1] == []
    assert parse("x" * (MAX_BYTES + 1), "long.yaml")[1][0].code == "too-large"
