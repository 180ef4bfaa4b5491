"""Whatever text comes, reading gives documents or problems, quickly, and never anything else."""

import time

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from l9stack.errors import InputError
from l9stack.reading.collection import read_collection
from l9stack.reading.documents import MAX_DEPTH, parse, scalar

# Where YAML 1.1, which the writer follows, and the core schema differ (`0E0`), text is read as a number: left out here.
TEXTS = st.text(max_size=20).filter(lambda text: not isinstance(scalar(text), float | bool))
SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_documents_or_problems(text):
    documents, problems = parse(text, "any.yaml")
    assert not (documents and problems)
    for problem in problems:
        assert problem.place is not None
        assert problem.message


@given(TREES)
@settings(max_examples=200, deadline=None)
def test_what_yaml_writes_is_read_back(tree):
    text = yaml.safe_dump({"tree": tree}, allow_unicode=False)
    documents, problems = parse(text, "any.yaml")
    if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
        return
    assert problems == []
    assert documents[0].root.plain() == {"tree": tree}


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_a_collection_of_any_text_is_refused_with_problems(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read_collection(path)
    except InputError as error:
        assert error.problems


def test_bombs_are_refused_in_under_a_second():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    hostile = ["\n".join(lines), "[" * 100_000, "{a: " * 5_000, "- " * 50_000, "x" * (2 << 20), "? " * 10_000]
    for text in hostile:
        began = time.monotonic()
        documents, problems = parse(text, "bomb.yaml")
        assert time.monotonic() - began < 1
        assert not documents
        assert len(problems) == 1


def test_depth_is_counted_exactly():
    allowed = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse(allowed, "deep.yaml")[1] == []
    assert parse(f"[{allowed}]", "deep.yaml")[1][0].code == "too-deep"
