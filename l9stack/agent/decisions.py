"""Decisions over HTTP: what waits, and an anchor's word on it.

An approval is bound to the operation, the digest of its canonical arguments, the approver and a token that counts once.
Who asked cannot approve: only an anchor of this agent can, and an agent is none.
"""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field, JsonValue, ValidationError
from starlette.requests import Request

from l9stack.agent.governance import Waiting
from l9stack.agent.pipeline import Answer, Runtime, parse_json, problem, wrap_response
from l9stack.agent.records import Record, as_values
from l9stack.agent.tokens import MAX_SECONDS, Caller


class Verdict(Record):
    """An anchor's word: `payload` is the answer where the operation is unbound, or where it is overridden."""

    verdict: str = Field(pattern="^(approve|block|override)$")
    arguments_digest: str
    payload: dict[str, JsonValue] | None = None


class Decisions:
    """The decisions of one running agent."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def list_open(self, _: Request, __: Caller, trace_id: str) -> Answer:
        """What waits, the oldest first."""
        try:
            waiting = await self._runtime.governor.pending()
        except Exception as error:
            return problem(503, "governance-unavailable", type(error).__name__, trace_id)
        return Answer(200, {"decisions": [decision.data() for decision in waiting]}, trace_id)

    async def show(self, request: Request, _: Caller, trace_id: str) -> Answer:
        """One decision, with its result once there is one."""
        found = await self._find(request, trace_id)
        return found if isinstance(found, Answer) else Answer(200, found.data(), trace_id, found.decision_id)

    async def decide(self, request: Request, caller: Caller, trace_id: str) -> Answer:
        """Approve, override or block; the answer holds the operation's result."""
        kind, _, anchor = caller.principal.partition(":")
        if kind != "anchor" or anchor not in self._runtime.definition.governance.anchors:
            return problem(403, "not-an-anchor", "only a governance anchor of this agent decides", trace_id)
        found = await self._find(request, trace_id)
        if isinstance(found, Answer):
            return found
        body = parse_json(await request.body())
        try:
            verdict = Verdict.model_validate(body)
        except ValidationError as error:
            return problem(400, "invalid-verdict", "; ".join(item["msg"] for item in error.errors()), trace_id)
        if verdict.arguments_digest != found.arguments_digest:
            return problem(409, "other-arguments", "arguments_digest is not of this decision's arguments", trace_id)
        if found.status != "PENDING":
            return problem(409, "already-decided", f"the decision is {found.status}", trace_id)
        key = f"{self._runtime.memory.namespace}:used-tokens:{caller.token_id}"
        if not await self._runtime.memory.redis.set(key, "1", nx=True, ex=MAX_SECONDS * 2):
            return problem(401, "token-used", "a token decides once", trace_id)
        return await self._apply(found, verdict, anchor)

    async def _apply(self, found: Waiting, verdict: Verdict, anchor: str) -> Answer:
        governor = self._runtime.governor
        result: dict[str, Any] | None = None
        if verdict.verdict != "block":
            outcome = await self._result(found, verdict)
            if isinstance(outcome, Answer):
                return outcome
            result = outcome
        status = "BLOCKED" if verdict.verdict == "block" else "APPROVED"
        if not await governor.close(found.decision_id, status, anchor, result):
            return problem(409, "already-decided", "somebody was quicker", found.trace_id)
        log = self._runtime.log.bind(trace_id=found.trace_id, decision_id=found.decision_id)
        log.info("decided", status=status, anchor=anchor, operation=found.operation)
        detail = {"operation": found.operation, "decision_id": found.decision_id, "status": status, "anchor": anchor}
        await self._runtime.audit(f"decision {verdict.verdict}", found.trace_id, detail)
        body = {"decision_id": found.decision_id, "status": status, "result": result}
        return Answer(200, body, found.trace_id, found.decision_id, status)

    async def _result(self, found: Waiting, verdict: Verdict) -> dict[str, Any] | Answer:
        """The operation's answer: the anchor's payload, checked against the response model, or a run of it now."""
        operation = self._runtime.definition.operation(found.operation)
        if operation is None:
            return problem(410, "unknown-operation", f"{found.operation} is no longer there", found.trace_id)
        if verdict.payload is not None:
            try:
                answer = operation.response_model.model_validate(wrap_response(operation, verdict.payload))
            except ValidationError as error:
                fields = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
                return problem(400, "invalid-answer", fields, found.trace_id)
            values = as_values(answer)
            await self._runtime.remember(operation, found.arguments, values, found.trace_id, "APPROVED")
            return values
        if not operation.bound:
            return problem(400, "answer-needed", "the operation is unbound: the payload is its answer", found.trace_id)
        ran = await self._runtime.run(operation, found.arguments, found.trace_id, "anchor", governed=False)
        return ran.body if ran.status == 200 else ran

    async def _find(self, request: Request, trace_id: str) -> Waiting | Answer:
        try:
            decision_id = str(uuid.UUID(request.path_params["decision_id"]))
            found = await self._runtime.governor.get(decision_id)
        except ValueError:
            found = None
        except Exception as error:
            return problem(503, "governance-unavailable", type(error).__name__, trace_id)
        return found or problem(404, "unknown-decision", "no decision of that id here", trace_id)
