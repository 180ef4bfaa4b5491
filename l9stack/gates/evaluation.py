"""Figures beside thresholds, and what is said when one does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from l9stack.errors import GateError, Place, Problem
from l9stack.gates.outcomes import GroupRun, TestFailure, TestRun, TestTally, summarise
from l9stack.gates.registry import TEST_GATES, GateMeasurement, advisory, first_few, percent, result, rows_of
from l9stack.model.evidence import GateResult, TestCounts
from l9stack.model.meta import GateThreshold
from l9stack.model.plan import Edge, EdgeKind, OperationPlan, Plan
from l9stack.names import AgentId, operation_name

TEST_GATES |= {
    "unit_tests": "agent",
    "regression_tests": "agent",
    "coverage": "agent",
    "tests_per_module": "agent",
    "negative_tests_per_module": "agent",
    "integration_tests": "collection",
}
_KINDS = {"unit_tests": "unit", "regression_tests": "regression", "integration_tests": "integration"}
_WIRED = {EdgeKind.API_CALL: "", EdgeKind.PACKET_SEND: "", EdgeKind.EVENT_OBSERVE: "on_"}
"""The kinds of edges that end at operations, with what is put before an event's name."""
_AT_MOST = frozenset({"count_max", "seconds"})
_HINTS = {
    "unit_tests": "read the test's message; where an implementation is yours, fix it there",
    "integration_tests": "check the wiring's operation names and both agents' request fields",
    "coverage": "an operation without example values is tested thinly: give its fields an `example`",
    "no_stub_bodies": "write the body; a function below implementations/ is your own",
    "no_placeholders": "the words come from your schema or glue: reword them there",
    "module_length": "give some of the operations a module of their own: `module:` in glue",
    "anchors_named": "list governance.anchors in the schema or in meta.codegen.schema.yaml",
}


def validation_results(plan: Plan, run: TestRun) -> tuple[GateResult, ...]:
    """Results of phase 4: for each agent that the run covered, and for the collection where integration tests ran."""
    results = []
    for row in rows_of(plan):
        if TEST_GATES.get(row.gate) == "agent":
            found = {agent: _agent_finding(row, plan, run, agent) for agent in run.per_agent}
            results += [result(row, agent, finding) for agent, finding in found.items() if finding is not None]
        elif row.gate in TEST_GATES and run.integration and not run.all_held_back:
            results.append(result(row, None, _integration(plan, run)))
    return tuple(results)


def first_failed_gate(plan: Plan, run: GroupRun) -> str:
    """The first gate of phase 4 that an agent's own tests did not reach; an empty string where all hold."""
    own = [run.group.agent] if run.group.agent else []
    alone = summarise(plan, own, [run], {}, wanted=[run.group], integration=False, seconds=run.seconds)
    advised = advisory(plan)
    failed = [item.gate for item in validation_results(plan, alone) if not item.passed and item.gate not in advised]
    return failed[0] if failed else ""


def _agent_finding(row: GateThreshold, plan: Plan, run: TestRun, agent: AgentId) -> GateMeasurement | None:
    """What was measured of an agent; None where there is nothing that the gate could measure."""
    counts = run.per_agent[agent]
    if row.gate == "coverage":
        return GateMeasurement(
            counts.coverage_percent, "lines and branches of the generated code alone, by its own tests"
        )
    if row.gate == "tests_per_module":
        return _fewest_checks(_made_of_modules(plan, run, agent))
    if row.gate == "negative_tests_per_module":
        return _fewest_negative(_made_of_modules(plan, run, agent))
    failures = [failure for failure in run.failures if failure.agent == agent and failure.kind == _KINDS[row.gate]]
    if row.gate == "regression_tests":
        return _share(counts.regression_passed, counts.regression_failed, 0, failures)
    whole = _share(counts.unit_passed, counts.unit_failed, counts.skipped, failures)
    # That of the module with the lowest: no number of good modules hides an operation that always fails.
    modules = [_share_of(file, run, failures) for file in sorted({_file(failure) for failure in failures})]
    return min([whole, *modules], key=lambda finding: finding.figure)


