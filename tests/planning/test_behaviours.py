"""Declared behaviours are checked before anything is rendered, and each mistake is told at its own place."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from l9stack.errors import InputError
from l9stack.extraction.prepare import plan_of
from l9stack.inputs import Inputs
from l9stack.model.glue import FieldSpec
from l9stack.planning.expression_types import kind_of, mismatches
from l9stack.planning.expressions import ExpressionError, parse
from l9stack.project import Project
from l9stack.rendering.code.behaviours import source

AGENT = """\
system: {name}
module: m
name: {name}
role: Works.
rootpath: L9/agents/{name}
governance: {{anchors: [Ada]}}
memorytopology: {memory}
cursorinstructions: {{generatefiles: [controller.py], generatedocs: []}}
deployment: {{endpoints: [GET /health]}}
"""
OPERATIONS = """\
operations:
  desk.other:
    request: {amount: number}
    response: {total: number}
    behaviour: {transform: {assign: {total: amount}}}
  desk.it:
    request: {amount: number, label: string, marks: strings, fine: boolean}
    response: RESPONSE
    behaviour:
      BEHAVIOUR
"""


def problems(folder: Path, behaviour: str, response: str, memory: str) -> list[str]:
    (folder / "agents.yaml").write_text(AGENT.format(name="desk", memory=memory))
    (folder / "glue.yaml").write_text(OPERATIONS.replace("RESPONSE", response).replace("BEHAVIOUR", behaviour))
    try:
        plan_of(Inputs.read(Project(folder), folder))
    except InputError as error:
        return [
            f"{p.place.line}:{p.place.column} {p.code}: {p.message.removeprefix('operations.desk.it: ')} ({p.hint})"
            for p in error.problems
        ]
    return []


TOTAL = "{total: number}"
EPISODIC = "{episodicmemory: postgres}"


@pytest.mark.parametrize(
    ("behaviour", "response", "told"),
    [
        ("transform: {assign: {totel: amount}}", TOTAL, "`totel` is no field here (did you mean `total`?)"),
        ("transform: {assign: {total: amuont}}", TOTAL, "10:35 unknown-field: `amuont` is no field here (did you mean"),
        ("transform: {assign: {total: label}}", TOTAL, "10:35 wrong-type: `total` is a field of type number, and gets"),
        ("transform: {assign: {total: amount + label}}", TOTAL, "column 1: a number and a text cannot be put together"),
        ("transform: {assign: {total: 2 * (amount +)}}", TOTAL, "10:35 bad-expression: '2 * (amount +)', column 14"),
        ("transform: {assign: {total: amount ** 2}}", TOTAL, "column 1: `amount ** 2` is not allowed"),
        ("transform: {assign: {total: 'amount + len(amount)'}}", TOTAL, "column 10: a number has no length"),
        ("transform: {assign: {total: round()}}", TOTAL, "bad-expression"),
        ("transform: {assign: {total: 'min(amount)'}}", TOTAL, "column 1: min takes two arguments or more"),
        ("transform: {assign: {name: 'label % amount'}}", "{name: string}", "`%` takes two numbers, not a text and a"),
        ("transform: {assign: {name: label * 9}}", "{name: string}", "cannot be put together by `*`"),
        ("transform: {assign: {}}", TOTAL, "missing-field: assign: the response field `total` gets no value"),
        (
            "decision_table: {rows: [{when: amount, then: {total: 1}}], otherwise: {total: 0}}",
            TOTAL,
            "10:38 wrong-type: 'amount' is no condition (compare it, as `amount > 0`)",
        ),
        (
            "decision_table: {rows: [{when: label > 3, then: {total: 1}}], otherwise: {total: 0}}",
            TOTAL,
            "column 1: a text and an integer have no order",
        ),
        (
            "decision_table: {rows: [{when: fine, then: {total: much}}], otherwise: {total: 0}}",
            TOTAL,
            "10:58 bad-value: `total`: 'much' is no number",
        ),
        (
            "decision_table: {rows: [{when: fine, then: {total: =label}}], otherwise: {}}",
            TOTAL,
            "otherwise: the response field `total` gets no value",
        ),
        ("decision_table: {rows: [], otherwise: {total: 0}}", TOTAL, "bad-behaviour"),
        ("query_memory: {match: [amuont]}", "{count: integer}", "`amuont` is no field here (did you mean `amount`?)"),
        ("query_memory: {match: []}", "{count: integer}", "bad-behaviour"),
        ("query_memory: {match: [label], limit: 0}", "{count: integer}", "10:45 bad-behaviour"),
        ("query_memory: {match: [label]}", "{cuont: integer}", "`cuont` is no field here (did you mean `count`?)"),
        ("query_memory: {match: [label]}", "{count: boolean}", "`count` is a field of type boolean, and gets an integ"),
        ("check_policy", "{verdict: string}", "`verdict` is no field here (fields: anchors, fired, status)"),
        ("echo", "{amount: number}", "the response has no field `fine`, which is in the answer"),
        ("record: {assign: {}}", "{record_id: integer}", "`record_id` is a field of type integer, and gets a text"),
        ("route: {to: desk.othre, assign: {total: answer.total}}", TOTAL, "10:19 unknown-operation: route.to"),
        ("route: {to: desk.other, assign: {total: answer.total}}", TOTAL, "desk.other requires `amount`"),
        (
            "route: {to: desk.other, send: {amount: label}, assign: {total: answer.total}}",
            TOTAL,
            "10:46 wrong-type: `amount` is a field of type number, and gets a text",
        ),
        (
            "route: {to: desk.other, send: {amount: amount}, assign: {total: answer.totel}}",
            TOTAL,
            "`answer.totel` is no field here (did you mean `answer.total`?)",
        ),
        ("dream: {}", TOTAL, "bad-behaviour"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, behaviour: str, response: str, told: str):
    found = problems(tmp_path, behaviour, response, EPISODIC)
    assert any(told in problem for problem in found), found


@pytest.mark.parametrize(
    ("behaviour", "response"),
    [("record", "{record_id: string}"), ("query_memory: {match: [label]}", "{count: integer}")],
)
def test_what_needs_memory_is_told_to_an_agent_without(tmp_path: Path, behaviour: str, response: str):
    assert problems(tmp_path, behaviour, response, EPISODIC) == []
    assert any("no-memory" in problem for problem in problems(tmp_path, behaviour, response, "{}"))


FIELDS = {
    "n": FieldSpec(name="n", type="number"),
    "i": FieldSpec(name="i", type="integer"),
    "s": FieldSpec(name="s", type="string"),
    "b": FieldSpec(name="b", type="boolean"),
    "l": FieldSpec(name="l", type="strings"),
}
ATOM = st.sampled_from(["n", "i", "s", "b", "l", "1", "0", "2.5", "'x'", "true", "null", "['x', 's']"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(["+", "-", "*", "/", "%", "<", "<=", "==", "!=", "in", "not in", "and", "or"])
    call = st.sampled_from(["len", "lower", "abs", "round"])
    return st.one_of(
        st.builds("({} {} {})".format, inner, binary, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}({})".format, call, inner),
        st.builds("max({}, {})".format, inner, inner),
    )


@settings(max_examples=400, deadline=None)
@given(
    st.recursive(ATOM, grown, max_leaves=6),
    st.integers(-3, 3),
    st.sampled_from([-1.5, 0.0, 2.0]),
    st.sampled_from(["", "x", "%d"]),
    st.booleans(),
    st.sampled_from([[], ["x"], ["x", "s"]]),
)
def test_what_is_worked_out_is_what_the_printed_code_gives(text, i, n, s, b, listed):
    try:
        expression = parse(text)
    except ExpressionError:
        return
    values = {"n": n, "i": i, "s": s, "b": b, "l": listed}

    class Request:
        pass

    for name, value in values.items():
        setattr(Request, name, value)

    def outcome(work):
        try:
            return work()
        except Exception as error:
            return type(error)

    worked_out = outcome(lambda: expression.evaluate(values))
    printed = outcome(lambda: eval(source(expression), {"request": Request}))
    assert (type(worked_out), worked_out) == (type(printed), printed)
    nodes = [node for node in ast.walk(expression.tree) if isinstance(node, ast.expr) and not is_function(node)]
    known = all(kind_of(node, FIELDS, absent=True) not in ("unknown", "null") for node in nodes)
    if known and isinstance(worked_out, type) and issubclass(worked_out, TypeError | AttributeError):
        assert list(mismatches(expression.tree, FIELDS)), text


def is_function(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id not in FIELDS


def test_problems_of_planning_come_by_their_places(tmp_path):
    agent = AGENT.format(name="desk", memory="{}").replace("[controller.py]", "[controller.py], linkexisting: [no.py]")
    (tmp_path / "agents.yaml").write_text(agent + "depends_on: {hard: [Nobody]}\n")
    late = "  desk.it: {behaviour: {transform: {assign: {total: depth}}}, response: {total: number}}\n"
    (tmp_path / "glue.yaml").write_text(f"settings: {{limits.rates: 3}}\nwirings: []\noperations:\n{late}")
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(tmp_path), tmp_path))
    places = [problem.place for problem in caught.value.problems]
    assert {place.file for place in places} == {"agents.yaml", "glue.yaml"}
    assert len(places) >= 3
    assert places == sorted(places)
