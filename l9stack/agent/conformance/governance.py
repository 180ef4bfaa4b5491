"""Who decides, and when: policies, rules at their thresholds, findings, triggers and escalations."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from l9stack.agent import GovernancePolicy
from l9stack.agent.conformance._checks import Checks, holds, raising, same, title
from l9stack.agent.conformance.memory import name_of
from l9stack.agent.governance import weigh
from l9stack.agent.testing._agent import ServedAgent

__all__ = ["Cases", "Values", "escalation", "findings", "policy", "thresholds", "triggers"]

Values = Mapping[str, Any]
"""Fields by name."""
Cases = Sequence[tuple[Values, Sequence[str]]]
"""Values beside the rules that they fire, in the policy's order."""


def policy(checks: Checks, found: GovernancePolicy, declared: GovernancePolicy) -> None:
    """Each part of the policy is what schema and settings say; nobody changes it."""
    for part in dataclasses.fields(GovernancePolicy):
        with checks.positive(f"its {part.name} is as declared"):
            same(getattr(found, part.name), getattr(declared, part.name))
    for name, value in (("rules", ()), ("anchors", ()), ("unbound", "answer")):
        with checks.negative(f"nobody changes its {name}"), raising(dataclasses.FrozenInstanceError):
            setattr(found, name, value)


def thresholds(
    checks: Checks, policy: GovernancePolicy, cases: Cases, escalations: Callable[[Values], tuple[str, ...]] | None
) -> None:
    """Just below, at and just above each threshold the rules fire that have to, and no others."""
    for values, fired in cases:
        name = title(values, "no values")
        side = checks.positive if fired else checks.negative
        with side(f"{name}: {', '.join(fired) or 'nothing'} fires"):
            if escalations is not None:
                same(escalations(values), tuple(fired))
            verdict = weigh(policy, values)
            same((verdict.status, list(verdict.fired)), ("ESCALATED" if fired else "APPROVED", list(fired)))
            same(verdict.anchors, policy.anchors if fired else ())


async def findings(checks: Checks, agent: ServedAgent, module: Any, sentences: Mapping[str, str], cases: Cases) -> None:
    """A checker finds the rules that fire, with sentence and anchors, and notes them in the audit chain."""
    with checks.positive("the sentences are the policy's"):
        same(module.SENTENCES, dict(sentences))
    for values, fired in cases:
        name = title(values, "no values")
        side = checks.positive if fired else checks.negative
        with side(f"{name}: {', '.join(fired) or 'nothing'} is found"):
            found = module.check(agent.context(), values)
            same([item.rule for item in found], list(fired))
            same([item.sentence for item in found], [sentences[rule] for rule in fired])
            holds({item.anchors for item in found} <= {agent.definition.governance.anchors}, "others decide")
    for values, fired in [case for case in cases if case[1]][:3]:
        with checks.positive(f"{title(values)}: the finding is noted"):
            context = agent.context()
            same([item.rule for item in await module.check_and_note(context, values)], list(fired))
            ((action, detail),) = await agent.audit_entries(context.trace_id)
            same((action, detail["rules"]), ("compliance_findings", list(fired)))
    with checks.negative("nothing is noted where nothing fires"):
        context = agent.context()
        same(await module.check_and_note(context, {"something_else": 1}), ())
        same(await agent.audit_entries(context.trace_id), [])


async def triggers(checks: Checks, agent: ServedAgent, raised: Mapping[Callable[..., None], str]) -> None:
    """Each function raises the trigger of the policy that it is named after, and no other one can be raised."""
    for function, name in raised.items():
        for detail in ("", "seen twice"):
            with checks.positive(f"{name_of(function)} raises its trigger, saying {detail!r}"):
                context = agent.context()
                function(context, *([detail] if detail else []))
                same(context.triggers, [(name, detail)])
    for name in ("no such trigger", ""):
        with checks.negative(f"the policy does not name {name!r}"):
            context = agent.context()
            with raising(KeyError):
                context.raise_trigger(name)
            same(context.triggers, [])


async def escalation(
    checks: Checks,
    agent: ServedAgent,
    escalate: Callable[..., Awaitable[str]],
    anchors: tuple[str, ...],
    declared: tuple[str, ...],
) -> None:
    """A call that code escalates waits for the anchors of the policy, with all that it was about."""
    with checks.positive("the anchors are those of the policy"):
        same((agent.definition.governance.anchors, anchors), (declared, declared))
    seen = []
    for severity, kept in (("normal", "normal"), ("critical", "critical"), ("", "normal")):
        with checks.positive(f"it waits with severity {severity or 'of the operation'}"):
            context = agent.context(arguments={"severity": severity} if severity else {})
            decision = await escalate(context, "too odd to go on", severity)
            seen.append(decision)
            waiting = (await agent.get(f"/decisions/{decision}", "operator")).json()
            same(
                (waiting["status"], waiting["reason"], waiting["severity"]),
                ("PENDING", "too odd to go on", kept),
            )
            same((waiting["arguments"], waiting["trace_id"]), (context.arguments, context.trace_id))
            same(waiting["asked_by"], context.asked_by)
    with checks.negative("no escalation stands for another"):
        same(len(set(seen)), 3)
    with checks.negative("a decision that nobody opened is not there"):
        same((await agent.get(f"/decisions/{uuid.uuid4()}", "operator")).status_code, 404)