def _file(failure: TestFailure) -> str:
    return failure.node.partition("::")[0]


def _share_of(file: str, run: TestRun, failures: list[TestFailure]) -> GateMeasurement:
    own = [failure for failure in failures if _file(failure) == file]
    failed = len({failure.node for failure in own})
    share = _share(max(run.made_by_file.get(file, TestTally()).tests - failed, 0), failed, 0, own)
    return GateMeasurement(share.figure, f"{file}: {share.detail}", share.place)


def _integration(plan: Plan, run: TestRun) -> GateMeasurement:
    counts: TestCounts = run.collection
    inner = [edge for edge in plan.edges if not edge.external and edge.kind is not EdgeKind.CONNECT]
    if not inner and not counts.integration_passed + counts.integration_failed:
        return GateMeasurement(100.0, "no agent depends on or calls another")
    failures = [failure for failure in run.failures if failure.kind == "integration"]
    share = _share(counts.integration_passed, counts.integration_failed, 0, failures)
    calls, unbound = wired_operations(plan)
    remarks = []
    if unbound:
        remarks.append(
            f"{len(unbound)} of {calls} calls end at operations that nobody has bound: {first_few(unbound, 3)}"
        )
    if run.not_run:
        remarks.append(f"{len(run.not_run)} files were not run, for they need agents that were stopped")
    return GateMeasurement(share.figure, "; ".join([share.detail, *remarks]), share.place)


def _share(passed: int, failed: int, skipped: int, failures: list[TestFailure]) -> GateMeasurement:
    """Percent that passed. A skipped test proved nothing, and neither did a test that is not there."""
    total = passed + failed + skipped
    detail = f"{passed} of {total} passed" + (f", {skipped} skipped" if skipped else "")
    detail += f": {first_few(dict.fromkeys(failure.node for failure in failures), 3)}" if failures else ""
    return GateMeasurement(percent(passed, total) if total else 0.0, detail, failures[0].place if failures else None)


def _made_of_modules(plan: Plan, run: TestRun, agent: AgentId) -> dict[str, TestTally]:
    """What was made in the tests of each module; a package is a docstring, and has none."""
    return {
        module.path: run.made_by_file.get(
            f"tests/agents/{agent}/test_{module.path.removesuffix('.py').replace('/', '_')}.py", TestTally()
        )
        for module in plan.agent(agent).modules
        if not module.path.endswith("__init__.py")
    }


def _fewest_checks(modules: Mapping[str, TestTally]) -> GateMeasurement:
    if not modules:
        return GateMeasurement(0, "no modules")
    fewest = min(modules, key=lambda path: modules[path].checks)
    made = modules[fewest]
    sides = f"{made.positive} positive, {made.negative} negative" + (f", {made.plain} others" if made.plain else "")
    return GateMeasurement(made.checks, f"{fewest} of {len(modules)} modules: {sides}")


def _fewest_negative(modules: Mapping[str, TestTally]) -> GateMeasurement | None:
    """Of modules whose tests have named checks: what others try is not told by side."""
    told = {path: made for path, made in modules.items() if made.positive + made.negative}
    if not told:
        return None
    fewest = min(told, key=lambda path: told[path].negative)
    return GateMeasurement(told[fewest].negative, f"{fewest} of {len(told)} modules")


