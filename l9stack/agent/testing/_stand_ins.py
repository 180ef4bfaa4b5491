"""Stand-ins for other agents, in tests: an answer that is known beforehand, or a failure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx

from l9stack.agent._messaging.envelope import PacketEnvelope
from l9stack.agent._messaging.peers import from_wire, to_wire
from l9stack.agent._protocol import ENVELOPE, PacketProtocol
from l9stack.agent.operations import PeerError


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

    def say(self, name: str, answer: Mapping[str, Any]) -> StandIn:
        """Answer this operation or packet type from now on, and no other; earlier requests are forgotten. Itself."""
        self.answers, self.failure = {name: answer}, ""
        self.requests.clear()
        return self

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


class Receiver(Protocol):
    """An agent that is served in this process."""

    async def post(self, path: str, body: Mapping[str, Any], principal: str) -> httpx.Response:
        """Its answer to an authorised POST."""
        ...


class StandInTransport:
    """A transport that delivers packets to stand-ins, and to agents served in this process."""

    def __init__(
        self, source: str, peers: Mapping[str, StandIn | Receiver], protocol: PacketProtocol = ENVELOPE
    ) -> None:
        self._source = source
        self._peers = peers
        self._protocol = protocol

    async def post(self, peer: str, envelope: PacketEnvelope, seconds: float) -> tuple[int, Any]:
        """Deliver a packet; status and JSON body."""
        target = self._peers.get(peer)
        if target is None:
            raise PeerError(peer, "unreachable", "no such peer in this test")
        if isinstance(target, StandIn):
            return await target.deliver(peer, envelope)
        packet = to_wire(self._protocol, envelope)
        reply = await target.post("/packets", packet, f"agent:{self._source}")
        return reply.status_code, from_wire(self._protocol, reply.status_code, reply.json(), envelope)
