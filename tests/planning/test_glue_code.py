"""`schema_to_code`, its rules and its gates: what glue says of single files becomes operations, routes and rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from l9stack.errors import InputError, Place
from l9stack.extraction.prepare import plan_of, prepare
from l9stack.inputs import Inputs
from l9stack.model.glue import FieldSpec, FunctionSpec, Sentence
from l9stack.model.meta import GateThreshold
from l9stack.planning.quality import with_sentences
from l9stack.planning.signatures import shape_of
from l9stack.project import Project

ROOT = Path(__file__).resolve().parents[2]
HERE = Place("glue.yaml", 7, 3)
SCHEMA = """
system: Maths
module: maths
name: Maths
role: Evaluates.
rootpath: L9glued/maths
governance: {anchors: [Ann]}
cursorinstructions:
  generatefiles: [controller.py, config.py, core/evaluator.py, core/models.py]
  generatedocs: [ARCHITECTURE.md]
deployment: {endpoints: [GET /health, POST /evaluate]}
"""
GLUE = """
schema_to_code:
  settings: {target: config.py, fields: ["digits: int = 6", {name: 'str = "x"'}]}
  evaluator:
    target: core/evaluator.py
    requires: [numpy]
    lines: 10-20
    functions:
      - evaluate:
          signature: "async def evaluate(expr: str, variables: dict, digits: int = 6) -> Finding"
          docstring: Evaluate an expression.
          logic: With care.
      - simplify: {signature: "def simplify(expr: str) -> str"}
      - plot: {signature: "def plot(expr: str, width: int = 80) -> PlotResult"}
    models: [{Finding: {value: number, unit: {type: string, required: false}}}, Bare]
    endpoints: [POST /maths/simplify, GET /maths/health]
    validation_rules: [{rule: digits are bounded}]
  models: {target: core/models.py, models: [PlotRequest, PlotResult]}
