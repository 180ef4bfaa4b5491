from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from l9stack.errors import GateError, InputError
from l9stack.files import write_files
from l9stack.gates.baseline import baseline
from l9stack.gates.cycles import cycles
from l9stack.gates.evaluation import problems, require, stop_reasons
from l9stack.gates.locked_plan import locked_plan
from l9stack.gates.registry import BASELINE_GATES, TEST_GATES, known_gates, rows_of
from l9stack.gates.static import static_checks
from l9stack.inputs.read import meta_templates
from l9stack.model.evidence import GateResult, ServerVersion
from l9stack.model.plan import Edge, EdgeKind, Plan
from tests.gates import handmade
from tests.gates.handmade import DESK, POST

DESK_INTAKE = "code/L9/desk/intake.py"
GOOD = handmade.files(DESK)[DESK_INTAKE]


def measured(folder: Path, changes: dict[str, str | None], plan: Plan | None = None) -> tuple[GateResult, ...]:
    tree = handmade.tree(changes)
    write_files(folder, ((a.path, a.text.encode()) for a in tree.artifacts))
    return static_checks(plan or handmade.plan(), tree, folder)


def failed(results: tuple[GateResult, ...]) -> dict[tuple[str, str | None], GateResult]:
    return {(result.gate, result.agent): result for result in results if not result.passed}


def test_every_gate_holds_for_a_good_tree(tmp_path: Path) -> None:
    results = measured(tmp_path, {})
    assert failed(results) == {}
    elsewhere = {*TEST_GATES, *BASELINE_GATES}
    assert {result.gate for result in results} == {row.gate for row in rows_of(handmade.plan())} - elsewhere
    assert {result.agent for result in results if result.gate == "docstrings"} == {DESK, POST}


def manifest_with(**changes: Any) -> dict[str, str | None]:
    return {"manifests/desk.json": json.dumps(handmade.manifest(DESK) | changes)}


def governed(**changes: Any) -> dict[str, str | None]:
    return manifest_with(governance=handmade.manifest(DESK)["governance"] | changes)


