"""Packet protocols of `meta.dependency.integration.yaml`, and what each of their fields carries.

On the wire a packet has the fields of its protocol; the library works with the PacketEnvelope. So each field stands for
one of the envelope's, or has one value that never changes. A field that says neither is understood where its name or
its type leaves no doubt; else the reader is told to say so.
"""

from __future__ import annotations

import difflib

from pydantic import JsonValue

from l9stack.model.meta import PACKET_ENVELOPE, Protocol
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section

ENVELOPE = {**PACKET_ENVELOPE.required, **PACKET_ENVELOPE.optional}
"""The fields of the PacketEnvelope with their types."""
TYPES = ("uuid", "text", "time", "object", "list", "number", "boolean")
_COMMON = {
    "source_agent": ("source", "sender", "from_agent"),
    "destination_agent": ("destination", "recipient", "receiver", "target", "to_agent"),
}
"""Usual names of fields whose type alone does not say what they carry."""
_BY_TYPE = {"uuid": "packet_id", "time": "timestamp", "object": "payload"}
_FIELD = ("type", "carries", "value")


def read_protocols(section: Section) -> tuple[Protocol, ...]:
    """Every protocol below `protocols:`."""
    protocols = []
    for name, node in section.rest().items():
        entry = Section(node, f"protocols.{name}", section.problems, node.place)
        entry.text("description")
        reader = _Fields(entry)
        required, optional = reader.part("required"), reader.part("optional")
        entry.close(("description", "required", "optional"), strict=True)
        reader.resolve()
        if not required:
            hint = "list `required: {field: type}`"
            entry.error("bad-protocol", f"{entry.where} has no required fields", node.place, hint)
        if twice := sorted(required.keys() & optional.keys()):
            entry.error("bad-protocol", f"{entry.where}: {twice[0]} is both required and optional", node.place)
        protocols.append(
            Protocol(
                name=name, required=required, optional=optional, carries=reader.carries, constants=reader.constants
            )
        )
    return tuple(protocols)


class _Fields:
    """The fields of one protocol, while it becomes clear what each of them carries."""

    def __init__(self, entry: Section) -> None:
        self._entry = entry
        self._types: dict[str, str] = {}
        self._nodes: dict[str, Node] = {}
        self.carries: dict[str, str] = {}
        self.constants: dict[str, JsonValue] = {}

    def part(self, part: str) -> dict[str, str]:
        """Names and types below `required` or `optional`."""
        child = self._entry.section(part)
        found: dict[str, str] = {}
        for name, node in child.rest().items():
            found[name] = self._field(name, node, f"{child.where}.{name}")
        return found

    def _field(self, name: str, node: Node, where: str) -> str:
        entry = Section(node if node.kind != "scalar" else None, where, self._entry.problems, node.place)
        kind = node.text if node.kind == "scalar" else entry.text("type", required=True)
        if kind not in TYPES:
            near = difflib.get_close_matches(kind, TYPES, 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(TYPES)}"
            place = entry.places.get("type", node.place)
            entry.error("bad-type", f"{where}: type {kind!r} is not known", place, hint)
        self._types[name], self._nodes[name] = kind, node
        if carries := entry.choice("carries", ENVELOPE, ""):
            self.carries[name] = carries
        elif entry.has("value"):
            self.constants[name] = entry.value("value")
        entry.close(_FIELD, strict=True)
        return kind

    def resolve(self) -> None:
        """Find what the remaining fields carry; a field in doubt is an error, and so is a type that does not fit."""
        for name in self._open():
            if name in ENVELOPE:
                self.carries[name] = name
        for name in self._open():
            meant = [field for field, names in _COMMON.items() if name in names]
            self._claim(name, meant[0] if meant else _BY_TYPE.get(self._types[name]))
        for name in self._open():
            hint = f"write `{name}: {{type: {self._types[name]}, carries: FIELD}}`, or `value:` for one that is fixed; "
            message = f"{self._entry.where}: what `{name}` carries cannot be told"
            self._error(name, message, f"{hint}fields: {', '.join(ENVELOPE)}")
        taken: dict[str, str] = {}
        for name, field in self.carries.items():
            if ENVELOPE[field] != self._types[name] and self._types[name] in TYPES:
                message = f"{self._entry.where}: {name} is {self._types[name]}, and {field} is {ENVELOPE[field]}"
                self._error(name, message, f"make it {ENVELOPE[field]}")
            if (other := taken.setdefault(field, name)) != name:
                self._error(name, f"{self._entry.where}: {other} and {name} both carry {field}", "keep one")

    def _open(self) -> list[str]:
        return [name for name in self._types if name not in self.carries and name not in self.constants]

    def _claim(self, name: str, field: str | None) -> None:
        if field is not None and field not in self.carries.values():
            self.carries[name] = field

    def _error(self, name: str, message: str, hint: str) -> None:
        self._entry.error("bad-protocol", message, self._nodes[name].place, hint)
