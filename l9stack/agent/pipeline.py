"""One call from its arguments to its answer: checked, run, bounded, concluded."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from l9stack.agent import audit, conclusion
from l9stack.agent.answers import Answer, places, problem, waits
from l9stack.agent.context import OperationContext
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.governor import Governor
from l9stack.agent.memory import Memory
from l9stack.agent.metrics import Metrics
from l9stack.agent.operations import EscalatedError, Operation, PeerError, RefusedError
from l9stack.agent.peers import Transport
from l9stack.agent.records import Record, as_values, wrapped


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
    """Whether rules and triggers count, and critical calls are denied while decisions cannot be kept."""
    holding: bool = True
    """Whether an answer is held where the policy's mode says so; else it is reported, whatever the mode."""
    probing: bool = True
    """Whether the agent is ready only while its backends answer; else it is as soon as it serves."""
    draining: bool = False
    """Whether the agent was told to stop: it finishes what it has accepted, and is ready for nothing else."""
    started: float = field(default_factory=time.monotonic)

    async def run(
        self,
        operation: Operation,
        arguments: Mapping[str, Any],
        trace_id: str,
        caller: str,
        *,
        governed: bool = True,
        origin: str = "",
        decision_id: str = "",
    ) -> Answer:
        """Run an operation for a caller and answer; never raises for what a caller or a peer did wrong.

        `origin` is the principal for whom an agent calls, where it is not the caller itself. `decision_id` is the
        decision's where it follows from what was asked, so that doing it again is no other decision.
        """
        began = time.monotonic()
        decision_id = decision_id or str(uuid.uuid4())
        log = self.log.bind(trace_id=trace_id, decision_id=decision_id, operation=operation.name, caller=caller)
        with self.metrics.running():
            try:
                request = operation.request_model.model_validate(wrapped(operation.request_model, arguments))
            except ValidationError as error:
                answer = problem(400, "invalid-request", places(error), trace_id)
            else:
                context = OperationContext(
                    self, operation, as_values(request), trace_id, decision_id, datetime.now(UTC), log, origin or caller
                )
                answer = await self._attempt(context, request, governed=governed)
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

    async def _attempt(self, context: OperationContext, request: Record, *, governed: bool) -> Answer:
        operation, trace_id, values = context.operation, context.trace_id, dict(context.arguments)
        if denied := await self._unkept(operation, trace_id):
            return denied
        try:
            response = earlier = await self._precedent(operation, values)
            if earlier is None:
                async with asyncio.timeout(operation.timeout_seconds):
                    response = await operation.function(request, context)
            if not isinstance(response, operation.response_model):
                raise TypeError(f"{operation.name} answered {type(response).__name__}")
        except EscalatedError as waiting:
            self.metrics.escalation("unbound" if not operation.bound else "peer")
            await self.audit("escalated", trace_id, {"operation": operation.name, "decision_id": waiting.decision_id})
            anchors = waiting.anchors or self.definition.governance.anchors
            return waits(waiting.decision_id, waiting.reason, anchors, trace_id)
        except RefusedError as refused:
            return problem(503, "unbound-refused", str(refused), trace_id)
        except PeerError as error:
            return await self._failed(context, 504 if error.kind == "timeout" else 502, error)
        except TimeoutError as error:
            return await self._failed(context, 504, error)
        except Exception as error:  # the operation's own code: reported, governed, never swallowed
            context.log.exception("operation failed")
            return await self._failed(context, 500, error)
        # An anchor has decided a precedent, under this very policy: its rules do not ask for it once more.
        governed = governed and earlier is None
        return await conclusion.conclude(self, context, values, as_values(response), governed=governed)

    async def _precedent(self, operation: Operation, values: Mapping[str, Any]) -> Record | None:
        """An anchor's earlier answer to the same; one that a newer response model does not take is none."""
        earlier = await self.governor.precedent(operation.name, values) if operation.reusable else None
        if earlier is None:
            return None
        try:
            return operation.response_model.model_validate(wrapped(operation.response_model, earlier))
        except ValidationError as error:
            self.log.info("precedent does not fit", operation=operation.name, faults=error.error_count())
            return None

    async def _unkept(self, operation: Operation, trace_id: str) -> Answer | None:
        """Governance denies critical operations while the store of its decisions is down."""
        if not self.enforcing or not operation.critical:
            return None
        try:
            await asyncio.wait_for(self.memory.keeps_decisions(), 5)
            return None
        except Exception as error:
            detail = f"the store of decisions does not answer ({type(error).__name__})"
            return problem(503, "governance-unavailable", detail, trace_id)

    async def _failed(self, context: OperationContext, status: int, error: Exception) -> Answer:
        """An operation that could not finish is escalated, and the answer names the decision where it could be kept."""
        operation, trace_id = context.operation, context.trace_id
        kind = error.kind if isinstance(error, PeerError) else type(error).__name__
        reason = str(error) if isinstance(error, PeerError) else f"{operation.name} failed: {kind}"
        if isinstance(error, TimeoutError):
            reason = f"{operation.name} took longer than {operation.timeout_seconds:g} s"
        self.metrics.escalation("failure")
        decision_id = ""
        try:
            decision_id = await self.governor.open(
                operation.name, context.arguments, reason, trace_id, severity="critical", asked_by=context.asked_by
            )
        except Exception as fault:
            self.log.error("escalation not stored", trace_id=trace_id, error=type(fault).__name__, reasons=[reason])
        await self.audit("failed", trace_id, {"operation": operation.name, "reason": reason})
        code = "peer-failed" if isinstance(error, PeerError) else "operation-failed"
        body = {**problem(status, code, reason, trace_id).body, "decision_id": decision_id}
        return Answer(status, body, trace_id, decision_id, "ESCALATED", code=code)

    async def remember(
        self, operation: Operation, request: Mapping[str, Any], response: Mapping[str, Any], trace_id: str, status: str
    ) -> str:
        """Record a decision that no call made; failed layers are logged and counted. Its id."""
        return await conclusion.remember(self, operation, request, response, trace_id, status)

    async def audit(self, action: str, trace_id: str, detail: dict[str, Any]) -> bool:
        """Add to the audit chain; a chain that cannot be written is logged, and the caller is told."""
        try:
            await self.memory.prepare()
            await audit.append(self.memory.postgres, self.definition.id, action, detail, trace_id)
            return True
        except Exception as error:
            self.metrics.audit_failure()
            self.log.error("audit not written", trace_id=trace_id, action=action, error=type(error).__name__)
            return False