def problems(plan: Plan, results: Iterable[GateResult], failures: Iterable[TestFailure] = ()) -> tuple[Problem, ...]:
    """A problem for each gate that did not hold, and one for each test that failed under such a gate.

    They name agent, phase, gate, figure, threshold, and the place to look at, first.
    """
    failures, advised = list(failures), advisory(plan)
    found: list[Problem] = []
    for item in results:
        if item.passed or item.gate in advised:
            continue
        who = item.agent or plan.collection
        unit = " percent" if item.unit == "percent" else ""
        message = f"{who}, phase {item.phase}: {item.gate} is {item.figure:g}{unit}, "
        message += f"{'at most' if item.unit in _AT_MOST else 'at least'} {item.threshold:g} is asked"
        message += f": {item.detail}" if item.detail else ""
        found.append(Problem(f"gate-{item.gate.replace('_', '-')}", message, item.place, _hint(plan, item.gate)))
        kind = _KINDS.get(item.gate)
        for failure in failures:
            if failure.kind == kind and (item.agent is None or failure.agent == item.agent):
                found.append(_test_problem(failure))
    return tuple(found)


def unmeasured_notes(plan: Plan, run: TestRun, held: int) -> tuple[Problem, ...]:
    """A note for each agent that was not run, with the reason, and one that says what is kept of the others."""
    notes = [
        Problem(
            "agent-stopped",
            f"{agent} was not measured: {run.stopped[agent]}",
            plan.agent(agent).spec.place,
            "it is measured when that gate holds",
            "note",
        )
        for agent in (agent.id for agent in plan.agents)
        if agent in run.stopped and agent not in run.per_agent
    ]
    kept = f"the results of {held} of {len(plan.agents)} agents hold and are kept; the last extraction is left as it is"
    return (*notes, Problem("gates-kept", kept, None, "", "note"))


def _test_problem(failure: TestFailure) -> Problem:
    first = failure.message.splitlines()[0] if failure.message else "failed"
    place = Place(failure.place.file, failure.place.line)
    name = failure.node.partition("::")[2] or failure.node
    return Problem("test-failed", ": ".join(filter(None, (name, failure.check, first))), place)


def _hint(plan: Plan, gate: str) -> str:
    if gate in _HINTS:
        return _HINTS[gate]
    row = next((row for row in rows_of(plan) if row.gate == gate), None)
    if row is None:
        return ""
    stands = f"the threshold stands in {row.place}"
    return f"{row.description}; {stands}" if row.description else stands


def require(plan: Plan, results: Iterable[GateResult], failures: Iterable[TestFailure] = ()) -> None:
    """Do nothing where every gate holds.

    Raises:
        GateError: with the problems of those that do not.
    """
    found = problems(plan, results, failures)
    if found:
        raise GateError(found)


def stop_reasons(plan: Plan, results: Iterable[GateResult]) -> dict[AgentId, str]:
    """Agents that may not go on, with the reason: a gate of their own, or of an agent that they depend on hard."""
    reasons: dict[AgentId, str] = {}
    advised = advisory(plan)
    for item in results:
        if not item.passed and item.agent is not None and item.gate not in advised:
            reasons.setdefault(item.agent, f"gate {item.gate}")
    for agent in plan.agents:  # in order of waves, so a reason travels along the whole chain
        for edge in agent.edges:
            if edge.kind is EdgeKind.HARD and edge.source == agent.id and edge.target in reasons:
                reasons.setdefault(agent.id, f"depends on {edge.target}")
    return reasons


def wired_operations(plan: Plan) -> tuple[int, list[str]]:
    """How many operations agents ask of each other over their wirings, and those of them that nobody has bound.

    What is tested of the latter is that they wait for an anchor, or are refused, and that is another thing than an
    answer: hence they are counted apart.
    """
    found: dict[str, bool] = {}
    for edge in plan.edges:
        target = next((agent for agent in plan.agents if agent.id == edge.target), None)
        if target is None or edge.kind not in _WIRED:
            continue
        for operation in target.operations:
            if _ends_at(edge, operation):
                found[f"{edge.source} → {edge.target}.{operation.name}"] = operation.bound
    return len(found), sorted(call for call, bound in found.items() if not bound)


def _ends_at(edge: Edge, operation: OperationPlan) -> bool:
    names = {operation_name(f"{_WIRED[edge.kind]}{name}") for name in edge.names}
    return operation.name in names or bool({*edge.names} & {*operation.packet_types})
