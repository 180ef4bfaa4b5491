"""Other agents: found through Redis, asked over HTTP with a token of one's own."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from l9stack.agent import tokens
from l9stack.agent.envelope import PacketEnvelope, PacketMetadata, PacketType
from l9stack.agent.memory import Memory
from l9stack.agent.operations import EscalatedError, PeerError

RETRY_SECONDS = (0.1, 0.2)
"""Waits before the second and third try; only a peer that could not be reached at all is tried again."""


class Transport(Protocol):
    """The seam between a peer's name and its answer; tests put a stand-in here."""

    async def post(self, peer: str, envelope: PacketEnvelope, seconds: float) -> tuple[int, Any]:
        """Deliver a packet; status and JSON body. Raises PeerError where there is no answer."""
        ...


class HttpTransport:
    """Delivers packets to the endpoint that the peer registered."""

    def __init__(self, agent: str, memory: Memory, key: Ed25519PrivateKey) -> None:
        self._agent = agent
        self._memory = memory
        self._key = key
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
        body = envelope.model_dump_json(exclude_none=True)
        for wait in (*RETRY_SECONDS, None):
            try:
                response = await self._client.post(
                    f"{endpoint}/packets", content=body, headers=headers, timeout=seconds
                )
                return response.status_code, response.json()
            except httpx.ConnectError as error:
                if wait is None:
                    raise PeerError(peer, "unreachable", "it does not accept connections") from error
                await asyncio.sleep(wait)
            except httpx.TimeoutException as error:
                raise PeerError(peer, "timeout", f"no answer in {seconds:g} s") from error
            except (httpx.HTTPError, ValueError) as error:
                raise PeerError(peer, "malformed", type(error).__name__) from error
        raise PeerError(peer, "unreachable", "it does not accept connections")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def ask(
    transport: Transport,
    source: str,
    peer: str,
    payload: Mapping[str, Any],
    *,
    trace_id: str,
    packet_type: PacketType,
    seconds: float,
) -> dict[str, Any]:
    """Send a packet and give back the payload of the answer.

    Raises:
        PeerError: timeout, unreachable, refused or malformed.
        EscalatedError: the peer waits for a governance anchor.
    """
    envelope = PacketEnvelope(
        packet_id=uuid.uuid4(),
        source_agent=source,
        destination_agent=peer,
        timestamp=datetime.now(UTC),
        payload=dict(payload),
        metadata=PacketMetadata(trace_id=uuid.UUID(trace_id)),
        packet_type=packet_type,
    )
    status, body = await transport.post(peer, envelope, seconds)
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
    if answer.source_agent != peer or str(answer.metadata.trace_id) != trace_id or answer.packet_type != "result":
        raise PeerError(peer, "malformed", "the answer is not to this packet")
    return answer.payload
