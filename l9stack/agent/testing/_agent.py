"""An agent under test: called, sent packets and events, decided about, in this process."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from limits import parse as parse_rate
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from sqlalchemy import text

from l9stack.agent._calls.answers import Answer
from l9stack.agent._calls.conclusion import remember
from l9stack.agent._calls.context import OperationContext
from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._messaging.events import stream
from l9stack.agent._messaging.peers import HttpTransport
from l9stack.agent._security import keys, tokens
from l9stack.agent._serving.main import AgentProcess, handle_event
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.memory._memory import Memory
from l9stack.agent.operations import Operation, operation
from l9stack.agent.records import Payload, as_values, wrapped
from l9stack.agent.testing._replies import Reply, reply_of
from l9stack.agent.testing._spaces import is_apart
from l9stack.agent.testing._stand_ins import StandIn, StandInTransport


class ServedAgent:
    """An agent under test."""

    def __init__(
        self,
        definition: AgentDefinition,
        assembled: AgentProcess,
        client: httpx.AsyncClient,
        key_folder: Path,
        redis_url: str,
    ) -> None:
        self.definition = definition
        """As it is declared; the rate that is enforced may be another one, see `serving`."""
        self.memory: Memory = assembled.runtime.memory
        self.runtime = assembled.runtime
        self.last = httpx.Response(204)
        """Its newest answer to a POST."""
        self._observer = assembled.observer
        self._limiter = assembled.limiter
        self._client = client
        self._keys = key_folder
        self._redis_url = redis_url

    def token(self, principal: str = "operator") -> str:
        """A fresh token for this agent."""
        keys.ensure_keys(self._keys, [principal])
        return tokens.mint(principal, keys.load_private(self._keys, principal), self.definition.id)

    async def post(
        self, path: str, body: Mapping[str, Any], principal: str = "operator", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """An authorised POST."""
        given = {"authorization": f"Bearer {self.token(principal)}", **(headers or {})}
        self.last = await self._client.post(path, json=dict(body), headers=given)
        return self.last

    async def request(self, method: str, path: str, principal: str | None = "operator") -> httpx.Response:
        """A request without a body, authorised where a principal is given."""
        headers = {"authorization": f"Bearer {self.token(principal)}"} if principal else {}
        return await self._client.request(method, path, headers=headers)

    async def get(self, path: str, principal: str | None = None) -> httpx.Response:
        """A GET, authorised where a principal is given."""
        return await self.request("GET", path, principal)

    async def call(self, operation: str, arguments: Mapping[str, Any], trace_id: str | None = None) -> Reply:
        """Call an operation as the operator."""
        headers = {"X-L9-Trace-Id": trace_id} if trace_id else None
        return reply_of(await self.post(f"/operations/{operation}", arguments, headers=headers))

    async def packet(self, payload: Mapping[str, Any], source: str = "operator", **fields: Any) -> Reply:
        """Send a packet; `fields` replace those of the envelope, and None leaves one out."""
        envelope: dict[str, Any] = {
            "packet_id": str(uuid.uuid4()),
            "source_agent": source,
            "destination_agent": self.definition.id,
            "timestamp": datetime.now(UTC).isoformat(),
            "payload": dict(payload),
            "metadata": {"trace_id": str(uuid.uuid4())},
            **fields,
        }
        protocol = self.definition.protocol
        body = protocol.write({name: value for name, value in envelope.items() if value is not None})
        for name, value in fields.items():
            if value is None:
                body.pop(protocol.name_of(name), None)
        principal = source if source == "operator" else f"agent:{source}"
        keys.ensure_keys(self._keys, [principal])
        reply = reply_of(await self.post("/packets", body, principal))
        if reply.status != 200:
            return reply
        answer = reply.body[protocol.name_of("payload")]
        return Reply(reply.status, answer, reply.trace_id, reply.decision_id, reply.headers)

    async def relay(self, peer: str, payload: Mapping[str, Any], trace_id: str | None = None) -> Reply:
        """Send a packet's payload to a peer as an operation of this agent does, through the agent's whole pipeline."""

        @operation(summary=f"Pass a packet on to {peer}.")
        async def relay(request: Payload, context: OperationContext) -> Payload:
            arguments = dict(payload.get("arguments", {}))
            if "packet_type" in payload:
                return Payload(payload=await context.send(peer, payload["packet_type"], arguments))
            return Payload(payload=await context.ask(peer, payload["operation"], arguments))

        answer = await self.run(relay, payload, trace_id)
        headers = {"x-l9-governance": answer.governance}
        if answer.degraded:
            headers["x-l9-degraded"] = ", ".join(answer.degraded)
        return Reply(answer.status, answer.body, answer.trace_id, answer.decision_id, headers)

    async def run(self, operation: Operation, arguments: Mapping[str, Any], trace_id: str | None = None) -> Answer:
        """Run an operation of the test's own through the agent's whole pipeline, for the operator."""
        trace = trace_id or str(uuid.uuid4())
        invocation = Invocation(operation=operation, arguments=arguments, trace_id=trace, caller="operator")
        return await run(self.runtime, invocation)

    def last_payload(self) -> dict[str, Any]:
        """The payload of the result packet that it gave last; empty where its last answer was none."""
        name = self.definition.protocol.name_of("payload")
        return dict(self.last.json().get(name, {})) if self.last.status_code == 200 else {}

    def http_client(self) -> HttpTransport:
        """A client as the agent has it outside of tests: over sockets, to where its peers are registered.

        It tries once more and no oftener: a test waits for nothing that another test has shown.
        """
        name = self.definition.id
        return HttpTransport(name, self.memory, keys.load_private(self._keys, f"agent:{name}"), max_retries=1)

    @contextlib.contextmanager
    def override_peer(self, peer: str, stand_in: StandIn) -> Iterator[None]:
        """Until the block ends, a stand-in answers what this agent asks of a peer."""
        with self.override_peers({peer: stand_in}):
            yield

    @contextlib.contextmanager
    def override_peers(self, peers: Mapping[str, StandIn]) -> Iterator[None]:
        """Until the block ends, these stand-ins answer, and nobody else does."""
        usual, self.runtime.transport = self.runtime.transport, StandInTransport(self.definition.id, peers)
        try:
            yield
        finally:
            self.runtime.transport = usual

    async def observe(self, seconds: float = 10.0) -> None:
        """Run the agent's own consumer of events until it is done with all that were published; TimeoutError if not."""
        task = asyncio.create_task(self._observer.run())
        try:
            async with asyncio.timeout(seconds):
                while not await self._observer.caught_up():  # noqa: ASYNC110 - the server tells nobody
                    await asyncio.sleep(0.02)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def redeliver(self, source: str) -> None:
        """Have the server deliver every event of a source to this agent once more."""
        await self.memory.redis.xgroup_setid(stream(self.memory.namespace, source), self.definition.id, "0")

    def context(self, called: Operation | None = None, arguments: Mapping[str, Any] | None = None) -> OperationContext:
        """What an operation is given beside its request: for tests of functions that take it."""

        @operation(summary="Try a function of the agent.")
        async def trial(request: Payload, context: OperationContext) -> Payload:
            return request

        log, now, ids = self.runtime.log, datetime.now(UTC), (str(uuid.uuid4()), str(uuid.uuid4()))
        return OperationContext(self.runtime, called or trial, arguments or {}, *ids, now, log, "operator")

    async def call_function(
        self, function: Callable[..., Any], operation: Operation, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What a function of the user's answers to these arguments, called as the operation calls it."""
        request = operation.request_model.model_validate(wrapped(operation.request_model, arguments))
        context = self.context(operation, as_values(request))
        return as_values(await context.call_implementation(function, request, operation.response_model))

    async def record_decision(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        status: str = "APPROVED",
        answer: Mapping[str, Any] | None = None,
    ) -> str:
        """Record that the operation has decided about these arguments; the decision's id."""
        found = self.definition.operation(operation)
        if found is None:
            raise KeyError(operation)
        decisive = replace(found, look_up=False)  # a look-up finds what others decided, never itself
        return await remember(self.runtime, decisive, arguments, answer or {}, str(uuid.uuid4()), status)

    async def remember(self, request: Mapping[str, Any], response: Mapping[str, Any]) -> str:
        """Record a decision of these values in every declared layer; its id."""
        called = self.context().operation
        return await remember(self.runtime, called, request, response, str(uuid.uuid4()), "APPROVED")

    async def audit_entries(self, trace_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Actions and details of the audit chain under a trace id, the oldest first."""
        query = text("SELECT action, detail FROM audit_log WHERE trace_id = :trace ORDER BY position")
        async with self.memory.postgres.connect() as connection:
            return [(row.action, row.detail) for row in await connection.execute(query, {"trace": trace_id})]

    async def published_events(self, trace_id: str) -> list[dict[str, str]]:
        """The events that it published under a trace id, the oldest first."""
        entries: Any = await self.memory.redis.xrange(stream(self.memory.namespace, self.definition.id))
        return [dict(fields) for _, fields in entries if fields["trace_id"] == trace_id]

    async def forget(self) -> None:
        """Forget every decision that an anchor has to make, or has made: none is a precedent for the next test."""
        await self.memory.prepare()
        async with self.memory.postgres.begin() as connection:
            agent = {"agent": self.definition.id}
            await connection.execute(text("DELETE FROM decisions WHERE agent_id = :agent"), agent)

    async def empty_log(self) -> None:
        """Forget every decision of the episodic layer.

        Raises:
            RuntimeError: the log is not one of a test's own, as where the user of Postgres may make no schema.
        """
        await self.memory.prepare()
        async with self.memory.postgres.begin() as connection:
            schema = await connection.scalar(text("SELECT current_schema()"))
            if not is_apart(str(schema)):
                raise RuntimeError(f"the log in {schema} is not this test's own: its user may make no schema")
            await connection.execute(text("DELETE FROM decision_logs"))

    @contextlib.asynccontextmanager
    async def at_its_rate(self) -> AsyncIterator[None]:
        """Until the block ends, the agent is held to its declared rate; nobody has called it yet."""
        async for key in self.memory.redis.scan_iter(f"{self.memory.namespace}:limits*"):
            await self.memory.redis.delete(key)
        usual, self._limiter.rate = self._limiter.rate, parse_rate(self.definition.limits.rate)
        try:
            yield
        finally:
            self._limiter.rate = usual

    async def use_up(self, operation: str, principal: str = "operator") -> None:
        """Count as many calls of an operation by a caller as the declared rate allows in one window."""
        rate = parse_rate(self.definition.limits.rate)
        storage = RedisStorage(
            f"async+{self._redis_url}", implementation="redispy", key_prefix=f"{self.memory.namespace}:limits"
        )
        await FixedWindowRateLimiter(storage).hit(rate, self.definition.id, operation, principal, cost=rate.amount)

    async def event(self, operation: str, arguments: Mapping[str, Any], trace_id: str) -> bool:
        """Deliver an observed event, as the consumer would; whether it is done with."""
        return await handle_event(self.runtime, operation, dict(arguments), trace_id, str(uuid.uuid4()))

    async def decide(
        self, decision_id: str, verdict: str, payload: Mapping[str, Any] | None = None, anchor: str | None = None
    ) -> Reply:
        """Decide as an anchor of the agent (its first by default)."""
        waiting = await self.get(f"/decisions/{decision_id}", "operator")
        body = {
            "verdict": verdict,
            "payload": None if payload is None else dict(payload),
            "arguments_digest": waiting.json()["arguments_digest"],
        }
        who = anchor or self.definition.governance.anchors[0]
        return reply_of(await self.post(f"/decisions/{decision_id}", body, f"anchor:{who}"))

    # What tests of earlier versions call them.
    said, said_by, decided = last_payload, call_function, record_decision
    audited, published = audit_entries, published_events
    hearing, hearing_all = override_peer, override_peers
