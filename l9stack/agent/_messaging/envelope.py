"""PacketEnvelope, the protocol between agents (CONTRACTS section 3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from l9stack.agent.records import Record, digest

MAX_BYTES = 1 << 20

PacketType = Literal[
    "event", "insight", "result", "error", "command", "query", "memory_write", "reasoning_trace", "tool_audit"
]


class PacketMetadata(Record):
    """What every packet says about its way: one trace id from the first call to the last."""

    trace_id: UUID
    priority: Literal["normal", "high", "critical"] = "normal"
    governance_flags: tuple[str, ...] = ()


class Confidence(Record):
    """How sure the sender is, from 0 to 1, and why."""

    score: float = Field(ge=0, le=1)
    rationale: str = ""


class Lineage(Record):
    """The packets that a packet follows from."""

    parent_ids: tuple[UUID, ...] = ()
    generation: int = Field(default=0, ge=0)
    root_packet_id: UUID | None = None


class PacketEnvelope(Record):
    """An immutable message between agents; `ttl` counts seconds from `timestamp`."""

    packet_id: UUID
    source_agent: str = Field(min_length=1, max_length=100)
    destination_agent: str = Field(min_length=1, max_length=100)
    timestamp: AwareDatetime
    payload: dict[str, JsonValue]
    metadata: PacketMetadata
    packet_type: PacketType = "command"
    provenance: dict[str, JsonValue] | None = None
    confidence: Confidence | None = None
    lineage: Lineage | None = None
    thread_id: str | None = None
    tags: tuple[str, ...] = ()
    ttl: float | None = Field(default=None, gt=0)
    content_hash: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")

    def expired(self, now: datetime) -> bool:
        """Whether the packet is past its time to live."""
        return self.ttl is not None and now > self.timestamp + timedelta(seconds=self.ttl)

    def intact(self) -> bool:
        """Whether the payload is the one that was hashed; true where no hash was given."""
        return self.content_hash is None or self.content_hash == digest(self.payload)
