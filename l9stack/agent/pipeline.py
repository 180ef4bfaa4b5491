"""One call from its arguments to its answer: checked, run, bounded, governed, recorded, audited, published."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from l9stack.agent import audit, events
from l9stack.agent.context import OperationContext
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.governance import Governor
from l9stack.agent.memory import Decision, Memory
from l9stack.agent.metrics import Metrics
from l9stack.agent.operations import EscalatedError, Operation, PeerError, RefusedError
from l9stack.agent.peers import Transport
from l9stack.agent.records import Payload, as_values

CRITICAL = 0.7
"""From this criticality on, an operation is denied when governance cannot keep its decisions."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body, and what the headers say; `code` names a problem for scripts."""

    status: int
    body: dict[str, Any]
    trace_id: str
    decision_id: str = ""
    governance: str = "APPROVED"
    degraded: tuple[str, ...] = ()
    code: str = ""


@dataclass(slots=True)
class Runtime:
    """Everything that one running agent is made of."""

    definition: AgentDefinition
    memory: Memory
    governor: Governor
    transport: Transport
    metrics: Metrics
    log: Any
    enforcing: bool = True
    started: float = field(default_factory=time.monotonic)

    async def run(
        self, operation: Operation, arguments: Mapping[str, Any], trace_id: str, caller: str, *, governed: bool = True
    ) -> Answer:
        """Run an operation for a caller and answer; never raises for what a caller or a peer did wrong."""
        began = time.monotonic()
        decision_id = str(uuid.uuid4())
        log = self.log.bind(trace_id=trace_id, decision_id=decision_id, operation=operation.name, caller=caller)
        answer = await self._attempt(operation, arguments, trace_id, decision_id, log, governed=governed)
        seconds = time.monotonic() - began
        self.metrics.call(operation.name, str(answer.status), seconds)
        log.info(
            "call",
            status=answer.status,
            milliseconds=round(seconds * 1000, 2),
            governance=answer.governance,
            degraded=list(answer.degraded),
            code=answer.code,
        )
        return answer

    async def _attempt(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        trace_id: str,
        decision_id: str,
        log: Any,
        *,
        governed: bool,
    ) -> Answer:
        wrapped = {"payload": dict(arguments)} if issubclass(operation.request_model, Payload) else dict(arguments)
        try:
            request = operation.request_model.model_validate(wrapped)
        except ValidationError as error:
            return problem(400, "invalid-request", _places(error), trace_id)
        if denied := await self._unkept(operation, trace_id):
            return denied
        values = as_values(request)
        context = OperationContext(self, operation, values, trace_id, decision_id, datetime.now(UTC), log)
        try:
            if operation.reusable and (earlier := await self.governor.precedent(operation.name, values)) is not None:
                response = operation.response_model.model_validate(wrap_response(operation, earlier))
            else:
                async with asyncio.timeout(operation.timeout_seconds):
                    response = await operation.function(request, context)
            if not isinstance(response, operation.response_model):
                raise TypeError(f"{operation.name} answered {type(response).__name__}")
        except EscalatedError as waiting:
            self.metrics.escalation("unbound" if not operation.bound else "peer")
            await self.audit("escalated", trace_id, {"operation": operation.name, "decision_id": waiting.decision_id})
            body = {
                "decision_id": waiting.decision_id,
                "status": "PENDING",
                "reason": waiting.reason,
                "anchors": list(waiting.anchors or self.definition.governance.anchors),
            }
            return Answer(202, body, trace_id, waiting.decision_id, "PENDING")
        except RefusedError as refused:
            return problem(503, "unbound-refused", str(refused), trace_id)
        except PeerError as error:
            return await self._failed(operation, values, trace_id, 504 if error.kind == "timeout" else 502, error)
        except TimeoutError as error:
            return await self._failed(operation, values, trace_id, 504, error)
        except Exception as error:  # the operation's own code: reported, governed, never swallowed
            log.exception("operation failed")
            return await self._failed(operation, values, trace_id, 500, error)
        return await self._conclude(context, values, as_values(response), governed=governed)

    async def _unkept(self, operation: Operation, trace_id: str) -> Answer | None:
        """Governance denies critical operations while the store of its decisions is down."""
        if not self.enforcing or operation.criticality < CRITICAL:
            return None
        try:
            await asyncio.wait_for(self.memory.keeps_decisions(), 5)
            return None
        except Exception as error:
            detail = f"the store of decisions does not answer ({type(error).__name__})"
            return problem(503, "governance-unavailable", detail, trace_id)

    async def _conclude(
        self, context: OperationContext, values: dict[str, Any], response: dict[str, Any], *, governed: bool
    ) -> Answer:
        operation, trace_id = context.operation, context.trace_id
        weighed = {**values, **response, "criticality": operation.criticality}
        fired = tuple(context.check_policy(weighed).fired) if governed and self.enforcing else ()
        reasons = [*fired, *(name for name, _ in context.triggers)] if governed and self.enforcing else []
        status = "ESCALATED" if reasons else "APPROVED"
        confidence = response.get("confidence")
        decision = Decision(
            decision_id=context.decision_id,
            trace_id=trace_id,
            operation=operation.name,
            timestamp=context.now,
            request=values,
            response=context.referring(response),
            criticality=operation.criticality,
            confidence=float(confidence) if isinstance(confidence, int | float) else None,
            governance_status=status,
            fired=tuple(reasons),
            look_up=operation.look_up,
        )
        failures = await self.memory.record(decision)
        for layer, reason in failures.items():
            self.metrics.memory_failure(layer)
            context.log.error("memory write failed", layer=layer, reason=reason)
        if failures:
            reasons.append(f"memory: {', '.join(sorted(failures))}")
            status = "ESCALATED"
        blocking = self.definition.governance.mode == "blocking" and bool(fired)
        degraded = list(failures)
        if reasons:
            self.metrics.escalation("memory" if failures else "rule")
            if not await self._report(operation.name, values, trace_id, reasons, blocking=blocking):
                degraded.append("governance")
        entry = {"operation": operation.name, "decision_id": context.decision_id, "status": status}
        if not await self.audit("decided", trace_id, entry):
            degraded.append("audit")
        events_out = [*context.events, *([(operation.publish, response)] if operation.publish else [])]
        for event, payload in events_out:
            try:
                await events.publish(self.memory, self.definition.id, event, payload, trace_id)
            except Exception as error:
                context.log.error("event not published", kind=event, error=type(error).__name__)
                degraded.append(f"event {event}")
        return Answer(200, response, trace_id, context.decision_id, status, tuple(dict.fromkeys(degraded)))

    async def remember(
        self, operation: Operation, request: Mapping[str, Any], response: Mapping[str, Any], trace_id: str, status: str
    ) -> str:
        """Record what an anchor decided, as any other decision; failed layers are logged and counted. Its id."""
        confidence = response.get("confidence")
        decision = Decision(
            decision_id=str(uuid.uuid4()),
            trace_id=trace_id,
            operation=operation.name,
            timestamp=datetime.now(UTC),
            request=request,
            response=response,
            criticality=operation.criticality,
            confidence=float(confidence) if isinstance(confidence, int | float) else None,
            governance_status=status,
        )
        for layer, reason in (await self.memory.record(decision)).items():
            self.metrics.memory_failure(layer)
            self.log.error("memory write failed", layer=layer, reason=reason, trace_id=trace_id)
        return decision.decision_id

    async def _report(
        self, operation: str, values: Mapping[str, Any], trace_id: str, reasons: list[str], *, blocking: bool
    ) -> bool:
        status = "PENDING" if blocking else "ESCALATED"
        try:
            await self.governor.open(
                operation,
                values,
                "; ".join(reasons),
                trace_id,
                severity="critical" if blocking else "normal",
                status=status,
            )
            return True
        except Exception as error:
            self.log.error("escalation not stored", trace_id=trace_id, error=type(error).__name__, reasons=reasons)
            return False

    async def _failed(
        self, operation: Operation, values: Mapping[str, Any], trace_id: str, status: int, error: Exception
    ) -> Answer:
        """An operation that could not finish is escalated, and the answer names the decision where it could be kept."""
        kind = error.kind if isinstance(error, PeerError) else type(error).__name__
        reason = str(error) if isinstance(error, PeerError) else f"{operation.name} failed: {kind}"
        if isinstance(error, TimeoutError):
            reason = f"{operation.name} took longer than {operation.timeout_seconds:g} s"
        self.metrics.escalation("failure")
        decision_id = ""
        try:
            decision_id = await self.governor.open(operation.name, values, reason, trace_id, severity="critical")
        except Exception as fault:
            self.log.error("escalation not stored", trace_id=trace_id, error=type(fault).__name__, reasons=[reason])
        await self.audit("failed", trace_id, {"operation": operation.name, "reason": reason})
        answer = problem(
            status, "peer-failed" if isinstance(error, PeerError) else "operation-failed", reason, trace_id
        )
        body = {**answer.body, "decision_id": decision_id}
        return Answer(status, body, trace_id, decision_id, "ESCALATED", code=answer.code)

    async def audit(self, action: str, trace_id: str, detail: dict[str, Any]) -> bool:
        """Add to the audit chain; a chain that cannot be written is logged, and the caller is told."""
        try:
            await self.memory.prepare()
            await audit.append(self.memory.postgres, self.definition.id, action, detail, trace_id)
            return True
        except Exception as error:
            self.log.error("audit not written", trace_id=trace_id, action=action, error=type(error).__name__)
            return False


def problem(status: int, code: str, detail: str, trace_id: str) -> Answer:
    """An answer that says what is wrong, as RFC 9457 problem details."""
    body = {
        "type": f"urn:l9stack:{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Answer(status, body, trace_id, code=code)


def wrap_response(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """A response as its model takes it."""
    return {"payload": dict(values)} if issubclass(operation.response_model, Payload) else dict(values)


def _places(error: ValidationError) -> str:
    """Every field that does not fit, in one line each; never the value itself."""
    found = [f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg']}" for item in error.errors()]
    return "; ".join(found)


def parse_json(body: bytes) -> dict[str, Any] | None:
    """A JSON object, or None for anything else."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
