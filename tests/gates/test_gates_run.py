from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from l9stack.errors import ServiceError
from l9stack.files import write_files
from l9stack.gates.evaluation import problems, unmeasured_notes, validation_results
from l9stack.gates.fork_server import fork_server_of_tests
from l9stack.gates.outcomes import TestRun
from l9stack.gates.tests_run import run_tests
from l9stack.local.fork_server import ForkServer
from tests.gates import handmade
from tests.gates.handmade import DESK, POST

URLS = {"L9_REDIS_URL": "redis://x"}


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """One fork server for all runs."""
    with fork_server_of_tests(tmp_path_factory.mktemp("warm") / "log") as started:
        yield started


@pytest.fixture
def run(parent: ForkServer) -> Callable[..., TestRun]:
    """Fill a folder with the handmade tree, changed, and run its tests."""

    def filled(folder: Path, changes: dict[str, str | None] | None = None, **options: Any) -> TestRun:
        write_files(folder, ((a.path, a.text.encode()) for a in handmade.tree(changes).artifacts))
        return run_tests(handmade.plan(), folder, [DESK, POST], URLS, integration=True, parent=parent, **options)

    return filled


Run = Callable[..., TestRun]


# The handmade intake modules need l9stack.agent; here they are left out, and what is measured is the rest.
LIGHT: dict[str, str | None] = {
    path: None
    for agent in (DESK, POST)
    for path in (f"code/L9/{agent}/intake.py", f"code/L9/{agent}/governance_bridge.py")
}


def test_results_and_coverage_are_attributed_to_agents(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path, LIGHT)
    for agent in (DESK, POST):
        counts = outcome.per_agent[agent]
        assert (counts.unit_passed, counts.unit_failed, counts.regression_passed) == (24, 0, 3)
        assert counts.coverage_percent == 100
    assert outcome.collection.integration_passed == 1
    assert outcome.failures == ()
    results = {(r.gate, r.agent): r for r in validation_results(handmade.plan(), outcome)}
    assert all(result.passed for result in results.values())
    assert results["tests_per_module", DESK].figure == 9
    assert results["integration_tests", None].detail == "1 of 1 passed"
    assert not list(tmp_path.rglob("__pycache__"))
    assert not list(tmp_path.rglob(".coverage*"))


def test_a_failure_names_agent_file_line_and_message(run: Run, tmp_path: Path) -> None:
    broken = handmade.RATES.replace("{agent}", "desk").replace("weight < 20", "weight < 5")
    outcome = run(tmp_path, LIGHT | {"code/L9/desk/rates.py": broken})
    assert {failure.agent for failure in outcome.failures} == {DESK}
    assert outcome.per_agent[DESK].unit_failed == 3
    results = validation_results(handmade.plan(), outcome)
    assert {(r.gate, r.agent) for r in results if not r.passed} == {("unit_tests", DESK)}
    first, second, *_ = problems(handmade.plan(), results, outcome.failures)
    assert first.message.startswith("desk, phase 4: unit_tests is 87.5 percent, at least 95 is asked: 21 of 24 passed")
    assert first.hint
    assert second.code == "test-failed"
    assert str(second.place) == "tests/agents/desk/test_governance_bridge.py:11:1"
    assert "2.5 == 1.0" in second.message


def test_uncovered_code_lowers_its_agent_only(run: Run, tmp_path: Path) -> None:
    more = handmade.RATES.replace("{agent}", "post") + "\n\nif postage(2) > 100:\n    A = 1\n    B = 2\n    C = 3\n"
    outcome = run(tmp_path, LIGHT | {"code/L9/post/rates.py": more})
    assert outcome.per_agent[DESK].coverage_percent == 100
    assert outcome.per_agent[POST].coverage_percent < 85
    never = {"code/L9/post/governance_bridge.py": '"""D."""\n\nif True:\n    A = 1\n'}
    assert run(tmp_path / "never", LIGHT | never).per_agent[POST].coverage_percent < 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_of_that_name\n", "nothing_of_that_name"),
        ("def test_x(:\n", "SyntaxError"),
        ("import os\nos._exit(7)\n", "pytest ended with 7"),
    ],
)
def test_a_file_that_cannot_be_collected_is_a_failure(run: Run, tmp_path: Path, text: str, message: str) -> None:
    outcome = run(tmp_path, LIGHT | {"tests/agents/desk/test_rates.py": text})
    assert any(failure.agent == DESK and message in failure.message for failure in outcome.failures)
    results = {(r.gate, r.agent): r for r in validation_results(handmade.plan(), outcome)}
    assert not results["unit_tests", DESK].passed


