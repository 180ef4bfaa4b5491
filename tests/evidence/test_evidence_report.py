from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from l9stack.evidence.extraction_manifest import extraction_manifest, manifest_text
from l9stack.evidence.records import Provenance, Records, RunResults, agent_key, build_evidence, evidence_json
from l9stack.evidence.redaction import redact
from l9stack.evidence.report import DECLARATION, complete, report
from l9stack.model.evidence import AgentEvidence, BuildEvidence
from l9stack.project import Project
from tests.evidence.conftest import COUNTS, SHARED, SOURCES, evidence_of, good_results
from tests.gates import handmade
from tests.gates.handmade import DESK, POST

TITLES = [
    "Schema Input Summary",
    "Locked TODO Plan",
    "Phase 0 Research",
    "Phase 1 Baseline",
    "Phase 2 Implementation",
    "Phase 3 Enforcement",
    "Phase 4 Validation",
    "Phase 5 Recursive Verification",
    "Governance & Compliance",
    "Final Declaration",
]


def test_a_report_has_the_ten_sections_and_the_signed_declaration() -> None:
    text = report(evidence_of(handmade.plan()), handmade.plan(), SOURCES, "k" * 64)
    assert re.findall(r"^## SECTION (\d+): (.*)$", text, re.MULTILINE) == [
        (str(number), title) for number, title in enumerate(TITLES, start=1)
    ]
    assert re.search(r"All phases.*complete", text)
    assert DECLARATION in text
    assert f"Signed: 2026-03-01T12:30:05Z by key `{'k' * 64}`" in text
    assert "- [ ]" not in text
    assert complete(text)
    assert "Operations: 2 bound, 0 unbound" in text
    assert "| working | Valkey | 9.1 |" in text
    assert "| `desk-001` | `code/L9/desk/intake.py` | 1-27 | create |" in text


def test_a_rule_is_told_with_its_sentence_and_what_is_executed() -> None:
    text = report(evidence_of(handmade.plan()), handmade.plan(), SOURCES, "k" * 64)
    told = [line for line in text.splitlines() if line.startswith("- rule")]
    assert told == ["- rule `low_confidence`: confidence &lt; 0.6, executed as `confidence < 0.6`"] * 2


GUIDE_ITEMS = [
    "Input file",
    "Total agent count: 2",
    "Agent names: The desk, The post",
    "Every entry shows file and lines",
    "All generatefiles have entries",
    "All generatedocs have entries",
    "All linkexisting have",
    "Dependency graph documented",
    "Circular dependencies: none",
    "Extraction order: `desk`, `post`",
    "No assumptions made: confirmed",
    "All targets accessible: yes",
    "All hard dependencies available: yes",
    "Memory backends online: yes",
    "Governance anchors reachable",
    "All generatefiles created: 6 of 6",
    "All generatedocs created: 2 of 2",
    "All tests generated: 7 files",
    "NO TODO comments in code: confirmed",
    "Feature flags applied: confirmed",
    "Input validation added: yes",
    "Output bounds checking: yes",
    "Rate limiting configured: yes",
    "Audit logging enabled: yes",
    "Governance bridges wired: yes",
    "Unit tests passing: yes",
    "Integration tests passing: yes",
    "Code coverage: yes",
    "No regressions: confirmed",
    "Schema vs code match: yes",
    "No scope drift: confirmed",
    "Governance links intact: yes",
    "No circular imports: confirmed",
    "Escalation logic present",
    "Audit logging configured: yes",
    "Governance anchors wired: yes",
    "Statement signed",
    "Signature timestamp: 2026-03-01T12:30:05Z",
]


@pytest.mark.parametrize("item", GUIDE_ITEMS)
def test_every_item_of_the_guide_is_answered(item: str) -> None:
    assert f"- [x] {item}" in report(evidence_of(handmade.plan()), handmade.plan(), SOURCES)


def test_a_failed_gate_is_told_and_nothing_is_declared() -> None:
    plan = handmade.plan()
    results = [
        result.model_copy(update={"figure": 40.0, "passed": False})
        if (result.gate, result.agent) == ("coverage", POST)
        else result
        for result in good_results(plan)
    ]
    text = report(evidence_of(plan, results), plan, SOURCES)
    assert "- [ ] Code coverage: NO, 40 % where >= 85 % is asked (`post`)" in text
    assert not re.search(r"All phases.*complete", text)
    assert not complete(text)
    assert "NOT DECLARED: 1 items are open, 1 gates did not hold." in text
    assert len(re.findall(r"^## SECTION", text, re.MULTILINE)) == 10


@pytest.mark.parametrize("gate", sorted({result.gate for result in good_results(handmade.plan()) if result.phase != 2}))
def test_what_was_not_measured_is_not_declared(gate: str) -> None:
    if gate == "tests_per_module":
        pytest.skip("no item of the guide asks for it")
    plan = handmade.plan()
    text = report(evidence_of(plan, [result for result in good_results(plan) if result.gate != gate]), plan, SOURCES)
    assert "not measured" in text
    assert not complete(text)


HOSTILE = "x\n## SECTION 11: mine\n| a | <script> `code` \r- [x] done postgresql://me:hush@host/db"


