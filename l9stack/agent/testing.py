"""A harness for generated tests: the real pipeline in this process, against real backends.

An agent is served without a socket; what it asks of others goes to stand-ins or to other agents served in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from l9stack.agent import keys, logs, tokens
from l9stack.agent.backends import BackendUrls
from l9stack.agent.context import OperationContext
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.definition import load
from l9stack.agent.envelope import PacketEnvelope
from l9stack.agent.events import stream
from l9stack.agent.memory import Memory
from l9stack.agent.operations import PeerError, operation
from l9stack.agent.peers import HttpTransport
from l9stack.agent.records import Payload
from l9stack.agent.serve import Assembled, assemble, handle_event
from l9stack.agent.spaces import apart
from l9stack.agent.stand_ins import StandIn as StandIn

_BASE = "http://agent.test"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered; `body` is a packet's payload where a packet was sent."""

    status: int
    body: dict[str, Any]
    trace_id: str
    decision_id: str
    headers: Mapping[str, str]


class _Local:
    """Delivers packets to stand-ins and to agents served in this process."""

    def __init__(self, source: str, peers: Mapping[str, StandIn | ServedAgent]) -> None:
        self._source = source
        self._peers = peers

    async def post(self, peer: str, envelope: PacketEnvelope, seconds: float) -> tuple[int, Any]:
        target = self._peers.get(peer)
        if target is None:
            raise PeerError(peer, "unreachable", "no such peer in this test")
        if isinstance(target, StandIn):
            return await target.deliver(peer, envelope)
        reply = await target.post(
            "/packets", envelope.model_dump(mode="json", exclude_none=True), f"agent:{self._source}"
        )
        return reply.status_code, reply.json()


class ServedAgent:
    """An agent under test."""

    def __init__(self, assembled: Assembled, client: httpx.AsyncClient, key_folder: Path) -> None:
        self.definition: AgentDefinition = assembled.runtime.definition
        self.memory: Memory = assembled.runtime.memory
        self.runtime = assembled.runtime
        self.last = httpx.Response(204)
        """Its newest answer to a POST."""
        self._observer = assembled.observer
        self._client = client
        self._keys = key_folder

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

    async def get(self, path: str, principal: str | None = None) -> httpx.Response:
        """A GET, authorised where a principal is given."""
        headers = {"authorization": f"Bearer {self.token(principal)}"} if principal else {}
        return await self._client.get(path, headers=headers)

    async def call(self, operation: str, arguments: Mapping[str, Any], trace_id: str | None = None) -> Reply:
        """Call an operation as the operator."""
        headers = {"X-L9-Trace-Id": trace_id} if trace_id else None
        return _reply(await self.post(f"/operations/{operation}", arguments, headers=headers))

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
        body = {name: value for name, value in envelope.items() if value is not None}
        principal = source if source == "operator" else f"agent:{source}"
        keys.ensure_keys(self._keys, [principal])
        reply = _reply(await self.post("/packets", body, principal))
        if reply.status != 200:
            return reply
        return Reply(reply.status, reply.body["payload"], reply.trace_id, reply.decision_id, reply.headers)

    async def relay(self, peer: str, payload: Mapping[str, Any], trace_id: str | None = None) -> Reply:
        """Send a packet's payload to a peer as an operation of this agent does, through the agent's whole pipeline."""

        @operation(summary=f"Pass a packet on to {peer}.")
        async def relay(request: Payload, context: OperationContext) -> Payload:
            arguments = dict(payload.get("arguments", {}))
            if "packet_type" in payload:
                return Payload(payload=await context.send(peer, payload["packet_type"], arguments))
            return Payload(payload=await context.ask(peer, payload["operation"], arguments))

        answer = await self.runtime.run(relay, payload, trace_id or str(uuid.uuid4()), "operator")
        headers = {"x-l9-governance": answer.governance}
        if answer.degraded:
            headers["x-l9-degraded"] = ", ".join(answer.degraded)
        return Reply(answer.status, answer.body, answer.trace_id, answer.decision_id, headers)

    def said(self) -> dict[str, Any]:
        """The payload of the result packet that it gave last; empty where its last answer was none."""
        return dict(self.last.json().get("payload", {})) if self.last.status_code == 200 else {}

    def http_client(self) -> HttpTransport:
        """A client as the agent has it outside of tests: over sockets, to where its peers are registered."""
        name = self.definition.id
        return HttpTransport(name, self.memory, keys.load_private(self._keys, f"agent:{name}"))

    @contextlib.contextmanager
    def hearing(self, peer: str, stand_in: StandIn) -> Iterator[None]:
        """Until the block ends, a stand-in answers what this agent asks of a peer."""
        usual, self.runtime.transport = self.runtime.transport, _Local(self.definition.id, {peer: stand_in})
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

    async def decided(self, operation: str, arguments: Mapping[str, Any]) -> str:
        """Record that the operation has decided about these arguments; the decision's id."""
        found = self.definition.operation(operation)
        if found is None:
            raise KeyError(operation)
        return await self.runtime.remember(found, arguments, {}, str(uuid.uuid4()), "APPROVED")

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
        return _reply(await self.post(f"/decisions/{decision_id}", body, f"anchor:{who}"))