# One broken tree for each gate: (gate, figure, place in the tree or input, what is changed)
BROKEN: dict[str, tuple[str, float, str, dict[str, str | None]]] = {
    "file left out": ("files_complete", 0, "office.yaml:3", {"code/L9/desk/rates.py": None}),
    "empty doc": ("files_complete", 0, "office.yaml:3", {"docs/desk/README.md": " \n"}),
    "no manifest": ("files_complete", 0, "office.yaml:3", {"manifests/desk.json": None}),
    "plan not carried out": ("plan_locked", 0, "office.yaml:3", {"code/L9/desk/rates.py": None}),
    "syntax": ("syntax", 1, f"{DESK_INTAKE}:2", {DESK_INTAKE: '"""Doc."""\ndef (:\n'}),
    "todo": (
        "no_placeholders",
        1,
        "code/L9/desk/rates.py:2",
        {"code/L9/desk/rates.py": '"""D."""\n# TO' + "DO: price\n"},
    ),
    "fixme in docs": ("no_placeholders", 1, "docs/desk/README.md:3", {"docs/desk/README.md": "# Desk\n\nFIX" + "ME\n"}),
    "pass": (
        "no_stub_bodies",
        1,
        "code/L9/desk/rates.py:4",
        {"code/L9/desk/rates.py": '"""D."""\n\n\ndef a() -> None:\n    """D."""\n    pass\n'},
    ),
    "ellipsis": (
        "no_stub_bodies",
        1,
        "code/L9/desk/rates.py:4",
        {"code/L9/desk/rates.py": '"""D."""\n\n\ndef a() -> None:\n    ...\n'},
    ),
    "docstring only": (
        "no_stub_bodies",
        1,
        "code/L9/desk/rates.py:4",
        {"code/L9/desk/rates.py": '"""D."""\n\n\nasync def a() -> None:\n    """D."""\n'},
    ),
    "no docstrings": ("docstrings", 88.89, "code/L9/desk/rates.py:1", {"code/L9/desk/rates.py": "A = 1\n"}),
    "no hints": (
        "type_hints",
        84.0,
        "code/L9/desk/rates.py:4",
        {"code/L9/desk/rates.py": '"""D."""\n\n\ndef a(b, *c, d):\n    """D."""\n    return b, c, d\n'},
    ),
    "long module": (
        "module_length",
        121,
        "code/L9/desk/rates.py:121",
        {"code/L9/desk/rates.py": '"""D."""\n' + "A = 1\n" * 120},
    ),
    "lint": ("lint", 1, "code/L9/desk/rates.py:3", {"code/L9/desk/rates.py": '"""D."""\n\nimport os\n'}),
    "request is no record": (
        "input_validation",
        0,
        f"{DESK_INTAKE}:25",
        {DESK_INTAKE: GOOD.replace("class TakeRequest(Record)", "class TakeRequest(dict)")},
    ),
    "a bound is gone": (
        "input_validation",
        0,
        f"{DESK_INTAKE}:25",
        {DESK_INTAKE: GOOD.replace("Field(ge=1, le=90)", "Field(ge=1)")},
    ),
    "choices are gone": (
        "input_validation",
        0,
        f"{DESK_INTAKE}:25",
        {DESK_INTAKE: GOOD.replace('Literal["bill", "card"]', "str")},
    ),
    "an undeclared field": (
        "input_validation",
        0,
        f"{DESK_INTAKE}:26",
        {DESK_INTAKE: GOOD.replace("    kind: L", "    mine: str = ''\n    kind: L")},
    ),
    "response bound is gone": (
        "output_bounds",
        0,
        f"{DESK_INTAKE}:25",
        {DESK_INTAKE: GOOD.replace("weight: float = Field(ge=0)", "weight: float")},
    ),
    "operation is gone": ("input_validation", 0, "office.yaml:3", {DESK_INTAKE: GOOD.replace("@operation", "@other")}),
    "no rate": ("rate_limits", 0, "manifests/desk.json:1", manifest_with(limits={"rate": "", "max_payload_bytes": 1})),
    "no audit": ("audit", 0, "manifests/desk.json:1", governed(audit_scope=[])),
    "rule lost": ("governance_wired", 0, "manifests/desk.json:1", governed(rules=[])),
    "no anchors": ("governance_wired", 0, "manifests/desk.json:1", governed(anchors=[])),
    "bridge names another anchor": ("governance_wired", 0, "manifests/desk.json:1", governed(anchors=["Eve"])),
    "bridge is not wired": ("governance_wired", 0, "manifests/desk.json:1", governed(declared_by=None)),
    "bridge is elsewhere": ("governance_wired", 0, "manifests/desk.json:1", governed(declared_by="L9.no.where:G")),
    "route lost": ("schema_matches_code", 0, "manifests/desk.json:1", manifest_with(routes=[])),
    "operation unlisted": ("schema_matches_code", 0, "manifests/desk.json:1", manifest_with(operations=[])),
    "memory lost": ("schema_matches_code", 0, "manifests/desk.json:1", manifest_with(memory={"layers": []})),
    "other role": ("schema_matches_code", 0, "manifests/desk.json:1", manifest_with(role="Something else")),
    "broken manifest": ("schema_matches_code", 0, "manifests/desk.json:1", {"manifests/desk.json": "{"}),
    "surplus file": ("no_scope_drift", 1, "code/L9/desk/more.py:1", {"code/L9/desk/more.py": '"""D."""\n'}),
    "surplus doc": ("no_scope_drift", 1, "docs/desk/MORE.md:1", {"docs/desk/MORE.md": "# More\n"}),
    "import cycle": (
        "no_import_cycles",
        1,
        "code/L9/desk/governance_bridge.py:1",
        {
            "code/L9/desk/rates.py": '"""D."""\n\nfrom L9.desk.governance_bridge import GOVERNANCE as G\n',
            "code/L9/desk/governance_bridge.py": (
                '"""D."""\n\nfrom L9.desk import rates\n\nGOVERNANCE = ("Ada", "Board", rates)\n'
            ),
        },
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_tree_fails_its_gate_at_its_place(tmp_path: Path, name: str) -> None:
    gate, figure, place, changes = BROKEN[name]
    wrong = failed(measured(tmp_path, changes))
    assert wrong[gate, DESK].figure == figure
    assert str(wrong[gate, DESK].place).startswith(f"{place}:")
    assert (gate, POST) not in wrong


def test_flags_of_the_config_have_to_be_those_of_the_plan(tmp_path: Path) -> None:
    wrong = failed(measured(tmp_path, {"office_config.yaml": "feature_flags: {}\n"}))["flags_applied", None]
    assert "L9_ENABLE_CODEGEN_STRICT_MODE" in wrong.detail


def test_an_agent_before_its_dependency_fails(tmp_path: Path) -> None:
    plan = handmade.plan().model_copy(update={"waves": ((POST,), (DESK,))})
    assert "post is not after desk" in failed(measured(tmp_path, {}, plan))["dependencies_resolved", None].detail
    circle = handmade.plan().model_copy(
        update={"edges": (handmade.NEEDS, Edge(source=DESK, target=POST, kind=EdgeKind.HARD))}
    )
    assert "circle: desk → post" in failed(measured(tmp_path, {}, circle))["dependencies_resolved", None].detail


def test_a_silent_assumption_is_counted(tmp_path: Path) -> None:
    plan = handmade.plan()
    agent = plan.agents[0]
    operation = agent.operations[0].model_copy(update={"sources": ()})
    plan = plan.model_copy(update={"agents": (agent.model_copy(update={"operations": (operation,)}), *plan.agents[1:])})
    assert failed(measured(tmp_path, {}, plan))["no_assumptions", DESK].figure == 1


def test_a_gate_that_nothing_measures_is_refused(tmp_path: Path) -> None:
    plan = handmade.plan((*handmade.GATES, handmade.row("made_of_gold", 3, 1, "flag")))
    with pytest.raises(InputError, match="made_of_gold") as caught:
        measured(tmp_path, {}, plan)
    assert caught.value.problems[0].place == handmade.row("x", 3, 1, "flag").place


def test_every_gate_of_the_shipped_checklist_is_measured() -> None:
    reading = pytest.importorskip("l9stack.reading.meta")
    meta = reading.read_meta(meta_templates(Path(__file__).parents[2] / "templates/meta"))
    assert {row.gate for row in meta.gates} <= known_gates()


def test_a_problem_names_agent_phase_gate_figure_threshold_and_place(tmp_path: Path) -> None:
    results = measured(tmp_path, {"code/L9/desk/rates.py": '"""D."""\n' + "A = 1\n" * 120})
    (problem,) = problems(handmade.plan(), [r for r in results if r.gate == "module_length"])
    assert problem.code == "gate-module-length"
    assert problem.message == "desk, phase 2: module_length is 121, at most 120 is asked: code/L9/desk/rates.py"
    assert str(problem.place) == "code/L9/desk/rates.py:121:1"
    assert problem.hint
    with pytest.raises(GateError):
        require(handmade.plan(), results)
    assert stop_reasons(handmade.plan(), results) == {DESK: "gate module_length", POST: "depends on desk"}


def test_baseline_asks_the_servers(tmp_path: Path) -> None:
    def up() -> ServerVersion:
        return ServerVersion(layer="working", product="Valkey", version="9.1")

    def down() -> ServerVersion:
        raise ConnectionRefusedError("port 6379")

    results, servers = baseline(handmade.plan(), tmp_path / "a/b", {"redis": up})
    assert all(result.passed for result in results)
    assert [server.product for server in servers] == ["Valkey"]
    results, _ = baseline(handmade.plan(), tmp_path, {"redis": up, "postgres": down})
    assert "postgres: port 6379" in failed(results)["backends_online", None].detail
    results, _ = baseline(handmade.plan(), tmp_path, {})
    assert not failed(results)["backends_online", None].passed
    (tmp_path / "file").write_text("")
    results, _ = baseline(handmade.plan(), tmp_path / "file/x", {"redis": up})
    assert ("targets_writable", None) in failed(results)


def test_the_locked_plan_lists_every_file_with_its_lines() -> None:
    items = {item.file: item for item in locked_plan(handmade.plan(), handmade.tree())}
    assert items["code/L9/desk/rates.py"].lines == "1-8"
    assert items["L9/core/governance"].action == "record"
    assert items["office_config.yaml"].agent is None
    assert [item.id for item in items.values() if item.agent == DESK][:2] == ["desk-001", "desk-002"]


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": set()}, []),
        ({"a": {"a"}}, [("a",)]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, [("a", "b", "c")]),
        ({"a": {"b"}, "b": {"a"}, "c": {"d"}, "d": {"c", "a"}}, [("a", "b"), ("c", "d")]),
        ({str(n): {str(n + 1)} for n in range(3000)} | {"3000": {"0"}}, [tuple(sorted(map(str, range(3001))))]),
    ],
)
def test_cycles(graph: dict[str, set[str]], expected: list[tuple[str, ...]]) -> None:
    assert cycles(graph) == expected
