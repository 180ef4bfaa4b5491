"""Phase 1: what has to be there before code is run: targets, dependencies, anchors, flags, and servers that answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from l9stack.gates.registry import (
    BASELINE_GATES,
    GateMeasurement,
    agent_gate,
    collection_gate,
    first_few,
    result,
    rows_of,
)
from l9stack.gates.syntax import CODE, ParsedTree
from l9stack.model.evidence import GateResult, ServerVersion
from l9stack.model.plan import AgentPlan, Plan

Ping = Callable[[], ServerVersion]
"""Speaks to a server and says what it is; raises where it does not answer."""

BASELINE_GATES |= {"backends_online": "collection", "targets_writable": "collection"}


@agent_gate("hard_dependencies_present")
def hard_dependencies_present(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when each hard dependency is in the collection, in an earlier wave, with code in this very tree."""
    waves = {other.id: other.wave for other in scene.plan.agents}
    wanted = [edge.target for edge in agent.edges if edge.kind.value == "hard" and edge.source == agent.id]
    wrong = [
        name
        for name in wanted
        if waves.get(name, agent.wave) >= agent.wave  # type: ignore[call-overload]
        or not scene.artifacts(name, CODE)  # type: ignore[arg-type]
    ]
    return GateMeasurement(
        not wrong, first_few(wrong) or first_few(wanted) or "none", agent.spec.place if wrong else None
    )


@agent_gate("anchors_named")
def anchors_named(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many governance anchors are named; whether they can be reached is measured at deployment."""
    anchors = anchors_of(agent)
    return GateMeasurement(len(anchors), first_few(anchors), None if anchors else agent.spec.place)


def anchors_of(agent: AgentPlan) -> list[str]:
    """The anchors that hold for an agent: its resolved setting, or those of its schema."""
    value = next((setting.value for setting in agent.settings if setting.name == "governance.anchors"), None)
    return [str(item) for item in value] if isinstance(value, list) else list(agent.spec.governance.anchors)


@collection_gate("flags_set")
def flags_set(scene: ParsedTree) -> GateMeasurement:
    """1 when every feature flag of the meta templates has a value; the detail names those that are off."""
    off = [name for name, value in sorted(scene.plan.flags.items()) if not value]
    detail = f"{len(scene.plan.flags)} flags set" + (f", off: {first_few(off)}" if off else "")
    return GateMeasurement(bool(scene.plan.flags), detail)


def baseline(
    plan: Plan, output: Path, pings: Mapping[str, Ping]
) -> tuple[tuple[GateResult, ...], tuple[ServerVersion, ...]]:
    """Measure what phase 1 asks of the machine: `output` can be written, and each backend of `pings` answers.

    Returns the results and the versions of the servers that answered.
    """
    answers = _answers(pings)
    results = []
    for row in rows_of(plan):
        if row.gate == "backends_online":
            results.append(result(row, None, _online(plan, answers)))
        elif row.gate == "targets_writable":
            results.append(result(row, None, _writable(output)))
    servers = tuple(answer for _, answer in sorted(answers.items()) if isinstance(answer, ServerVersion))
    return tuple(results), servers


def _answers(pings: Mapping[str, Ping]) -> dict[str, ServerVersion | Exception]:
    def ask(ping: Ping) -> ServerVersion | Exception:
        try:
            return ping()
        except Exception as error:  # whatever a driver raises means the same here: it did not answer
            return error

    with ThreadPoolExecutor(max_workers=max(1, len(pings))) as pool:
        return dict(zip(pings, pool.map(ask, pings.values()), strict=True))


def _online(plan: Plan, answers: Mapping[str, ServerVersion | Exception]) -> GateMeasurement:
    silent = [f"{name}: {answer}" for name, answer in sorted(answers.items()) if isinstance(answer, Exception)]
    if not answers and any(agent.spec.memory for agent in plan.agents):
        silent = ["no backend was given"]
    online = [f"{a.product} {a.version}".strip() for _, a in sorted(answers.items()) if isinstance(a, ServerVersion)]
    return GateMeasurement(not silent, first_few(silent) or ", ".join(online) or "no memory layer is declared")


def _writable(output: Path) -> GateMeasurement:
    folder = output
    while not folder.exists():
        folder = folder.parent
    good = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return GateMeasurement(good, str(output) if good else f"{folder} cannot be written")
