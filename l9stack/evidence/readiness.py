"""`deployment_readiness.md`: the checklist of the guide's step 8 and ten sections, printed from outputs and records.

Every line is what was measured, with who measured it; what nobody measured says so, and how it can be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from l9stack.evidence.checklist import ChecklistItem, ReportSection, code, plain, table
from l9stack.model.deployment import Deployment
from l9stack.model.evidence import BuildEvidence

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class ReadinessReport:
    """What running agents said once everything was deployed, by agent."""

    at: str
    """ISO 8601, UTC."""
    ready: Mapping[str, str]
    """`ok`, which backends do not work for it, or why it is silent; as its host says where it is not published."""
    codes: Mapping[str, str]
    """The digest of the code that it says it runs; empty where it does not tell."""
    config: str
    """SHA-256 of the unified config as it lies there; empty where it does not."""


def readiness(deployment: Deployment, build: BuildEvidence | None, measured: ReadinessReport) -> str:
    """The page. `build` is the record of the gates of what is deployed, where this machine has it."""
    sections = [
        _checklist(deployment, build, measured),
        _code(deployment, measured),
        _tests(deployment, build),
        _agents(deployment, measured),
        _backends(deployment, measured),
        _governance(deployment),
        _configuration(deployment, measured),
        _monitoring(deployment),
        _release(deployment),
        _from_here(deployment),
    ]
    lines = [
        f"# Deployment readiness: {plain(deployment.collection)} on {plain(deployment.stack)}",
        "",
        f"- Measured at {measured.at}, when the stack was deployed; `l9 health{_option(deployment)}` asks again",
        f"- Every agent healthy: {'yes' if deployment.deployment_ready else '**no**'}",
        f"- Open items: {sum(not item.holds for section in sections for item in section.items)}",
    ]
    for number, section in enumerate(sections, start=1):
        lines += ["", f"## SECTION {number}: {section.title}", "", *map(str, section.items), *section.details]
    return "\n".join(lines) + "\n"


def _checklist(deployment: Deployment, build: BuildEvidence | None, measured: ReadinessReport) -> ReportSection:
    """The five items of the guide, each by the section that has its figures."""
    items = [
        _code(deployment, measured).items[0],
        *_tests(deployment, build).items[:1],
        *_agents(deployment, measured).items[:1],
        *_monitoring(deployment).items[:1],
        *_governance(deployment).items[:1],
    ]
    return ReportSection("Checklist", items)


def _code(deployment: Deployment, measured: ReadinessReport) -> ReportSection:
    agents = deployment.agents
    same = [name for name, agent in agents.items() if measured.codes.get(name) == agent.code_digest]
    others = sorted(agents.keys() - set(same))
    text = f"Code deployed: {len(same)} of {len(agents)} agents say that they run the digest that was deployed"
    rows = [(code(name), code(agent.code_digest), code(agent.image or "-")) for name, agent in sorted(agents.items())]
    return ReportSection(
        "Code",
        [
            ChecklistItem(
                text + (f" (others, or not told: {', '.join(map(code, others))})" if others else ""), not others
            )
        ],
        ["", f"Digest of the tree: {code(deployment.tree_digest)}", *table(("agent", "digest", "image"), rows)],
    )


def _tests(deployment: Deployment, build: BuildEvidence | None) -> ReportSection:
    details = ["", f"Report: {code(deployment.evidence)}"]
    if build is None:
        text = f"All tests passing: {NOT_MEASURED} here; the record of the gates is where they ran"
        return ReportSection("Tests", [ChecklistItem(text, False), _before(deployment)], details)
    counts = build.tests
    failed = counts.unit_failed + counts.integration_failed + counts.regression_failed
    passed = counts.unit_passed + counts.integration_passed + counts.regression_passed
    text = f"All tests passing: {passed} passed, {failed} failed, {counts.skipped} skipped, at {build.measured_at}"
    kinds = ("unit", "integration", "regression")
    rows = [(kind, str(getattr(counts, f"{kind}_passed")), str(getattr(counts, f"{kind}_failed"))) for kind in kinds]
    results = [*build.results, *(result for agent in build.agents for result in agent.results)]
    held = sum(result.passed for result in results)
    items = [
        ChecklistItem(text, passed > 0 and failed == 0),
        ChecklistItem(f"Gates: {held} of {len(results)} hold", held == len(results)),
        ChecklistItem(
            f"Coverage: {counts.coverage_percent:g} % at the agent that has the least", counts.coverage_percent > 0
        ),
        _before(deployment),
    ]
    return ReportSection("Tests", items, [*details, *table(("tests", "passed", "failed"), rows)])


def _before(deployment: Deployment) -> ChecklistItem:
    tests = deployment.tests
    if tests is None:
        why = (
            "here the gates run beside the same servers" if deployment.runtime == "local" else "they were not run there"
        )
        return ChecklistItem(f"Tests where the agents run, before traffic: {NOT_MEASURED}; {why}", False)
    text = f"{tests.passed} passed, {tests.failed} failed, {tests.skipped} skipped in {tests.seconds:g} s"
    return ChecklistItem(f"Tests where the agents run, before traffic: {text}", tests.passed > 0 and tests.failed == 0)


def _agents(deployment: Deployment, measured: ReadinessReport) -> ReportSection:
    agents = deployment.agents
    good = [name for name, agent in agents.items() if agent.health == "ok" and measured.ready.get(name) == "ok"]
    rows = [
        (
            code(name),
            code(agent.endpoint),
            plain(agent.health),
            plain(measured.ready.get(name, NOT_MEASURED)),
            str(agent.replicas),
            ", ".join(map(code, agent.depends_on)) or "-",
        )
        for name, agent in sorted(agents.items())
    ]
    return ReportSection(
        "Agents",
        [
            ChecklistItem(
                f"All services online: {len(good)} of {len(agents)} agents healthy and ready", len(good) == len(agents)
            )
        ],
        table(("agent", "endpoint", "health", "ready", "replicas", "depends on"), rows),
    )


def _backends(deployment: Deployment, measured: ReadinessReport) -> ReportSection:
    bad = [name for name, state in sorted(measured.ready.items()) if state != "ok"]
    text = f"Backends online: asked by {len(measured.ready)} agents, each its own"
    if bad:
        text += f"; not all work for {', '.join(map(code, bad))}"
    rows = [
        (code(name), code(backend.address), "the stack" if backend.managed else "somebody else, given by URL")
        for name, backend in sorted(deployment.backends.items())
    ]
    item = ChecklistItem(text, bool(measured.ready) and not bad)
    return ReportSection("Backends", [item], table(("backend", "address", "run by"), rows))


def _governance(deployment: Deployment) -> ReportSection:
    anchors = ", ".join(map(plain, deployment.anchors))
    told = (
        f"Governance anchors notified: {NOT_MEASURED}; nothing tells anchors of a deployment: agents tell them of each "
        "decision that waits"
    )
    keys = f"Anchors with a key to decide with: {len(deployment.anchors)}{f' ({anchors})' if anchors else ''}"
    commands = (
        f"`l9 decisions AGENT{_option(deployment)}` lists what waits for them, `l9 audit` checks an agent's chain."
    )
    return ReportSection(
        "Governance", [ChecklistItem(told, False), ChecklistItem(keys, bool(deployment.anchors))], ["", commands]
    )


def _configuration(deployment: Deployment, measured: ReadinessReport) -> ReportSection:
    said = f"SHA-256 {code(measured.config)}" if measured.config else "missing"
    item = ChecklistItem(f"Unified config: {code(deployment.config)}, {said}", bool(measured.config))
    return ReportSection("Configuration", [item], ["", "An edit in it is drift, which `l9 preview` names."])


def _monitoring(deployment: Deployment) -> ReportSection:
    watched = deployment.monitoring
    if watched is None:
        return ReportSection(
            "Monitoring", [ChecklistItem("Monitoring dashboards populated: none, `monitoring.enabled` is off", False)]
        )
    check = f"`l9 monitoring --check{_option(deployment)}` asks every panel after traffic"
    item = ChecklistItem(f"Monitoring dashboards populated: {NOT_MEASURED} before there is traffic; {check}", False)
    rows = [(name, code(getattr(watched, name) or "-")) for name in ("dashboards", "files", "prometheus", "grafana")]
    return ReportSection("Monitoring", [item], table(("what", "where"), rows))


def _release(deployment: Deployment) -> ReportSection:
    item = ChecklistItem(f"Release: {code(deployment.release)}", bool(deployment.release))
    option = _option(deployment)
    return ReportSection(
        "Release", [item], ["", f"`l9 releases{option}` lists those before, `l9 rollback{option}` returns."]
    )


def _from_here(deployment: Deployment) -> ReportSection:
    option = _option(deployment)
    return ReportSection(
        "From Here",
        [],
        [
            f"- `l9 health{option} --wait`: how every part is now",
            f"- `l9 preview{option}`: what differs from what was deployed",
            f"- `l9 verify {code(deployment.extraction).strip('`')}`: the extraction against its signed evidence",
        ],
    )


def _option(deployment: Deployment) -> str:
    return f" --stack {deployment.stack}"
