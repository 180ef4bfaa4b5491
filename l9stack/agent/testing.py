"""A harness for generated tests: the real pipeline in this process, against real backends.

An agent is served without a socket; what it asks of others goes to stand-ins or to other agents served in the same way.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from l9stack.agent import keys, logs, tokens
from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.definition import load
from l9stack.agent.envelope import PacketEnvelope
from l9stack.agent.memory import Memory
from l9stack.agent.operations import PeerError
from l9stack.agent.serve import Assembled, assemble, handle_event

_BASE = "http://agent.test"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent answered; `body` is a packet's payload where a packet was sent."""

    status: int
    body: dict[str, Any]
    trace_id: str
    decision_id: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class StandIn:
    """Another agent's part: an answer by operation or domain packet type; `requests` keeps what it was asked."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    failure: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def down(cls) -> StandIn:
        """A peer that never answers in time."""
        return cls(failure="timeout")

    @classmethod
    def malformed(cls) -> StandIn:
        """A peer whose answers are no packets."""
        return cls(failure="malformed")

    async def deliver(self, peer: str, envelope: PacketEnvelope) -> tuple[int, Any]:
        """The answer to a packet."""
        self.requests.append(dict(envelope.payload))
        if self.failure == "timeout":
            raise PeerError(peer, "timeout", "no answer in time")
        if self.failure == "malformed":
            return 200, {"unexpected": True}
        name = str(envelope.payload.get("operation") or envelope.payload.get("packet_type"))
        if name not in self.answers:
            return 404, {"detail": f"no operation {name}"}
        return 200, {
            "packet_id": str(uuid.uuid4()),
            "source_agent": peer,
            "destination_agent": envelope.source_agent,
            "timestamp": datetime.now(UTC).isoformat(),
            "payload": dict(self.answers[name]),
            "metadata": {"trace_id": str(envelope.metadata.trace_id)},
            "packet_type": "result",
        }


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
        return await self._client.post(path, json=dict(body), headers=given)

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
async def serving_definition(
    definition: AgentDefinition,
    backends: BackendUrls,
    peers: Mapping[str, StandIn | ServedAgent] | None = None,
    namespace: str | None = None,
) -> AsyncIterator[ServedAgent]:
    """Serve a definition in this process, in a namespace of its own unless one is given."""
    logs.configure("ERROR")
    with TemporaryDirectory(prefix="l9-keys-") as folder:
        key_folder = Path(folder)
        principals = [
            f"agent:{definition.id}",
            "operator",
            *(f"anchor:{name}" for name in definition.governance.anchors),
        ]
        keys.ensure_keys(key_folder, principals)
        known = dict(peers or {})
        keys.ensure_keys(key_folder, [f"agent:{name}" for name, peer in known.items() if isinstance(peer, ServedAgent)])
        transport = _Local(definition.id, known)
        space = namespace or f"test-{uuid.uuid4().hex[:8]}"
        assembled = assemble(definition, backends, space, key_folder, transport=transport)
        asgi = httpx.ASGITransport(assembled.application)
        async with httpx.AsyncClient(transport=asgi, base_url=_BASE) as client:
            try:
                yield ServedAgent(assembled, client, key_folder)
            finally:
                await assembled.runtime.memory.close()