def test_skipping_and_leaving_out_tests_prove_nothing(run: Run, tmp_path: Path) -> None:
    skipping = handmade.TESTS.replace("{agent}", "desk").replace("import pytest\n", "import pytest\n", 1)
    skipping = skipping.replace("def test_postage", "@pytest.mark.skip\ndef test_postage")
    outcome = run(
        tmp_path, LIGHT | {"tests/agents/desk/test_rates.py": skipping, "tests/agents/desk/test_intake.py": None}
    )
    results = {(r.gate, r.agent): r for r in validation_results(handmade.plan(), outcome)}
    assert not results["unit_tests", DESK].passed
    assert "5 skipped" in results["unit_tests", DESK].detail
    assert results["tests_per_module", DESK].figure == 0


def test_a_run_that_hangs_is_ended_with_all_its_processes(run: Run, tmp_path: Path) -> None:
    hanging = (
        "import subprocess, time\nfrom pathlib import Path\n\n\ndef test_hangs():\n"
        "    child = subprocess.Popen(['sleep', '600'])\n"
        f"    Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "    time.sleep(600)\n"
    )
    started = time.monotonic()
    outcome = run(tmp_path / "tree", LIGHT | {"tests/agents/desk/test_rates.py": hanging}, timeout=5)
    assert time.monotonic() - started < 15
    assert any("had not ended after 5 s" in failure.message for failure in outcome.failures)
    child = int((tmp_path / "pid").read_text())
    state = Path(f"/proc/{child}/stat")
    deadline = time.monotonic() + 5  # the kernel ends a killed process when it gets a turn
    while alive(state) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(state)


def alive(state: Path) -> bool:
    try:
        return state.read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_environment_of_the_tests_is_scrubbed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "hush")
    looking = (
        "import os\n\n\ndef test_environment():\n    assert 'MY_SECRET' not in os.environ\n"
        "    assert os.environ['L9_REDIS_URL'] == 'redis://x'\n    assert os.environ['PYTHONHASHSEED'] == '0'\n"
    )
    assert os.environ["MY_SECRET"]
    assert run(tmp_path, LIGHT | {"tests/agents/desk/test_rates.py": looking}).failures == ()


def test_an_agent_that_does_not_hold_stops_those_that_need_it_and_nobody_else(run: Run, tmp_path: Path) -> None:
    broken = handmade.RATES.replace("{agent}", "desk").replace("weight < 20", "weight < 5")
    outcome = run(tmp_path, LIGHT | {"code/L9/desk/rates.py": broken})
    assert outcome.stopped == {DESK: "gate unit_tests", POST: "it depends on desk"}
    assert set(outcome.per_agent) == {DESK}
    assert outcome.not_run == ("tests/codegen_integration/test_post_desk_hard.py",)
    plan = handmade.plan()
    assert not [item for item in validation_results(plan, outcome) if item.gate == "integration_tests"]
    notes = [problem.message for problem in unmeasured_notes(plan, outcome, 0)]
    assert notes == [
        "post was not measured: it depends on desk",
        "the results of 0 of 2 agents hold and are kept; the last extraction is left as it is",
    ]
    other = run(tmp_path / "other", LIGHT | {"code/L9/post/rates.py": broken.replace("desk", "post")})
    assert other.stopped == {POST: "gate unit_tests"}
    assert other.per_agent[DESK].unit_passed == 24


def test_an_agent_that_was_stopped_before_does_not_run(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path, LIGHT, stopped={POST: "gate lint"})
    assert outcome.stopped == {POST: "gate lint"}
    assert set(outcome.per_agent) == {DESK}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def pytest_sessionfinish(session):\n    session.exitstatus = 1\n", "pytest ended with 1"),
        ("import os\n\n\ndef pytest_runtest_teardown():\n    os._exit(0)\n", "pytest ended with 0"),
        ("raise SystemExit(0)\n", "pytest ended with"),
    ],
)
def test_a_run_that_goes_wrong_while_no_test_fails_is_a_failure(
    run: Run, tmp_path: Path, text: str, message: str
) -> None:
    outcome = run(tmp_path, LIGHT | {"tests/agents/desk/conftest.py": text})
    assert [failure.message.startswith(message) for failure in outcome.failures if failure.agent == DESK] == [True]
    results = {(r.gate, r.agent): r for r in validation_results(handmade.plan(), outcome)}
    assert not results["unit_tests", DESK].passed