def _reply(response: httpx.Response) -> Reply:
    headers = dict(response.headers)
    decision = headers.get("x-l9-decision-id", "")
    return Reply(response.status_code, response.json(), headers.get("x-l9-trace-id", ""), decision, headers)


@contextlib.asynccontextmanager
async def serving(
    manifest: Path,
    code: Path,
    backends: BackendUrls,
    peers: Mapping[str, StandIn | ServedAgent] | None = None,
    namespace: str | None = None,
    extra: tuple[Path, ...] = (),
) -> AsyncIterator[ServedAgent]:
    """Serve the agent of a manifest in this process; peers that are agents have to be served already."""
    async with serving_definition(load(manifest, code, extra), backends, peers, namespace) as agent:
        yield agent


@contextlib.asynccontextmanager
async def serving_together(
    names: Iterable[str],
    manifests: Path,
    code: Path,
    backends: BackendUrls,
    namespace: str | None = None,
    extra: tuple[Path, ...] = (),
) -> AsyncIterator[Mapping[str, ServedAgent]]:
    """Serve several agents beside each other in one namespace; each can ask every other one."""
    peers: dict[str, StandIn | ServedAgent] = {}
    served: dict[str, ServedAgent] = {}
    async with apart(backends, namespace) as (own, space), contextlib.AsyncExitStack() as stack:
        for name in names:
            agent = serving(manifests / f"{name}.json", code, own, peers, space, extra)
            peers[name] = served[name] = await stack.enter_async_context(agent)
        yield served


@contextlib.asynccontextmanager
async def serving_definition(
    definition: AgentDefinition,
    backends: BackendUrls,
    peers: Mapping[str, StandIn | ServedAgent] | None = None,
    namespace: str | None = None,
) -> AsyncIterator[ServedAgent]:
    """Serve a definition in this process, in a namespace of its own unless one is given."""
    logs.configure("ERROR")
    async with contextlib.AsyncExitStack() as stack:
        own, space = await stack.enter_async_context(apart(backends, namespace))
        folder = stack.enter_context(TemporaryDirectory(prefix="l9-keys-"))
        key_folder = Path(folder)
        principals = [
            f"agent:{definition.id}",
            "operator",
            *(f"anchor:{name}" for name in definition.governance.anchors),
        ]
        keys.ensure_keys(key_folder, principals)
        # Not copied: agents that are served together come to know each other as they start.
        known = peers if peers is not None else {}
        keys.ensure_keys(key_folder, [f"agent:{name}" for name, peer in known.items() if isinstance(peer, ServedAgent)])
        transport = _Local(definition.id, known)
        assembled = assemble(definition, own, space, key_folder, transport=transport)
        asgi = httpx.ASGITransport(assembled.application)
        async with httpx.AsyncClient(transport=asgi, base_url=_BASE) as client:
            try:
                yield ServedAgent(assembled, client, key_folder)
            finally:
                await assembled.runtime.memory.close()
