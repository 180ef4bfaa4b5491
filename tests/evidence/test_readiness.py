"""`deployment_readiness.md`: the guide's step 8, each item as it was measured, and nothing that was not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from l9stack.evidence.readiness import ReadinessReport, readiness
from l9stack.model.deployment import Deployment
from l9stack.model.evidence import BuildEvidence, GateResult, TestCounts

AT = "2026-01-02T03:04:05Z"
WELL = ReadinessReport(AT, {"clerk": "ok", "porter": "ok"}, {"clerk": "c1", "porter": "p1"}, "abc")
SILENT = ReadinessReport(AT, {"clerk": "does not answer", "porter": "does not answer"}, {"clerk": "", "porter": ""}, "")


def deployment(**changes: Any) -> Deployment:
    def agent(name: str, digest: str) -> dict[str, Any]:
        url = f"http://h/{name}"
        urls = {"endpoint": url, "health_url": f"{url}/health", "ready_url": f"{url}/ready"}
        return {**urls, "health": "ok", "code_digest": digest}

    whole = {
        "stack": "prod",
        "runtime": "docker",
        "collection": "desk",
        "release": "r1",
        "tree_digest": "t1",
        "extraction": "extractions/desk_1",
        "evidence": "extractions/desk_1/evidence_report.md",
        "config": "deployments/prod/desk_config.yaml",
        "anchors": ["Ada <b>", "Grace"],
        "agents": {"clerk": agent("clerk", "c1"), "porter": agent("porter", "p1")},
        "backends": {"redis": {"address": "redis:6379", "managed": True}},
        "monitoring": {"dashboards": "L9/monitoring/desk/", "files": "deployments/prod/monitoring"},
        "tests": {"passed": 12, "failed": 0, "skipped": 1, "seconds": 3.5},
        "deployment_ready": True,
    }
    return Deployment.model_validate(whole | changes)


def build(failed: int = 0) -> BuildEvidence:
    gate = GateResult(gate="coverage", phase=4, agent=None, figure=91, threshold=85, unit="percent", passed=not failed)
    counts = TestCounts(
        unit_passed=30, integration_passed=5, regression_passed=2, unit_failed=failed, coverage_percent=91
    )
    return BuildEvidence(
        collection="desk",
        tree_digest="t1",
        input_digest="i1",
        generator="l9stack",
        run_id="1",
        measured_at="2026-01-01T00:00:00Z",
        agents=(),
        results=(gate,),
        tests=counts,
    )


def items(page: str, section: int) -> dict[str, bool]:
    """Lines of a section's checklist, with whether they hold."""
    text = page.split(f"## SECTION {section}:")[1].split("## SECTION")[0]
    return {line[6:]: line.startswith("- [x]") for line in text.splitlines() if line.startswith("- [")}


def test_it_has_ten_sections_and_first_the_checklist_of_the_guide():
    page = readiness(deployment(), build(), WELL)
    assert re.findall(r"^## SECTION (\d+):", page, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert [line.split(":")[0] for line in items(page, 1)] == [
        *("Code deployed", "All tests passing", "All services online"),
        *("Monitoring dashboards populated", "Governance anchors notified"),
    ]
    assert page.startswith("# Deployment readiness: desk on prod\n")
    assert AT in page


def test_what_was_measured_stands_there_with_its_figures():
    page = readiness(deployment(), build(), WELL)
    assert list(items(page, 1).values()) == [True, True, True, False, False]
    assert items(page, 3) == {
        "All tests passing: 37 passed, 0 failed, 0 skipped, at 2026-01-01T00:00:00Z": True,
        "Gates: 1 of 1 hold": True,
        "Coverage: 91 % at the agent that has the least": True,
        "Tests where the agents run, before traffic: 12 passed, 0 failed, 1 skipped in 3.5 s": True,
    }
    assert "Ada &lt;b&gt;" in page


@pytest.mark.parametrize("section", range(1, 11))
def test_what_was_not_measured_never_holds(section: int):
    page = readiness(deployment(tests=None, monitoring=None, anchors=[], release=""), None, SILENT)
    assert not any(items(page, section).values()), items(page, section)
    assert section != 1 or sum("not measured" in line for line in items(page, 1)) == 2


def test_other_code_a_failed_test_and_an_unready_agent_are_named():
    other = ReadinessReport(
        AT, {"clerk": "redis (TimeoutError)", "porter": "ok"}, {"clerk": "c1", "porter": "p0"}, "abc"
    )
    page = readiness(deployment(), build(failed=1), other)
    told = items(page, 1)
    code = "Code deployed: 1 of 2 agents say that they run the digest that was deployed"
    assert told[f"{code} (others, or not told: `porter`)"] is False
    assert told["All tests passing: 37 passed, 1 failed, 0 skipped, at 2026-01-01T00:00:00Z"] is False
    assert told["All services online: 1 of 2 agents healthy and ready"] is False
    assert items(page, 3)["Gates: 0 of 1 hold"] is False
    assert "not all work for `clerk`" in page
    assert "redis (TimeoutError)" in page


def test_nobody_is_said_to_have_been_told_of_a_deployment():
    (line,) = [line for line in items(readiness(deployment(), build(), WELL), 1) if line.startswith("Governance")]
    assert "not measured; nothing tells anchors of a deployment" in line
