"""The protocol of a collection's packets: which fields they need on the wire, and what each of them carries.

Inside, a packet is a PacketEnvelope. A collection may have a protocol of its own: its fields then stand for fields of
the envelope, or have one fixed value, and what it asks for is asked for at `POST /packets`, no more and no less.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from l9stack.agent.records import digest

_SECONDS_TO_LIVE = 60


class PacketError(ValueError):
    """A packet that its protocol refuses; the message names every field that is wrong, and no value."""


def _uuid(value: Any) -> bool:
    try:
        uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "uuid": _uuid,
    "text": lambda value: isinstance(value, str) and bool(value),
    "time": _time,
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


@dataclass(frozen=True, slots=True)
class PacketProtocol:
    """Field names with their types. Without any, packets are PacketEnvelopes as they are.

    A field of the envelope that the protocol does not name may stand in a packet under its own name; where it is
    absent, it is what the call itself says: the caller, this agent, now.
    """

    name: str = "PacketEnvelope"
    required: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    carries: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def name_of(self, carried: str) -> str:
        """The field of a packet that carries a field of the envelope."""
        return next((name for name, target in self.carries.items() if target == carried), carried)

    def read(
        self, packet: Mapping[str, Any], *, source: str, destination: str, trace_id: str, now: datetime
    ) -> dict[str, Any]:
        """The envelope's fields of a packet; raises PacketError."""
        if not self.required:
            return dict(packet)
        given = {name: value for name, value in packet.items() if value is not None}
        kinds = {**self.optional, **self.required}
        wrong = [f"{name}: {self.name} requires it" for name in self.required if name not in given]
        for name in kinds.keys() & given.keys():
            if not _TYPES[kinds[name]](given[name]):
                wrong.append(f"{name}: has to be {kinds[name]}")
            elif name in self.constants and given[name] != self.constants[name]:
                wrong.append(f"{name}: has another value in {self.name}")
        beside = {name: value for name, value in given.items() if name not in kinds}
        wrong += [f"{name}: {self.name_of(name)} carries it" for name in beside if self.name_of(name) != name]
        if wrong:
            raise PacketError("; ".join(sorted(wrong)))
        carried = {
            self.carries.get(name, name): given[name] for name in kinds if name in given and name not in self.constants
        }
        implied = {
            "packet_id": str(uuid.uuid4()),
            "source_agent": source,
            "destination_agent": destination,
            "timestamp": now.isoformat(),
            "payload": {},
            "metadata": {"trace_id": trace_id},
        }
        return {**implied, **beside, **carried}

    def write(self, envelope: Mapping[str, Any]) -> dict[str, Any]:
        """A packet of an envelope's fields, with every field that the protocol requires."""
        if not self.required:
            return dict(envelope)
        packet = {self.name_of(name): value for name, value in envelope.items() if value is not None}
        for name in self.required:
            if name not in packet and name not in self.constants:
                packet[name] = _made(self.carries.get(name, name), envelope)
        return {**packet, **self.constants}


ENVELOPE = PacketProtocol()
"""Packets as they are, where a collection has no protocol of its own."""


def _made(name: str, envelope: Mapping[str, Any]) -> Any:
    """A field that an agent has no word of its own for, where its protocol requires it."""
    match name:
        case "content_hash":
            return digest(envelope["payload"])
        case "thread_id":
            return envelope["metadata"]["trace_id"]
        case "ttl":
            return _SECONDS_TO_LIVE
        case "confidence":
            return {"score": 1.0, "rationale": "a call, and no judgement"}
        case "tags":
            return []
        case "packet_type":
            return "command"
    return {}
