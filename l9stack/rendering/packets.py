"""The packet protocol of a plan, as manifests, documents and tests say it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from l9stack.model.meta import PACKET_ENVELOPE, Protocol

_EXAMPLES: dict[str, Any] = {
    "packet_id": "5b0e8a8e-6c1c-4b7e-9d43-2f3b1f1e7a10",
    "source_agent": "operator",
    "timestamp": "2025-01-01T12:00:00Z",
    "packet_type": "command",
    "metadata": {"trace_id": "0d9c7b1e-52a4-4f0e-8a37-6e1f0c2b4d55", "priority": "normal"},
    "confidence": {"score": 0.9, "rationale": "measured"},
    "thread_id": "T-1",
    "tags": [],
    "ttl": 60,
    "lineage": {},
    "provenance": {},
}


@dataclass(frozen=True, slots=True)
class PacketField:
    """A field of a packet; `carries` is a field of the envelope, or the one value that it has."""

    name: str
    type: str
    carries: str


@dataclass(frozen=True, slots=True)
class PacketDoc:
    """A protocol for documents; without `fields` it is the PacketEnvelope as it is."""

    name: str
    fields: tuple[PacketField, ...]
    protocol: Protocol
    agent: str

    def named(self, field: str) -> str:
        """What the protocol calls a field of the envelope."""
        return next((name for name, carried in self.protocol.carries.items() if carried == field), field)

    def example(self, operation: str, data: str) -> str:
        """A packet that calls an operation, with the required fields alone; `data` is the JSON of its arguments."""
        payload = {"operation": operation, "arguments": json.loads(data)}
        values = {**_EXAMPLES, "destination_agent": self.agent, "payload": payload}
        packet = {}
        for name in self.protocol.required:
            field = self.protocol.carries.get(name, name)
            packet[name] = self.protocol.constants.get(name, values.get(field))
        if "payload" not in self.protocol.carries.values():
            packet["payload"] = payload
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in packet.items() if value is not None]
        return "{\n" + ",\n".join(lines) + "\n}"


def is_own(protocol: Protocol) -> bool:
    """Whether a protocol asks for anything else than the PacketEnvelope itself does."""
    renamed = any(name != carried for name, carried in protocol.carries.items())
    return renamed or bool(protocol.constants) or set(protocol.required) != set(PACKET_ENVELOPE.required)


def view_packets(protocol: Protocol, agent: str) -> PacketDoc:
    """What documents say of packets."""
    fields = tuple(
        PacketField(
            name,
            kind,
            json.dumps(protocol.constants[name]) if name in protocol.constants else protocol.carries.get(name, name),
        )
        for name, kind in protocol.required.items()
    )
    return PacketDoc(protocol.name, fields if is_own(protocol) else (), protocol, agent)


def protocol_manifest(protocol: Protocol) -> dict[str, Any]:
    """What a manifest says: nothing for the PacketEnvelope as it is."""
    if not is_own(protocol):
        return {}
    names = ("name", "required", "optional", "carries", "constants")
    return {"protocol": {name: getattr(protocol, name) for name in names}}


def required_fields(protocol: Protocol) -> list[str]:
    """Fields without which a packet is refused, whatever the call says of itself."""
    return sorted(protocol.required) if is_own(protocol) else ["packet_id", "timestamp", "metadata"]
