"""Decisions over HTTP: what waits, and an anchor's word on it.

An approval is bound to the operation, the digest of its canonical arguments, the approver and a token that counts once.
Who asked cannot decide: only an anchor of this agent can, and never about its own call, nor one made on its behalf.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from pydantic import Field, JsonValue, ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from l9stack.agent._calls.answers import Answer, field_errors, parse_json, problem
from l9stack.agent._calls.conclusion import release
from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._calls.runtime import AgentRuntime, add_audit_entry
from l9stack.agent._messaging import leases
from l9stack.agent._security.tokens import MAX_SECONDS, Caller
from l9stack.agent.governance._decision import AnchorDecision
from l9stack.agent.operations import STORES_SECONDS, Operation
from l9stack.agent.records import Record, as_values, wrapped


class Verdict(Record):
    """An anchor's word.

    `payload` is the answer where the operation is unbound; in place of an operation's own answer it is an override.
    """

    verdict: str = Field(pattern="^(approve|block|override)$")
    arguments_digest: str
    payload: dict[str, JsonValue] | None = None


class Decisions:
    """The decisions of one running agent."""

    def __init__(self, runtime: AgentRuntime) -> None:
        self._runtime = runtime
        self._policy = runtime.definition.governance

    async def list_open(self, _: Request, caller: Caller, trace_id: str) -> Answer:
        """What waits, the oldest first."""
        try:
            waiting = await self._runtime.governor.pending()
        except Exception as error:
            return _unavailable(error, trace_id)
        whole = _sees_whole(caller)
        return Answer(200, {"decisions": [decision.data(whole=whole) for decision in waiting]}, trace_id)

    async def show(self, request: Request, caller: Caller, trace_id: str) -> Answer:
        """One decision, with its result once there is one."""
        found = await self._find(request, trace_id)
        if isinstance(found, Answer):
            return found
        return Answer(200, found.data(whole=_sees_whole(caller)), trace_id, found.decision_id, found.status)

    async def decide(self, request: Request, caller: Caller, trace_id: str) -> Answer:
        """Approve, override or block; the answer holds the operation's result."""
        kind, _, anchor = caller.principal.partition(":")
        if kind != "anchor" or anchor not in self._policy.anchors:
            return problem(403, "not-an-anchor", "only a governance anchor of this agent decides", trace_id)
        found = await self._find(request, trace_id)
        if isinstance(found, Answer):
            return found
        if found.asked_by == caller.principal:
            return problem(403, "self-approval", "who asked does not decide", trace_id)
        try:
            verdict = Verdict.model_validate(parse_json(await request.body()))
        except ValidationError as error:
            return problem(400, "invalid-verdict", field_errors(error), trace_id)
        operation = self._runtime.definition.operation(found.operation)
        if refused := self._refused(found, verdict, operation, trace_id):
            return refused
        if refused := await self._used(caller, trace_id):
            return refused
        try:
            return await self._alone(found, verdict, operation, anchor)
        except (SQLAlchemyError, RedisError, OSError) as error:  # the store went away meanwhile: nothing is decided
            self._runtime.log.error("not decided", trace_id=found.trace_id, error=type(error).__name__)
            return _unavailable(error, trace_id)

    def _refused(
        self, found: AnchorDecision, verdict: Verdict, operation: Operation | None, trace_id: str
    ) -> Answer | None:
        if verdict.arguments_digest != found.arguments_digest:
            return problem(409, "other-arguments", "arguments_digest is not of this decision's arguments", trace_id)
        if found.status != "PENDING":
            return _taken(found, trace_id)
        if verdict.verdict == "block":
            return None
        overrides = verdict.verdict == "override" or (
            verdict.payload is not None and bool(operation and operation.bound)
        )
        if overrides and not self._policy.human_override:
            return problem(403, "no-override", "the policy lets nobody replace the operation's own answer", trace_id)
        if overrides and verdict.payload is None:
            return problem(400, "answer-needed", "an override needs the payload that is the answer instead", trace_id)
        return None

    async def _used(self, caller: Caller, trace_id: str) -> Answer | None:
        """A token decides once; where that cannot be told, nothing is decided."""
        memory = self._runtime.memory
        key = f"{memory.namespace}:used-tokens:{caller.token_id}"
        try:
            fresh = await memory.redis.set(key, "1", nx=True, ex=MAX_SECONDS * 2)
        except Exception as error:
            detail = f"used tokens cannot be told apart ({type(error).__name__})"
            return problem(503, "registry-unavailable", detail, trace_id)
        return None if fresh else problem(401, "token-used", "a token decides once", trace_id)

    async def _alone(self, found: AnchorDecision, verdict: Verdict, operation: Operation | None, anchor: str) -> Answer:
        """Decide while nobody else does: an approval may run the operation, which is not to be run by two of them."""
        memory = self._runtime.memory
        key = f"{memory.namespace}:deciding:{found.decision_id}"
        seconds = leases.lease_seconds(operation) if operation else STORES_SECONDS
        if await leases.take_lease(memory.redis, key, int(seconds)) is not None:
            return problem(409, "already-decided", "somebody else is deciding", found.trace_id)
        try:
            return await self._apply(found, verdict, operation, anchor)
        finally:
            with contextlib.suppress(RedisError):  # it ends by itself, later
                await memory.redis.delete(key)

    async def _apply(self, found: AnchorDecision, verdict: Verdict, operation: Operation | None, anchor: str) -> Answer:
        result: dict[str, Any] | None = None
        answers = False
        if verdict.verdict != "block":
            outcome = await self._result(found, verdict, operation)
            if isinstance(outcome, Answer):
                return outcome
            result, answers = outcome
        status = "BLOCKED" if verdict.verdict == "block" else "APPROVED"
        if not await self._runtime.governor.close(found.decision_id, status, anchor, result):
            return _taken(await self._runtime.governor.get(found.decision_id) or found, found.trace_id)
        self._runtime.metrics.decision(verdict.verdict)
        degraded: tuple[str, ...] = ()
        if answers and operation is not None and result is not None:
            as_held = verdict.payload is None
            degraded = await release(self._runtime, operation, found, result, as_held=as_held)
        log = self._runtime.log.bind(trace_id=found.trace_id, decision_id=found.decision_id)
        log.info("decided", status=status, anchor=anchor, operation=found.operation)
        detail = {"operation": found.operation, "decision_id": found.decision_id, "status": status, "anchor": anchor}
        if not await add_audit_entry(self._runtime, f"decision {verdict.verdict}", found.trace_id, detail):
            degraded = (*degraded, "audit")
        body = {"decision_id": found.decision_id, "status": status, "result": result}
        return Answer(200, body, found.trace_id, found.decision_id, status, degraded)

    async def _result(
        self, found: AnchorDecision, verdict: Verdict, operation: Operation | None
    ) -> tuple[dict[str, Any], bool] | Answer:
        """The operation's answer, and whether it is still to be recorded.

        It is the anchor's payload, checked against the response model; else what is held; else a run of it now.
        """
        if operation is None:
            return problem(410, "unknown-operation", f"{found.operation} is no longer there", found.trace_id)
        if verdict.payload is not None:
            try:
                answer = operation.response_model.model_validate(wrapped(operation.response_model, verdict.payload))
            except ValidationError as error:
                return problem(400, "invalid-answer", field_errors(error), found.trace_id)
            return as_values(answer), True
        if found.held is not None:
            return dict(found.held["response"]), True
        if not operation.bound:
            return problem(400, "answer-needed", "the operation is unbound: the payload is its answer", found.trace_id)
        invocation = Invocation(
            operation=operation,
            arguments=found.arguments,
            trace_id=found.trace_id,
            caller=found.asked_by,
            governed=False,
        )
        ran = await run(self._runtime, invocation)
        return (ran.body, False) if ran.status == 200 else ran

    async def _find(self, request: Request, trace_id: str) -> AnchorDecision | Answer:
        try:
            decision_id = str(uuid.UUID(request.path_params["decision_id"]))
            found = await self._runtime.governor.get(decision_id)
        except ValueError:
            found = None
        except Exception as error:
            return _unavailable(error, trace_id)
        return found or problem(404, "unknown-decision", "no decision of that id here", trace_id)


def _sees_whole(caller: Caller) -> bool:
    """Who decides, and who runs the agent, see what is held; whose call it is gets it when it is released."""
    return caller.principal == "operator" or caller.principal.startswith("anchor:")


def _taken(found: AnchorDecision, trace_id: str) -> Answer:
    if found.expired:
        return problem(409, "expired", found.reason, trace_id)
    return problem(409, "already-decided", f"the decision is {found.status}", trace_id)


def _unavailable(error: Exception, trace_id: str) -> Answer:
    return problem(503, "governance-unavailable", type(error).__name__, trace_id)
