"""Figures of the generated tests: none of them hides what the others would show."""

import json
from types import SimpleNamespace

import pytest

from l9stack.errors import Place
from l9stack.gates.evaluation import problems, validation_results
from l9stack.gates.outcomes import TestFailure, TestRun, TestTally
from l9stack.gates.pytest_report import Reporter
from l9stack.model.evidence import TestCounts
from tests.gates import handmade

BILLS, OTHERS = "tests/agents/desk/test_bills.py", "tests/agents/desk/test_letters.py"


def ran(failed: int) -> TestRun:
    """A hundred tests of letters that passed, and ten of bills, some of which failed in the user's own code."""
    failures = tuple(
        TestFailure(
            agent=handmade.DESK,
            kind="unit",
            node=f"{BILLS}::test_{number}",
            place=Place("implementations/office/bills.py", 7),
            message="ValueError: no such bill",
        )
        for number in range(failed)
    )
    counts = TestCounts(unit_passed=110 - failed, unit_failed=failed, regression_passed=1, coverage_percent=100)
    return TestRun(
        per_agent={handmade.DESK: counts},
        collection=counts,
        failures=failures,
        made_by_file={BILLS: TestTally(tests=10, plain=10), OTHERS: TestTally(tests=100, plain=100)},
        integration=False,
        seconds=1,
    )


@pytest.mark.parametrize(("failed", "figure", "holds"), [(0, 100.0, True), (2, 80.0, False), (10, 0.0, False)])
def test_many_good_modules_do_not_hide_one_whose_operation_fails(failed, figure, holds):
    [unit] = [item for item in validation_results(handmade.plan(), ran(failed)) if item.gate == "unit_tests"]
    assert (unit.figure, unit.passed) == (figure, holds)
    assert (BILLS in unit.detail) is not holds


def test_a_failure_in_the_users_own_code_is_told_at_its_place_there():
    plan = handmade.plan()
    run = ran(2)
    found = problems(plan, validation_results(plan, run), run.failures)
    assert [str(problem.place) for problem in found if problem.code == "test-failed"] == [
        "implementations/office/bills.py:7:1"
    ] * 2


@pytest.mark.parametrize("own", [True, False])
def test_the_reporter_looks_for_it_below_implementations_alone(tmp_path, monkeypatch, own):
    folder = tmp_path / ("implementations" if own else "library")
    monkeypatch.syspath_prepend(str(folder))
    crash = SimpleNamespace(path=str(folder / "office" / "bills.py"), lineno=7, message="ValueError: no such bill")
    report = SimpleNamespace(
        when="call",
        passed=False,
        outcome="failed",
        nodeid=f"{BILLS}::test_it",
        location=(BILLS, 20, "test_it"),
        longrepr=SimpleNamespace(reprcrash=crash),
    )
    Reporter(tmp_path / "outcomes").pytest_runtest_logreport(report)
    told = json.loads((tmp_path / "outcomes").read_text())
    assert (told["file"], told["line"]) == (("implementations/office/bills.py", 7) if own else (BILLS, 21))
