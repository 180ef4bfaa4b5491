"""How a call ends once its operation has answered: governed, recorded, audited, published, or held for an anchor."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from l9stack.agent._calls.answers import Answer, pending, problem
from l9stack.agent._calls.context import OperationContext
from l9stack.agent._calls.runtime import AgentRuntime, add_audit_entry
from l9stack.agent._messaging import events
from l9stack.agent.governance._decision import AnchorDecision, Escalation
from l9stack.agent.governance._policy import holds
from l9stack.agent.memory._layers import Decision
from l9stack.agent.operations import Operation


async def conclude(
    context: OperationContext, values: dict[str, Any], response: dict[str, Any], *, governed: bool
) -> Answer:
    """Weigh the answer, then hold it or let it out; what is reported about it never stops it."""
    runtime, operation, trace_id = context.runtime, context.operation, context.trace_id
    fired: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    if governed and runtime.switches.enforcing:
        fired = tuple(context.check_policy({**values, **response, "criticality": operation.criticality}).fired)
        raised = tuple(name for name, _ in context.triggers)
    reasons = [*fired, *raised]
    if runtime.switches.holding and holds(runtime.definition.governance, fired, raised):
        return await _hold(context, values, response, reasons)
    status = "ESCALATED" if reasons else "APPROVED"
    recorded = _with_references(response, context.recalled)
    identity = _DecisionIdentity(trace_id, context.decision_id, context.now)
    decision = _decision(operation, values, recorded, status, identity, reasons)
    failures = await _record(runtime, decision)
    degraded = list(failures)
    if failures:
        reasons.append(f"memory: {', '.join(sorted(failures))}")
        status = "ESCALATED"
    if reasons:
        runtime.metrics.escalation("memory" if failures else "rule")
        if not await _report(context, values, reasons):
            degraded.append("governance")
    entry = {"operation": operation.name, "decision_id": context.decision_id, "status": status}
    if not await add_audit_entry(runtime, "decided", trace_id, entry):
        degraded.append("audit")
    degraded += await _publish(runtime, operation, [*context.events], response, trace_id)
    return Answer(200, response, trace_id, context.decision_id, status, tuple(dict.fromkeys(degraded)))


def _with_references(value: Any, recalled: Container[str]) -> Any:
    """A value as it is recorded: decisions that were recalled are named by their id, not kept once more.

    Kept in full, each look-up would hold all earlier ones, and records would grow without bound.
    """
    if isinstance(value, Mapping):
        known = value.get("decision_id")
        if "request" in value and known in recalled:
            return {"decision_id": known}
        return {name: _with_references(item, recalled) for name, item in value.items()}
    return [_with_references(item, recalled) for item in value] if isinstance(value, list) else value


async def _hold(
    context: OperationContext,
    values: dict[str, Any],
    response: dict[str, Any],
    reasons: list[str],
) -> Answer:
    """Keep the answer with a decision; where that fails nobody could be asked, and it does not go out either."""
    runtime, operation, trace_id = context.runtime, context.operation, context.trace_id
    held = {
        "response": response,
        "recorded": _with_references(response, context.recalled),
        "events": [[name, payload] for name, payload in context.events],
        "fired": reasons,
    }
    reason = "; ".join(reasons)
    try:
        await runtime.governor.escalate(
            Escalation(
                operation=operation.name,
                arguments=values,
                reason=reason,
                trace_id=trace_id,
                severity=operation.severity,
                asked_by=context.asked_by,
                held=held,
                decision_id=context.decision_id,
            )
        )
    except Exception as error:
        context.log.error("answer not held", error=type(error).__name__, reasons=reasons)
        return problem(503, "governance-unavailable", f"the answer cannot be held ({type(error).__name__})", trace_id)
    runtime.metrics.escalation("held")
    await add_audit_entry(runtime, "held", trace_id, {"operation": operation.name, "decision_id": context.decision_id})
    return pending(context.decision_id, reason, runtime.definition.governance.anchors, trace_id)


async def release(
    runtime: AgentRuntime, operation: Operation, found: AnchorDecision, answer: Mapping[str, Any], *, as_held: bool
) -> tuple[str, ...]:
    """Record and publish what an anchor decided: the answer as it was held, or the anchor's own; what failed."""
    held = found.held or {}
    recorded = held["recorded"] if as_held else answer
    identity = _DecisionIdentity(found.trace_id)
    if found.held is not None:
        identity = _DecisionIdentity(found.trace_id, found.decision_id)
    decision = _decision(operation, found.arguments, recorded, "APPROVED", identity, held.get("fired", ()))
    failures = await _record(runtime, decision)
    # Events that the operation published about its own answer say nothing of another one.
    own = [(str(name), dict(payload)) for name, payload in held.get("events", ())] if as_held else []
    unpublished = await _publish(runtime, operation, own, dict(answer), found.trace_id)
    return (*failures, *unpublished)


async def remember(
    runtime: AgentRuntime,
    operation: Operation,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    trace_id: str,
    status: str,
) -> str:
    """Record a decision that no call of the operation made, as any other; its id."""
    decision = _decision(operation, request, response, status, _DecisionIdentity(trace_id))
    await _record(runtime, decision)
    return decision.decision_id


@dataclass(frozen=True, slots=True)
class _DecisionIdentity:
    """By what a decision is known; one that no call brings along has a new id, and is of now."""

    trace_id: str
    decision_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))


def _decision(
    operation: Operation,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    status: str,
    identity: _DecisionIdentity,
    fired: Iterable[str] = (),
) -> Decision:
    confidence = response.get("confidence")
    return Decision(
        decision_id=identity.decision_id,
        trace_id=identity.trace_id,
        operation=operation.name,
        timestamp=identity.timestamp,
        request=request,
        response=response,
        criticality=operation.criticality,
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
        governance_status=status,
        fired=tuple(fired),
        look_up=operation.look_up,
    )


async def _record(runtime: AgentRuntime, decision: Decision) -> list[str]:
    """Write to every declared layer; the layers that failed, which are logged and counted."""
    failures = await runtime.memory.record(decision)
    for layer, reason in failures.items():
        runtime.metrics.memory_failure(layer)
        runtime.log.error(
            "memory write failed",
            layer=layer,
            reason=reason,
            trace_id=decision.trace_id,
            decision_id=decision.decision_id,
            operation=decision.operation,
        )
    return list(failures)


async def _report(context: OperationContext, values: dict[str, Any], reasons: list[str]) -> bool:
    try:
        await context.runtime.governor.escalate(
            Escalation(
                operation=context.operation.name,
                arguments=values,
                reason="; ".join(reasons),
                trace_id=context.trace_id,
                status="ESCALATED",
                asked_by=context.asked_by,
            )
        )
        return True
    except Exception as error:
        context.log.error("escalation not stored", error=type(error).__name__, reasons=reasons)
        return False


async def _publish(
    runtime: AgentRuntime,
    operation: Operation,
    own: list[tuple[str, dict[str, Any]]],
    answer: dict[str, Any],
    trace_id: str,
) -> list[str]:
    """Publish the call's own events, then its answer where the operation says so; `event NAME` for each that failed."""
    failed = []
    for event, payload in [*own, *([(operation.publish, answer)] if operation.publish else [])]:
        try:
            await events.publish(runtime.memory, runtime.definition.id, event, payload, trace_id)
        except Exception as error:
            runtime.log.error("event not published", kind=event, error=type(error).__name__, trace_id=trace_id)
            failed.append(f"event {event}")
    return failed
