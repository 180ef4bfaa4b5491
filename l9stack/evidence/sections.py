"""Sections 1 to 9 of the evidence report: every item of the guide's checklist, in its order."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import PurePosixPath

from l9stack.evidence.checklist import ChecklistItem, GateFigures, ReportSection, code, plain, table
from l9stack.model.agent import MemoryKind
from l9stack.model.evidence import BuildEvidence, TestCounts
from l9stack.model.plan import AgentPlan, Plan


def inputs(plan: Plan, sources: Mapping[str, str]) -> ReportSection:
    """Section 1: what was read."""
    bound = sum(operation.bound for agent in plan.agents for operation in agent.operations)
    unbound = sum(len(agent.operations) for agent in plan.agents) - bound
    versions = sorted({agent.spec.version for agent in plan.agents if agent.spec.version})
    version = ", ".join(map(plain, versions)) or "not given"
    items = [
        ChecklistItem(f"Input file: {', '.join(map(code, sorted(sources)))}, version {version}", bool(sources)),
        ChecklistItem(f"Total agent count: {len(plan.agents)}", bool(plan.agents)),
        ChecklistItem(f"Agent names: {', '.join(plain(agent.spec.name) for agent in plan.agents)}", bool(plan.agents)),
    ]
    details = ["", f"Operations: {bound} bound, {unbound} unbound (decided by the governance anchors, call by call)."]
    details += table(
        ("agent", "name", "role", "version", "wave", "bound", "unbound"),
        [
            (
                code(agent.id),
                plain(agent.spec.name),
                plain(agent.spec.role, 120),
                plain(agent.spec.version) or "-",
                str(agent.wave),
                str(sum(operation.bound for operation in agent.operations)),
                str(sum(not operation.bound for operation in agent.operations)),
            )
            for agent in plan.agents
        ],
    )
    imported = [path for agent in plan.agents for path in agent.imported]
    if imported:
        details += ["", f"Modules that somebody else wrote, and were imported: {', '.join(map(code, imported))}."]
    details += table(("input", "SHA-256"), [(code(name), code(sources[name])) for name in sorted(sources)])
    return ReportSection("Schema Input Summary", items, details)


def locked_plan(figures: GateFigures, evidence: BuildEvidence, plan: Plan) -> ReportSection:
    """Section 2: what was to be made, with the lines that it got."""
    created = [item for item in evidence.todo if item.action == "create"]
    by_file = {item.file: item for item in evidence.todo}
    located = [item for item in created if item.lines]
    code_files, docs, links = _wanted(plan)
    items = [
        ChecklistItem(
            f"Every entry shows file and lines: {len(located)} of {len(created)}", bool(created) and located == created
        ),
        _covered("All generatefiles have entries", code_files, by_file),
        _covered("All generatedocs have entries", docs, by_file),
        _covered("All linkexisting have imports or recorded contracts", links, by_file),
        figures.item("Plan locked before the first line was rendered", "plan_locked", "yes"),
    ]
    rows = [
        (
            code(item.id),
            code(item.file),
            item.lines or "-",
            item.action,
            plain(item.target) + (", imported" if item.origin == "imported" else ""),
        )
        for item in evidence.todo
    ]
    return ReportSection("Locked TODO Plan", items, table(("id", "file", "lines", "action", "target"), rows))


def _wanted(plan: Plan) -> tuple[list[str], list[str], list[str]]:
    specs = [agent.spec for agent in plan.agents]
    return (
        [f"code/{spec.root_path}/{path}" for spec in specs for path in spec.generate_files],
        [f"docs/{spec.id}/{path}" for spec in specs for path in spec.generate_docs],
        [path for spec in specs for path in spec.link_existing],
    )


def _covered(label: str, wanted: Sequence[str], made: Container[str]) -> ChecklistItem:
    known = [path for path in wanted if path in made]
    return ChecklistItem(f"{label}: {len(known)} of {len(wanted)}", len(known) == len(wanted))


def research(figures: GateFigures, plan: Plan) -> ReportSection:
    """Section 3: graph, order, questions."""
    order = ", ".join(code(agent.id) for agent in plan.agents)
    items = [
        ChecklistItem(f"Dependency graph documented: {len(plan.edges)} edges", True),
        figures.item("Circular dependencies", "dependencies_resolved", "none"),
        ChecklistItem(f"Extraction order: {order}", bool(plan.agents)),
        figures.item("No assumptions made", "no_assumptions", "confirmed"),
    ]
    waves = [f"wave {number}: {', '.join(map(code, wave))}" for number, wave in enumerate(plan.waves, start=1)]
    details = ["", *(f"- {wave}" for wave in waves)]
    details += table(
        ("from", "kind", "to", "names", "where"),
        [
            (
                code(edge.source),
                edge.kind.value,
                code(edge.target),
                plain(", ".join(edge.names)) or "-",
                "outside the collection" if edge.external else "inside",
            )
            for edge in plan.edges
        ],
    )
    if plan.questions:
        details += ["", "Questions that were asked and not answered in the inputs:", ""]
        details += [f"- {plain(question.message)}" for question in plan.questions]
    return ReportSection("Phase 0 Research", items, details + figures.rows(0))


def baseline(figures: GateFigures, evidence: BuildEvidence) -> ReportSection:
    """Section 4: what was there before anything ran."""
    items = [
        figures.item("All targets accessible", "targets_writable", "yes"),
        figures.item("All hard dependencies available", "hard_dependencies_present", "yes"),
        figures.item("Memory backends online", "backends_online", "yes"),
        figures.item("Governance anchors reachable", "anchors_named", "named; they are reached at deployment"),
        figures.item("Feature flags set", "flags_set", "yes"),
    ]
    servers = sorted({(s.layer, s.product, s.version) for agent in evidence.agents for s in agent.servers})
    details = table(
        ("layer", "server", "version"), [tuple(plain(part) or "-" for part in server) for server in servers]
    )
    return ReportSection("Phase 1 Baseline", items, details + figures.rows(1))


def implementation(figures: GateFigures, evidence: BuildEvidence, plan: Plan) -> ReportSection:
    """Section 5: everything made, nothing left open."""
    made = {item.file for item in evidence.todo if item.action == "create" and item.lines}
    code_files, docs, _ = _wanted(plan)
    tests = sum(path.startswith("tests/") and PurePosixPath(path).name.startswith("test_") for path in made)
    items = [
        _covered("All generatefiles created", code_files, made),
        _covered("All generatedocs created", docs, made),
        ChecklistItem(f"All tests generated: {tests} files", tests > 0),
        figures.item("All files of the schema present", "files_complete", "yes"),
        figures.item("NO TODO comments in code", "no_placeholders", "confirmed"),
        figures.item("No stub bodies", "no_stub_bodies", "confirmed"),
        figures.item("Feature flags applied", "flags_applied", "confirmed"),
    ]
    return ReportSection("Phase 2 Implementation", items, figures.rows(2))


def enforcement(figures: GateFigures) -> ReportSection:
    """Section 6: guards."""
    items = [
        figures.item("Input validation added", "input_validation", "yes"),
        figures.item("Output bounds checking", "output_bounds", "yes"),
        figures.item("Rate limiting configured", "rate_limits", "yes"),
        figures.item("Audit logging enabled", "audit", "yes"),
        figures.item("Governance bridges wired", "governance_wired", "yes"),
    ]
    return ReportSection("Phase 3 Enforcement", items, figures.rows(3))


def validation(figures: GateFigures, evidence: BuildEvidence) -> ReportSection:
    """Section 7: the generated tests, as they ran."""
    items = [
        figures.item("Unit tests passing", "unit_tests", "yes"),
        figures.item("Integration tests passing", "integration_tests", "yes"),
        figures.item("Code coverage", "coverage", "yes"),
        figures.item("No regressions", "regression_tests", "confirmed"),
    ]
    total = evidence.tests
    details = [
        "",
        f"Tests that ran: {_counts(total.unit_passed, total.unit_failed)} unit, "
        f"{_counts(total.integration_passed, total.integration_failed)} integration, "
        f"{_counts(total.regression_passed, total.regression_failed)} regression, {total.skipped} skipped; "
        f"{total.seconds:g} s. They made {total.positive_checks} positive and {total.negative_checks} negative checks.",
    ]
    details += table(
        ("agent", "unit", "regression", "coverage", "measured"),
        [
            (code(agent.agent), *_figures(agent.tests), _origin(agent.carried_over, agent.run_id, agent.measured_at))
            for agent in evidence.agents
        ],
    )
    return ReportSection("Phase 4 Validation", items, details + figures.rows(4))


def _counts(passed: int, failed: int) -> str:
    return f"{passed} of {passed + failed}"


def _figures(tests: TestCounts) -> tuple[str, str, str]:
    return (
        _counts(tests.unit_passed, tests.unit_failed),
        _counts(tests.regression_passed, tests.regression_failed),
        f"{tests.coverage_percent:g} %",
    )


def _origin(carried: bool, run: str, when: str) -> str:
    return f"carried over from run {code(run)}, {when}" if carried else "in this run"


def recursive_verification(figures: GateFigures) -> ReportSection:
    """Section 8: code held against schema again."""
    items = [
        figures.item("Schema vs code match", "schema_matches_code", "yes"),
        figures.item("No scope drift", "no_scope_drift", "confirmed"),
        figures.item("Governance links intact", "governance_wired", "yes"),
        figures.item("No circular imports", "no_import_cycles", "confirmed"),
    ]
    return ReportSection("Phase 5 Recursive Verification", items, figures.rows(5))


def compliance(figures: GateFigures, plan: Plan) -> ReportSection:
    """Section 9: rules, triggers, anchors."""
    ruled = [agent for agent in plan.agents if agent.rules or agent.triggers]
    items = [
        # An agent whose schema names no rule escalates all the same: unbound operations, failures and requests do.
        figures.item(
            f"Escalation logic present ({len(ruled)} of {len(plan.agents)} agents have rules of their own)",
            "governance_wired",
            "yes",
        ),
        figures.item("Audit logging configured", "audit", "yes"),
        figures.item("Governance anchors wired", "governance_wired", "yes"),
    ]
    details = [line for agent in plan.agents for line in _policy(agent)]
    anchored = sum(agent.spec.layer(MemoryKind.ARCHIVE) is not None for agent in plan.agents)
    details += [
        "",
        f"The audit chains of {anchored} of {len(plan.agents)} agents have audit anchors in an archive: such a chain "
        "is tamper-evident up to its last audit anchor, and beyond it, as any other, by its own hashes alone. The "
        "build is at most SLSA build level 1.",
    ]
    return ReportSection("Governance & Compliance", items, details)


def _policy(agent: AgentPlan) -> list[str]:
    lines = ["", f"{code(agent.id)}: anchors {', '.join(plain(name) for name in agent.anchors)}"]
    ruled = [f"- rule {code(r.name)}: {plain(r.text)}, executed as {code(r.condition)}" for r in agent.rules]
    lines += ["", *ruled] if ruled else []
    lines += [f"- trigger {code(trigger.name)}: {plain(trigger.text)}" for trigger in agent.triggers]
    return lines