def test_what_tests_leave_is_removed_with_their_scratch(run: Run, tmp_path: Path) -> None:
    leaving = (
        "import tempfile\nfrom pathlib import Path\n\n\ndef test_leaves():\n"
        f"    Path({str(tmp_path / 'where')!r}).write_text(tempfile.mkdtemp())\n"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    run(tmp_path / "tree", LIGHT | {"tests/agents/desk/test_leaves.py": leaving}, scratch=scratch)
    assert Path((tmp_path / "where").read_text()).is_relative_to(scratch)
    assert list(scratch.iterdir()) == []


CHECKED = '''"""Checks of postage."""

import pytest

from l9stack.agent.conformance import Checks
from L9.desk.rates import postage


def test_prices(l9_checks: Checks) -> None:
    """A heavier letter costs more."""
    for weight, price in ((1, 1.0), (2, 1.0), (19, 1.0), (20, 2.5), (90, 2.5), (500, 2.5)):
        with l9_checks.positive(f"{weight} grammes"):
            assert postage(weight) == price


def test_no_price(l9_checks: Checks) -> None:
    """Nothing cannot be sent."""
    for weight in (0, -1):
        with l9_checks.negative(f"{weight} grammes"), pytest.raises(ValueError):
            postage(weight)
'''
FIXTURES = (
    handmade.CONFTEST
    + """

from l9stack.agent.conformance import fixtures


def pytest_configure(config):
    config.pluginmanager.register(fixtures)
"""
)
SIDES = ("tests_per_module", "negative_tests_per_module")


def test_named_checks_are_counted_by_side(run: Run, tmp_path: Path) -> None:
    rates = "tests/agents/desk/test_rates.py"
    outcome = run(tmp_path, LIGHT | {rates: CHECKED, "tests/conftest.py": FIXTURES})
    made = outcome.made_by_file[rates]
    assert (made.tests, made.positive, made.negative, made.plain, made.checks) == (2, 6, 2, 0, 8)
    counts = outcome.per_agent[DESK]
    assert (counts.unit_passed, counts.positive_checks, counts.negative_checks) == (18, 6, 2)
    plan = handmade.plan((*handmade.GATES, handmade.row("negative_tests_per_module", 4, 3, "count_min")))
    found = {(r.gate, r.agent): r for r in validation_results(plan, outcome) if r.gate in SIDES}
    assert found["tests_per_module", DESK].figure == 8
    assert found["tests_per_module", DESK].detail == "rates.py of 3 modules: 6 positive, 2 negative"
    assert found["negative_tests_per_module", DESK].figure == 2
    assert not found["negative_tests_per_module", DESK].passed
    # Tests without named checks do not say of which side they are.
    assert found["tests_per_module", POST].detail.endswith("0 positive, 0 negative, 9 others")
    assert ("negative_tests_per_module", POST) not in found


def test_each_check_that_fails_is_told_by_its_name(run: Run, tmp_path: Path) -> None:
    rates = "tests/agents/desk/test_rates.py"
    broken = handmade.RATES.replace("{agent}", "desk").replace("weight < 20", "weight < 5")
    changed = {rates: CHECKED.replace("(19, 1.0), ", "(19, 1.0), (7, 1.0), "), "tests/conftest.py": FIXTURES}
    outcome = run(tmp_path, LIGHT | changed | {"code/L9/desk/rates.py": broken})
    told = [failure for failure in outcome.failures if failure.node.startswith(rates)]
    assert [failure.check for failure in told] == ["19 grammes", "7 grammes"]
    assert all("2.5 == 1.0" in failure.message for failure in told)
    assert {str(failure.place.file) for failure in told} == {rates}
    results = [r for r in validation_results(handmade.plan(), outcome) if r.agent == DESK]
    (unit,) = [result for result in results if result.gate == "unit_tests"]
    assert unit.detail.startswith(f"{rates}: 1 of 2 passed: {rates}::test_prices")
    found = problems(handmade.plan(), results, outcome.failures)
    assert any(problem.message.startswith("test_prices: 19 grammes: ") for problem in found)


def test_a_parent_that_was_ended_says_so(tmp_path: Path) -> None:
    ended = fork_server_of_tests(tmp_path / "log")
    ended.close()
    with pytest.raises(ServiceError, match="ended"):
        ended.run({}, 5)
