"""How a call ends once its operation has answered: governed, recorded, audited, published, or held for an anchor."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from l9stack.agent._calls.answers import Answer, problem, waits
from l9stack.agent._calls.context import OperationContext
from l9stack.agent._calls.runtime import AgentRuntime, add_audit_entry
from l9stack.agent._messaging import events
from l9stack.agent.governance._decision import AnchorDecision
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
    if governed and runtime.enforcing:
        fired = tuple(context.check_policy({**values, **response, "criticality": operation.criticality}).fired)
        raised = tuple(name for name, _ in context.triggers)
    reasons = [*fired, *raised]
    if runtime.holding and holds(runtime.definition.governance, fired, raised):
        return await _hold(context, values, response, reasons)
    status = "ESCALATED" if reasons else "APPROVED"
    recorded = _with_references(response, context.recalled)
    decision = _decision(operation, values, recorded, trace_id, status, context.decision_id, reasons, context.now)
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
        await runtime.governor.open(
            operation.name,
            values,
            reason,
            trace_id,
            severity=operation.severity,
            asked_by=context.asked_by,
            held=held,
            decision_id=context.decision_id,
        )
    except Exception as error:
        context.log.error("answer not held", error=type(error).__name__, reasons=reasons)
        return problem(503, "governance-unavailable", f"the answer cannot be held ({type(error).__name__})", trace_id)
    runtime.metrics.escalation("held")
    await add_audit_entry(runtime, "held", trace_id, {"operation": operation.name, "decision_id": context.decision_id})
    return waits(context.decision_id, reason, runtime.definition.governance.anchors, trace_id)


async def release(
    runtime: AgentRuntime, operation: Operation, found: AnchorDecision, answer: Mapping[str, Any], *, as_held: bool
) -> tuple[str, ...]:
    """Record and publish what an anchor decided: the answer as it was held, or the anchor's own; what failed."""
    held = found.held or {}
    recorded = held["recorded"] if as_held else answer
    decision_id = found.decision_id if found.held is not None else ""
    fired = held.get("fired", ())
    decision = _decision(operation, found.arguments, recorded, found.trace_id, "APPROVED", decision_id, fired)
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
    decision = _decision(operation, request, response, trace_id, status)
    await _record(runtime, decision)
    return decision.decision_id


def _decision(
    operation: Operation,
    request: Mapping[str, Any],
    response: Mapping[str, Any],
    trace_id: str,
    status: str,
    decision_id: str = "",
    fired: Iterable[str] = (),
    when: datetime | None = None,
) -> Decision:
    confidence = response.get("confidence")
    return Decision(
        decision_id=decision_id or str(uuid.uuid4()),
        trace_id=trace_id,
        operation=operation.name,
        timestamp=when or datetime.now(UTC),
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
        await context.runtime.governor.open(
            context.operation.name,
            values,
            "; ".join(reasons),
            context.trace_id,
            status="ESCALATED",
            asked_by=context.asked_by,
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
