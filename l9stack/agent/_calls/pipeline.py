"""One call from its arguments to its answer: checked, run, bounded, concluded."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from l9stack.agent._calls.answers import Answer, field_errors, pending, problem
from l9stack.agent._calls.conclusion import conclude
from l9stack.agent._calls.context import OperationContext
from l9stack.agent._calls.runtime import AgentRuntime, add_audit_entry
from l9stack.agent.governance._decision import Escalation
from l9stack.agent.operations import EscalatedError, Operation, PeerError, RefusedError
from l9stack.agent.records import Record, as_values, wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What is to be run, with which arguments, for whom.

    `origin` is the principal for whom an agent calls, where it is not the caller itself. `decision_id` is given where
    it follows from what was asked, so that doing it again is no other decision. What is not `governed` was decided by
    an anchor already.
    """

    operation: Operation
    arguments: Mapping[str, Any]
    trace_id: str
    caller: str
    governed: bool = True
    origin: str = ""
    decision_id: str = ""


async def run(runtime: AgentRuntime, invocation: Invocation) -> Answer:
    """Run an operation for a caller and answer; never raises for what a caller or a peer did wrong."""
    began = time.monotonic()
    operation, trace_id, caller = invocation.operation, invocation.trace_id, invocation.caller
    decision_id = invocation.decision_id or str(uuid.uuid4())
    log = runtime.log.bind(trace_id=trace_id, decision_id=decision_id, operation=operation.name, caller=caller)
    with runtime.metrics.running():
        try:
            request = operation.request_model.model_validate(wrapped(operation.request_model, invocation.arguments))
        except ValidationError as error:
            answer = problem(400, "invalid-request", field_errors(error), trace_id)
        else:
            context = OperationContext(
                runtime,
                operation,
                as_values(request),
                trace_id,
                decision_id,
                datetime.now(UTC),
                log,
                invocation.origin or caller,
            )
            answer = await _attempt(context, request, governed=invocation.governed)
    seconds = time.monotonic() - began
    runtime.metrics.call(operation.name, str(answer.status), seconds)
    log.info(
        "call",
        status=answer.status,
        milliseconds=round(seconds * 1000, 2),
        governance=answer.governance,
        degraded=list(answer.degraded),
        code=answer.code,
    )
    return answer


async def _attempt(context: OperationContext, request: Record, *, governed: bool) -> Answer:
    runtime, operation, trace_id = context.runtime, context.operation, context.trace_id
    values = dict(context.arguments)
    if denied := await _unkept(runtime, operation, trace_id):
        return denied
    try:
        response = earlier = await _precedent(runtime, operation, values)
        if earlier is None:
            async with asyncio.timeout(operation.timeout_seconds):
                response = await operation.function(request, context)
        if not isinstance(response, operation.response_model):
            raise TypeError(f"{operation.name} answered {type(response).__name__}")
    except EscalatedError as waiting:
        runtime.metrics.escalation("unbound" if not operation.bound else "peer")
        await add_audit_entry(
            runtime, "escalated", trace_id, {"operation": operation.name, "decision_id": waiting.decision_id}
        )
        anchors = waiting.anchors or runtime.definition.governance.anchors
        return pending(waiting.decision_id, waiting.reason, anchors, trace_id)
    except RefusedError as refused:
        return problem(503, "unbound-refused", str(refused), trace_id)
    except PeerError as error:
        return await _failed(context, 504 if error.kind == "timeout" else 502, error)
    except TimeoutError as error:
        return await _failed(context, 504, error)
    except Exception as error:  # the operation's own code: reported, governed, never swallowed
        context.log.exception("operation failed")
        return await _failed(context, 500, error)
    # An anchor has decided a precedent, under this very policy: its rules do not ask for it once more.
    governed = governed and earlier is None
    return await conclude(context, values, as_values(response), governed=governed)


async def _precedent(runtime: AgentRuntime, operation: Operation, values: Mapping[str, Any]) -> Record | None:
    """An anchor's earlier answer to the same; one that a newer response model does not take is none."""
    earlier = await runtime.governor.precedent(operation.name, values) if operation.reusable else None
    if earlier is None:
        return None
    try:
        return operation.response_model.model_validate(wrapped(operation.response_model, earlier))
    except ValidationError as error:
        runtime.log.info("precedent does not fit", operation=operation.name, faults=error.error_count())
        return None


async def _unkept(runtime: AgentRuntime, operation: Operation, trace_id: str) -> Answer | None:
    """Governance denies critical operations while the store of its decisions is down."""
    if not runtime.switches.enforcing or not operation.critical:
        return None
    try:
        await asyncio.wait_for(runtime.memory.keeps_decisions(), 5)
        return None
    except Exception as error:
        detail = f"the store of decisions does not answer ({type(error).__name__})"
        return problem(503, "governance-unavailable", detail, trace_id)


async def _failed(context: OperationContext, status: int, error: Exception) -> Answer:
    """An operation that could not finish is escalated, and the answer names the decision where it could be kept."""
    runtime, operation, trace_id = context.runtime, context.operation, context.trace_id
    kind = error.kind if isinstance(error, PeerError) else type(error).__name__
    reason = str(error) if isinstance(error, PeerError) else f"{operation.name} failed: {kind}"
    if isinstance(error, TimeoutError):
        reason = f"{operation.name} took longer than {operation.timeout_seconds:g} s"
    runtime.metrics.escalation("failure")
    decision_id = ""
    try:
        decision_id = await runtime.governor.escalate(
            Escalation(
                operation=operation.name,
                arguments=context.arguments,
                reason=reason,
                trace_id=trace_id,
                severity="critical",
                asked_by=context.asked_by,
            )
        )
    except Exception as fault:
        runtime.log.error("escalation not stored", trace_id=trace_id, error=type(fault).__name__, reasons=[reason])
    await add_audit_entry(runtime, "failed", trace_id, {"operation": operation.name, "reason": reason})
    code = "peer-failed" if isinstance(error, PeerError) else "operation-failed"
    body = {**problem(status, code, reason, trace_id).body, "decision_id": decision_id}
    return Answer(status, body, trace_id, decision_id, "ESCALATED", code=code)
