"""Tests of escalation_handler.py: Fleet: the policy's triggers, and the way to a person."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.fleet.escalation_handler import ANCHORS, escalate, raise_load_above_what_the_van_may_carry

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "fleet.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize("detail", ["", "seen twice"])
@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (raise_load_above_what_the_van_may_carry, "load_above_what_the_van_may_carry"),
    ],
)
async def test_each_trigger_is_raised_by_its_name(
    agent: ServedAgent, raised: Callable[..., None], name: str, detail: str
) -> None:
    """The call ends with the trigger and what was told of it."""
    context = agent.context()
    raised(context, *([detail] if detail else []))
    assert context.triggers == [(name, detail)]


@pytest.mark.parametrize("name", ["no such trigger", ""])
async def test_a_trigger_that_the_policy_does_not_name_is_refused(agent: ServedAgent, name: str) -> None:
    """Nobody is asked for a reason that nobody has agreed on."""
    context = agent.context()
    with pytest.raises(KeyError):
        context.raise_trigger(name)
    assert context.triggers == []


@pytest.mark.parametrize(("severity", "kept"), [("normal", "normal"), ("critical", "critical"), ("", "normal")])
async def test_an_escalated_call_waits_for_the_anchors(agent: ServedAgent, severity: str, kept: str) -> None:
    """With the reason that was given, and the severity, by default the operation's own."""
    decision = await escalate(agent.context(), "too odd to go on", severity)
    waiting = (await agent.get(f"/decisions/{decision}", "operator")).json()
    assert (waiting["status"], waiting["reason"], waiting["severity"]) == ("PENDING", "too odd to go on", kept)


@pytest.mark.parametrize("arguments", [{}, {"subject": "S-1", "count": 2}])
async def test_the_anchors_see_what_the_call_was_about(agent: ServedAgent, arguments: dict[str, Any]) -> None:
    """Its arguments, its trace, and who asked."""
    context = agent.context(arguments=arguments)
    decision = await escalate(context, "too odd to go on")
    waiting = (await agent.get(f"/decisions/{decision}", "operator")).json()
    assert (waiting["arguments"], waiting["trace_id"]) == (arguments, context.trace_id)
    assert waiting["asked_by"] == context.asked_by


async def test_two_escalations_are_two_decisions(agent: ServedAgent) -> None:
    """Each waits by itself."""
    first, second = [await escalate(agent.context(), "too odd to go on") for _ in range(2)]
    assert first != second


async def test_a_decision_that_nobody_opened_is_not_there(agent: ServedAgent) -> None:
    """An id is not enough."""
    assert (await agent.get(f"/decisions/{uuid.uuid4()}", "operator")).status_code == 404


async def test_the_anchors_are_those_of_the_policy(agent: ServedAgent) -> None:
    """In the order of the settings that won."""
    assert agent.definition.governance.anchors == ANCHORS


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (raise_load_above_what_the_van_may_carry, {"detail": ""}),
        (escalate, {"severity": ""}),
    ],
)
async def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