enforcement: {security: [{rule: No raw eval() or exec() calls}], testing: [{rule: "Coverage >= 91%, pass rate >= 99%"}]}
quality_gates: [{gate: No circular imports}, {gate: Everybody is happy}]
"""


@pytest.fixture
def glued(tmp_path: Path) -> Path:
    (tmp_path / "maths").mkdir()
    (tmp_path / "maths" / "agents.yaml").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "maths" / "glue.yaml").write_text(GLUE, encoding="utf-8")
    return tmp_path / "maths"


def change(folder: Path, old: str, new: str) -> None:
    text = (folder / "glue.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "glue.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_a_signature_declares_counts_for_the_families_of_other_files(glued: Path) -> None:
    def family(text: str) -> str:
        (glued / "agents.yaml").write_text(text.replace("core/models.py]", "core/models.py, validator.py]"))
        modules = plan_of(Inputs.read(Project(ROOT), glued))[1].agent("maths").modules
        module = next(m for m in modules if m.path == "validator.py")
        return module.family

    assert family(SCHEMA) == "validator"
    change(glued, "async def evaluate(expr: str, variables: dict, digits: int = 6) -> Finding", "evaluate it")
    change(glued, "def simplify(expr: str) -> str", "simplify it")
    change(glued, "def plot(expr: str, width: int = 80) -> PlotResult", "plot it")
    assert family(SCHEMA) == "operations"


def test_each_part_of_a_mapping_reaches_plan_and_tree(glued: Path) -> None:
    prepared = prepare(Inputs.read(Project(ROOT), glued))
    agent = prepared.plan.agent("maths")
    evaluate = agent.operation("evaluate")
    assert [(f.name, f.type, f.required, f.default) for f in evaluate.request or ()] == [
        ("expr", "string", True, None),
        ("variables", "object", True, None),
        ("digits", "integer", False, 6),
    ]
    assert [(f.name, f.type, f.required) for f in evaluate.response or ()] == [
        ("value", "number", True),
        ("unit", "string", False),
    ]
    assert (evaluate.module, evaluate.summary, evaluate.logic) == (
        "core/evaluator.py",
        "Evaluate an expression.",
        "With care.",
    )
    simplify = agent.operation("simplify")
    assert [(route.method, route.path) for route in simplify.routes] == [("POST", "/maths/simplify")]
    assert [field.name for field in simplify.response or ()] == ["result"]
    texts = {artifact.path: artifact.text for artifact in prepared.tree.artifacts}
    code = texts["code/L9glued/maths/core/evaluator.py"]
    assert "class EvaluateRequest(Record)" in code
    assert "digits: int = 6" in code
    models = texts["code/L9glued/maths/core/models.py"]
    assert "class PlotRequest(Record):" in models
    assert "width: int = 80" in models
    assert "class PlotResult(Payload):" in models
    config = texts["code/L9glued/maths/config.py"]
    assert "digits: int = 6" in config
    assert 'name: str = "x"' in config
    assert "/maths/health" in texts["manifests/maths.json"]
    assert "digits are bounded" in texts["docs/maths/ARCHITECTURE.md"]
    rows = {row.gate: row.threshold for row in prepared.plan.gates}
    assert (rows["coverage"], rows["unit_tests"], rows["no_eval_or_exec"]) == (91, 99, 0)
    told = {note.code: note for note in (*prepared.collection.notes, *prepared.plan.notes)}
    assert "Everybody is happy" in told["unmeasured-rule"].message
    assert "lines" in told["not-read"].message


@pytest.mark.parametrize(
    ("old", "new", "code", "hint"),
    [
        ('signature: "def simplify', 'signatur: "def simplify', "unknown-field", "`signature`"),
        ("def simplify(expr: str)", "def simplify(expr str)", "bad-signature", "def name"),
        ("def simplify(", "def simplified(", "bad-signature", "same name"),
        ("requires:", "require:", "unknown-field", "`requires`"),
        ("POST /maths/simplify", "PUSH /maths/simplify", "bad-endpoint", "POST /path"),
        ("value: number", "value: numbr", "bad-type", "number"),
        ("[PlotRequest, PlotResult]", "[PlotRequest, plot result]", "bad-model", "CapWords"),
        ('digits: int = 6"', 'digits: whole = 6"', "bad-field", "types are"),
        ("quality_gates", "quality_gate", "unknown-field", "`quality_gates`"),
        ("target: config.py", "target: core/evaluator.py", "two-mappings", "join"),
    ],
)
def test_a_slip_in_glue_is_told(glued: Path, old: str, new: str, code: str, hint: str) -> None:
    change(glued, old, new)
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), glued))
    told = [problem for problem in caught.value.problems if problem.code == code]
    assert told, caught.value
    assert hint in told[0].hint
    assert told[0].place is not None
    assert told[0].place.file == "glue.yaml"


def test_a_target_that_nobody_lists_names_the_nearest(glued: Path) -> None:
    change(glued, "target: core/evaluator.py", "target: core/evaluater.py")
    _, plan = plan_of(Inputs.read(Project(ROOT), glued))
    [note] = [note for note in plan.notes if note.code == "unused-mapping"]
    assert "core/evaluator.py" in note.hint


TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "dict": "object",
    "Dict[str, Any]": "object",
    "List[str]": "strings",
    "list[int]": "any",
    "Any": "any",
    "Callable": "any",
}


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.sampled_from(sorted(TYPES)), st.booleans()), max_size=8)
)
def test_every_parameter_of_a_signature_is_a_field_of_its_type(parameters: dict[str, tuple[str, bool]]) -> None:
    # Parameters with a default stand behind those without one.
    ordered = sorted(parameters.items(), key=lambda item: item[1][1])
    text = ", ".join(f"{name}: {kind}" + (" = None" if optional else "") for name, (kind, optional) in ordered)
    problems: list = []
    shape = shape_of(FunctionSpec(name="f", signature=f"def f({text}) -> bool"), {}, problems)
    assert problems == []
    assert [(f.name, f.type, f.required) for f in shape.request or ()] == [
        (name, TYPES[kind], not optional) for name, (kind, optional) in ordered
    ]
    assert [(f.name, f.type) for f in shape.response or ()] == [("result", "boolean")]


@given(st.text(max_size=60))
def test_no_text_of_a_signature_is_run_or_breaks_the_reader(text: str) -> None:
    shape_of(FunctionSpec(name="f", signature=text, place=HERE), {}, [])


def test_a_parameter_that_is_a_model_is_its_fields() -> None:
    fields = (FieldSpec(name="amount", type="number"),)
    shape = shape_of(FunctionSpec(name="f", signature="def f(claim: Claim) -> Optional[Claim]"), {"Claim": fields}, [])
    assert shape.request == fields


@pytest.mark.parametrize(
    ("sentence", "gates"),
    [
        ("No TO" + "DOs in generated code", {"no_placeholders": 0}),
        ("All imports resolvable", {"imports_resolve": 0}),
        ("All tests passing >= 97%", {"unit_tests": 97, "integration_tests": 97}),
        ("All tests passing >= 20%", {"unit_tests": 95, "integration_tests": 20}),
        ("Code coverage >= 85%", {"coverage": 85}),
        ("All governance anchors reachable", {"anchors_named": 1}),
        ("All Redis operations go through memory_manager", {"redis_through_memory": 0}),
        ("The weather is fine", {}),
    ],
)
def test_a_sentence_asks_for_gates_and_never_for_less(sentence: str, gates: dict[str, float]) -> None:
    row = GateThreshold(gate="unit_tests", phase=4, threshold=95, unit="percent", place=HERE)
    notes: list = []
    found = with_sentences([row], [Sentence(text=sentence, place=HERE)], notes)
    assert {item.gate: item.threshold for item in found} == {"unit_tests": 95, **gates}
    assert bool(notes) == (not gates)
