"""The HTTP surface of an agent: open health, guarded operations, packets and decisions."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from limits import parse as parse_rate
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from l9stack.agent._calls.answers import Answer, parse_json, problem
from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._calls.runtime import AgentRuntime
from l9stack.agent._security import tokens
from l9stack.agent._security.keys import Trust
from l9stack.agent._serving.backlog import Backlog
from l9stack.agent._serving.decisions import Decisions
from l9stack.agent._serving.describe import agent_card, openapi
from l9stack.agent._serving.packets import Packets
from l9stack.agent.governance._audit_anchors import AuditAnchors
from l9stack.agent.operations import Operation

TRACE_HEADER = "X-L9-Trace-Id"


class RateLimiter:
    """A rate for each operation and caller, counted in Redis; in this process alone while Redis is away."""

    def __init__(self, redis_url: str, namespace: str, rate: str) -> None:
        self.rate = parse_rate(rate)
        self._shared: Storage = RedisStorage(
            f"async+{redis_url}", implementation="redispy", key_prefix=f"{namespace}:limits"
        )
        self._own: Storage = MemoryStorage()

    async def allows(self, *names: str) -> bool:
        """Whether one more call is within the rate."""
        try:
            return await FixedWindowRateLimiter(self._shared).hit(self.rate, *names)
        except Exception:  # Redis is away: the bound still holds for this process
            return await FixedWindowRateLimiter(self._own).hit(self.rate, *names)


class Surface:
    """Builds the Starlette application of a runtime."""

    def __init__(
        self, runtime: AgentRuntime, trust: Trust, limiter: RateLimiter, identity: dict[str, Any], anchors: AuditAnchors
    ) -> None:
        self._runtime = runtime
        self._definition = runtime.definition
        self._trust = trust
        self._limiter = limiter
        self._identity = identity
        self._anchors = anchors
        self._packets = Packets(runtime, trust)
        self._decisions = Decisions(runtime)
        self._backlog = Backlog(runtime)

    def application(self, lifespan: Any = None) -> Starlette:
        """All routes; declared ones first, so that a declared `/health` is the library's own."""
        built_in: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "health": self._health,
            "healthz": self._health,
            "ready": self._ready,
            "readiness": self._ready,
            "metrics": self._metrics,
            "status": self._status,
        }
        routes = [Route(f"/{name}", built_in[name]) for name in ("health", "ready", "metrics", "status")]
        routes += [Route(r.path, built_in[r.serves], methods=[r.method]) for r in self._definition.builtin_routes]
        routes += [Route(r.path, self._declared(r.operation), methods=[r.method]) for r in self._definition.routes]
        routes += [
            Route("/operations/{name}", self._by_name, methods=["POST"]),
            Route("/packets", self._packet, methods=["POST"]),
            Route("/decisions", self._guarded(self._decisions.list_open)),
            Route("/decisions/{decision_id}", self._guarded(self._decisions.show), methods=["GET"]),
            Route("/decisions/{decision_id}", self._guarded(self._decisions.decide), methods=["POST"]),
            Route("/audit", self._guarded(self._audit)),
            Route("/openapi.json", self._openapi),
            Route("/.well-known/agent-card.json", self._card),
        ]
        return Starlette(routes=routes, lifespan=lifespan)

    # -- open ------------------------------------------------------------------------------------------------------

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "agent": self._definition.id, **self._identity})

    async def _ready(self, _: Request) -> Response:
        if self._runtime.draining:
            return JSONResponse({"ready": False, "backends": "not probed: the agent is stopping"}, 503)
        if not self._runtime.switches.probing:
            return JSONResponse({"ready": True, "backends": "not probed"})
        backends = await self._runtime.memory.probe()
        ready = all(state == "ok" for state in backends.values())
        return JSONResponse({"ready": ready, "backends": backends}, 200 if ready else 503)

    async def _status(self, _: Request) -> Response:
        operations = [{"name": op.name, "bound": op.bound} for op in self._definition.operations]
        return JSONResponse({"agent": self._definition.id, "operations": operations, **self._identity})

    async def _metrics(self, _: Request) -> Response:
        await self._backlog.look()
        return Response(self._runtime.metrics.text(), media_type="text/plain; version=0.0.4")

    async def _openapi(self, _: Request) -> Response:
        return JSONResponse(openapi(self._definition))

    async def _card(self, request: Request) -> Response:
        return JSONResponse(agent_card(self._definition, str(request.base_url).rstrip("/")))

    # -- guarded ---------------------------------------------------------------------------------------------------

    def _guarded(
        self, handler: Callable[[Request, tokens.Caller, str], Awaitable[Answer]], limit_as: str = ""
    ) -> Callable[[Request], Awaitable[Response]]:
        """Token, size and rate, before anything of the request is looked at."""

        async def endpoint(request: Request) -> Response:
            trace_id = _trace_id(request)
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            try:
                caller = tokens.verify(token if scheme.lower() == "bearer" else "", self._definition.id, self._trust)
            except tokens.TokenError as error:
                self._runtime.metrics.refusal("unauthorised")
                self._runtime.log.warning("refused", reason=str(error), path=request.url.path)
                return _respond(problem(401, "unauthorised", str(error), trace_id))
            length = request.headers.get("content-length", "0")
            if not length.isdigit() or int(length) > self._definition.limits.max_payload_bytes:
                self._runtime.metrics.refusal("too-large")
                return _respond(problem(413, "too-large", "the body is too large", trace_id))
            if not await self._limiter.allows(self._definition.id, limit_as or request.url.path, caller.principal):
                self._runtime.metrics.refusal("rate-limited")
                return _respond(problem(429, "rate-limited", f"over {self._definition.limits.rate}", trace_id))
            return _respond(await handler(request, caller, trace_id))

        return endpoint

    def _declared(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request, caller: tokens.Caller, trace_id: str) -> Answer:
            if request.method in ("GET", "DELETE"):
                return await self._run(operation, {**request.query_params, **request.path_params}, trace_id, caller)
            return await self._from_body(operation, request, caller, trace_id, request.path_params)

        return self._guarded(handle, operation.name)

    async def _by_name(self, request: Request) -> Response:
        name = request.path_params["name"]
        operation = self._definition.operation(name)

        async def handle(request: Request, caller: tokens.Caller, trace_id: str) -> Answer:
            if operation is None:
                return problem(
                    404, "unknown-operation", f"{self._definition.id} has no operation of that name", trace_id
                )
            return await self._from_body(operation, request, caller, trace_id)

        return await self._guarded(handle, name if operation else "unknown")(request)

    async def _from_body(
        self,
        operation: Operation,
        request: Request,
        caller: tokens.Caller,
        trace_id: str,
        path: dict[str, Any] | None = None,
    ) -> Answer:
        arguments = await self._body(request)
        if arguments is None:
            return problem(400, "invalid-request", "the body is no JSON object within the size limit", trace_id)
        return await self._run(operation, {**arguments, **(path or {})}, trace_id, caller)

    async def _run(
        self, operation: Operation, arguments: dict[str, Any], trace_id: str, caller: tokens.Caller
    ) -> Answer:
        return await run(
            self._runtime,
            Invocation(operation=operation, arguments=arguments, trace_id=trace_id, caller=caller.principal),
        )

    async def _packet(self, request: Request) -> Response:
        async def handle(request: Request, caller: tokens.Caller, trace_id: str) -> Answer:
            body = await self._body(request)
            if body is None:
                return problem(400, "invalid-packet", "the body is no JSON object within the size limit", trace_id)
            return await self._packets.receive(body, caller, trace_id)

        return await self._guarded(handle, "packets")(request)

    async def _audit(self, _: Request, __: tokens.Caller, trace_id: str) -> Answer:
        """Whether the audit chain holds, and up to where it is anchored; nothing of what its entries tell."""
        try:
            report = await self._anchors.report()
        except Exception as error:
            detail = f"the audit chain cannot be read ({type(error).__name__})"
            return problem(503, "governance-unavailable", detail, trace_id)
        return Answer(200, {"holds": not report.problems, **asdict(report)}, trace_id)

    async def _body(self, request: Request) -> dict[str, Any] | None:
        """The JSON object of a body; None where it is none or grows past the limit (chunks name no length)."""
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self._definition.limits.max_payload_bytes:
                return None
            chunks.append(chunk)
        return parse_json(b"".join(chunks))


def _trace_id(request: Request) -> str:
    try:
        return str(uuid.UUID(request.headers.get(TRACE_HEADER, "")))
    except ValueError:
        return str(uuid.uuid4())


def _respond(answer: Answer) -> Response:
    headers = {TRACE_HEADER: answer.trace_id}
    if answer.governance:
        headers["X-L9-Governance"] = answer.governance
    if answer.decision_id:
        headers["X-L9-Decision-Id"] = answer.decision_id
    if answer.degraded:
        headers["X-L9-Degraded"] = ", ".join(answer.degraded)
    media = "application/problem+json" if answer.code else "application/json"
    return JSONResponse(answer.body, answer.status, headers, media)
