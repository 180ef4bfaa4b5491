"""Other agents: found through Redis, asked over HTTP with a token of one's own."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from l9stack.agent._messaging.envelope import PacketEnvelope
from l9stack.agent._protocol import ENVELOPE, PacketError, PacketProtocol
from l9stack.agent._security import tokens
from l9stack.agent.memory._memory import Memory
from l9stack.agent.operations import EscalatedError, PeerError

MAX_RETRIES = 3
"""How often a packet is sent again, unless `communication.max_retries` says otherwise."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
"""Seconds before a packet is sent again: twice as long each time."""
_BROKEN = (httpx.NetworkError, httpx.RemoteProtocolError)
"""No connection, or one that broke before the answer: the same packet again is safe, its id is processed once."""


class Transport(Protocol):
    """The seam between a peer's name and its answer; tests put a stand-in here."""

    async def post(self, peer: str, envelope: PacketEnvelope, seconds: float) -> tuple[int, Any]:
        """Deliver a packet; status and JSON body. Raises PeerError where there is no answer."""
        ...


class HttpTransport:
    """Delivers packets to the endpoint that the peer registered.

    A packet is sent again, up to `max_retries` times, where no answer came over the connection, and where the peer
    says that it is still at it. An answer is never asked for again, and neither is one that took too long: the time of
    the call is over then.
    """

    def __init__(
        self,
        agent: str,
        memory: Memory,
        key: Ed25519PrivateKey,
        max_retries: int = MAX_RETRIES,
        protocol: PacketProtocol = ENVELOPE,
    ) -> None:
        self._agent = agent
        self._memory = memory
        self._key = key
        self.max_retries = max_retries
        self._protocol = protocol
        self._client = httpx.AsyncClient(trust_env=False)

    async def post(self, peer: str, envelope: PacketEnvelope, seconds: float) -> tuple[int, Any]:
        """POST the packet to `<endpoint>/packets`."""
        try:
            endpoint: Any = await self._memory.redis.hget(f"{self._memory.namespace}:agents", peer)
        except Exception as error:
            raise PeerError(peer, "unreachable", "the registry does not answer") from error
        if not endpoint:
            raise PeerError(peer, "unreachable", "no agent of that name is registered")
        token = tokens.mint(f"agent:{self._agent}", self._key, peer)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = json.dumps(to_wire(self._protocol, envelope))
        clock = asyncio.get_running_loop().time
        ends, wait = clock() + seconds, _FIRST_WAIT
        for left in range(self.max_retries, -1, -1):
            # A wait that leaves less time than it takes itself is not worth it.
            last = left == 0 or clock() + 2 * wait > ends
            try:
                response = await self._client.post(
                    f"{endpoint}/packets", content=body, headers=headers, timeout=seconds
                )
                answer = response.json()
                if last or not _still_at_it(response.status_code, answer):
                    return response.status_code, from_wire(self._protocol, response.status_code, answer, envelope)
            except _BROKEN as error:
                if last:
                    refused = isinstance(error, httpx.ConnectError)
                    detail = "it does not accept connections" if refused else "it breaks connections off"
                    raise PeerError(peer, "unreachable", detail) from error
            except httpx.TimeoutException as error:
                raise PeerError(peer, "timeout", f"no answer in {seconds:g} s") from error
            except (httpx.HTTPError, ValueError) as error:
                raise PeerError(peer, "malformed", type(error).__name__) from error
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        raise AssertionError("the last try returns or raises")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _still_at_it(status: int, answer: Any) -> bool:
    """Whether an earlier copy of the same packet is being processed, whose answer is the one to wait for."""
    return status == 409 and isinstance(answer, dict) and answer.get("code") == "in-progress"


def to_wire(protocol: PacketProtocol, envelope: PacketEnvelope) -> dict[str, Any]:
    """A packet as it goes over the wire."""
    return protocol.write(envelope.model_dump(mode="json", exclude_none=True))


def from_wire(protocol: PacketProtocol, status: int, answer: Any, asked: PacketEnvelope) -> Any:
    """The envelope's fields of an answer to a packet; nothing of one that the protocol refuses."""
    if status != 200 or not isinstance(answer, dict):
        return answer
    source, destination = asked.destination_agent, asked.source_agent
    trace_id, now = str(asked.metadata.trace_id), datetime.now(UTC)
    try:
        return protocol.read(answer, source=source, destination=destination, trace_id=trace_id, now=now)
    except PacketError:
        return {}


async def ask(transport: Transport, packet: PacketEnvelope, seconds: float) -> dict[str, Any]:
    """Send a packet to its destination, and give back the payload of the answer.

    Raises:
        PeerError: timeout, unreachable, refused or malformed.
        EscalatedError: the peer waits for a governance anchor.
    """
    peer, trace_id = packet.destination_agent, packet.metadata.trace_id
    status, body = await transport.post(peer, packet, seconds)
    if status == 202 and isinstance(body, dict) and isinstance(body.get("decision_id"), str):
        named = body.get("anchors")
        anchors = tuple(str(name) for name in named) if isinstance(named, list) else ()
        raise EscalatedError(body["decision_id"], f"{peer} waits for a governance anchor", anchors)
    if status != 200:
        detail = body.get("detail", "") if isinstance(body, dict) else ""
        raise PeerError(peer, "refused", f"status {status} {detail}".strip())
    try:
        answer = PacketEnvelope.model_validate(body)
    except ValueError as error:
        raise PeerError(peer, "malformed", "the answer is no packet") from error
    if answer.source_agent != peer or answer.metadata.trace_id != trace_id or answer.packet_type != "result":
        raise PeerError(peer, "malformed", "the answer is not to this packet")
    return answer.payload