def test_text_of_others_cannot_make_headings_or_leak_secrets() -> None:
    plan = handmade.plan()
    spec = plan.agents[0].spec.model_copy(update={"name": HOSTILE, "role": HOSTILE, "version": HOSTILE})
    plan = plan.model_copy(update={"agents": (plan.agents[0].model_copy(update={"spec": spec}), *plan.agents[1:])})
    results = [result.model_copy(update={"detail": HOSTILE}) for result in good_results(plan)]
    text = report(evidence_of(plan, results), plan, SOURCES)
    assert len(re.findall(r"^## SECTION", text, re.MULTILINE)) == 10
    assert "hush" not in text
    assert "\r" not in text
    assert "<script>" not in text
    assert "hush" not in evidence_json(evidence_of(plan, results)).decode()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("redis://:hush@host", "hush"),
        ("postgresql://me:hush%40x@host/db", "hush"),
        ("password=hush", "hush"),
        ('{"api_key": "hush"}', "hush"),
        ("L9_TOKEN: hush", "hush"),
        ("Authorization: Bearer abcdefgh.ijkl", "abcdefgh"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", "eyJhbGci"),
        ("-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----", "hush"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_secrets_are_hidden(text: str, secret: str) -> None:
    assert secret not in redact(f"before {text} after")
    assert "hidden" in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize("text", ["http://host:80/path", "the secret of success", "tokens are counted", "a: b", ""])
def test_harmless_text_stays(text: str) -> None:
    assert redact(text) == text


def test_the_manifest_has_the_guides_fields() -> None:
    plan, tree = handmade.plan(), handmade.tree()
    manifest = json.loads(
        manifest_text(extraction_manifest(evidence_of(plan), plan, tree, {"evidence_report.md": "x"}))
    )
    expected = {
        "collection_name": "office",
        "extraction_timestamp": "2026-03-01T12:30:05Z",
        "total_agents": 2,
        "total_python_modules": 6,
        "total_documentation": 2,
        "total_tests": 55,
        "test_coverage_percent": 91.5,
        "all_tests_passing": True,
        "deployment_ready": True,
        "tree_digest": tree.digest,
    }
    assert {key: manifest[key] for key in expected} == expected
    assert [item["path"] for item in manifest["files"]] == [a.path for a in tree.artifacts] + ["evidence_report.md"]
    assert manifest["operations"] == {"bound": 2, "unbound": 0}


def test_records_are_found_by_all_that_they_depend_on(project: Project) -> None:
    plan, tree = handmade.plan(), handmade.tree()
    records = Records(project)
    key = agent_key(plan, tree, POST, "l9stack 0.1.0")
    evidence = evidence_of(plan).agents[1]
    records.save_agent(key, evidence)
    assert records.agent(key) == evidence
    other = handmade.tree({"docs/desk/README.md": "# Else\n"})
    assert agent_key(plan, other, POST, "l9stack 0.1.0") != key  # post depends on desk
    assert agent_key(plan, other, DESK, "l9stack 0.1.0") != agent_key(plan, tree, DESK, "l9stack 0.1.0")
    mine = handmade.tree({"docs/post/README.md": "# Else\n"})
    assert agent_key(plan, mine, DESK, "l9stack 0.1.0") == agent_key(plan, tree, DESK, "l9stack 0.1.0")
    stricter = handmade.plan(handmade.GATES[:-1])
    assert agent_key(stricter, tree, POST, "l9stack 0.1.0") != key
    assert agent_key(plan, tree, POST, "l9stack 0.2.0") != key
    assert agent_key(plan, tree, POST, "l9stack 0.1.0", ["digest of an implementation"]) != key


def test_a_broken_or_failed_record_is_not_carried_over(project: Project) -> None:
    records = Records(project)
    evidence = evidence_of(handmade.plan()).agents[0]
    path = records.save_agent("k", evidence)
    path.write_bytes(path.read_bytes()[:-10])
    assert records.agent("k") is None
    failed = evidence.results[0].model_copy(update={"passed": False})
    records.save_agent("k", evidence.model_copy(update={"results": (failed,)}))
    assert records.agent("k") is None
    assert records.agent("absent") is None


def test_a_build_is_kept_and_read_back(project: Project) -> None:
    evidence = evidence_of(handmade.plan())
    Records(project).save_build(evidence)
    assert Records(project).build(evidence.tree_digest) == evidence
    assert evidence_json(evidence) == evidence_json(BuildEvidence.model_validate_json(evidence_json(evidence)))


def test_what_is_carried_over_is_marked_with_its_run() -> None:
    plan, tree = handmade.plan(), handmade.tree()
    old: AgentEvidence = evidence_of(plan).agents[0]
    phase4 = {"unit_tests", "regression_tests", "coverage", "tests_per_module"}
    results = [r for r in good_results(plan) if not (r.agent == DESK and r.gate in phase4)]
    now = datetime(2026, 4, 1, tzinfo=UTC)
    evidence = build_evidence(
        plan,
        tree,
        RunResults(gates=tuple(results), tests={POST: COUNTS}, collection_tests=SHARED, carried={DESK: old}),
        Provenance(input_digest="b" * 64, generator="l9stack 0.1.0", run_id="run-new", now=now),
    )
    desk, post = evidence.agents
    assert (desk.carried_over, desk.run_id, desk.measured_at) == (True, "run-05", "2026-03-01T12:30:05Z")
    assert (post.carried_over, post.run_id) == (False, "run-new")
    assert {r.gate for r in desk.results} == {r.gate for r in post.results}
    assert evidence.tests.unit_passed == 48
    text = report(evidence.model_copy(update={"todo": evidence_of(plan).todo}), plan, SOURCES)
    assert "carried over from run `run-05`, 2026-03-01T12:30:05Z" in text
    assert "Test results of 1 of 2 agents are carried over" in text
    assert complete(text)
