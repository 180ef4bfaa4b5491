"""The `memorytopology` section: layers in any of the forms seen in real collections."""

from __future__ import annotations

import re

from l9stack.model.agent import Backend, CausalFactor, GraphShape, MemoryKind, MemoryLayer
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section, quote, suggestion
from l9stack.reading.vocabulary import AGENT, HOLDS, LAYER, LAYERS, STORAGE

_MEMORY = AGENT["memorytopology"]
_STORAGE_WORD = re.compile(r"(?<![a-z0-9])(redis|postgres|neo4j|hypergraph|s3|file_system)(?:ql|db)?(?![a-z0-9])")
_BACKENDS = {**{backend.value: backend for backend in Backend}, "file_system": Backend.S3}
_TTL = re.compile(
    r"\bTTL\s{0,3}(?:=|:|of|is)?\s{0,3}(\d{1,6}(?:\.\d{1,3})?)(?![\d.]*\d)[\s-]{0,3}([A-Za-z]*)", re.IGNORECASE
)
_UNITS = {
    unit: seconds
    for seconds, units in (
        (1, ("s", "sec", "secs", "second", "seconds")),
        (60, ("m", "min", "mins", "minute", "minutes")),
        (3600, ("h", "hr", "hrs", "hour", "hours")),
        (86400, ("d", "day", "days")),
        (604800, ("w", "week", "weeks")),
    )
    for unit in units
}
_NO_UNITS = ("ms", "msec", "millisecond", "milliseconds", "month", "months", "y", "year", "years")
"""Words that look like a unit of a lifetime and are none that is honoured: to read the number as seconds is wrong."""


def ttl_in(text: str) -> int | None:
    """Seconds of a lifetime in prose (`TTL=5 minutes`), or None; a number without a unit is seconds."""
    found = _TTL.search(text)
    if not found or found[2].lower() in _NO_UNITS:
        return None
    return round(float(found[1]) * _UNITS.get(found[2].lower(), 1)) or None


def read_memory(section: Section) -> tuple[MemoryLayer, ...]:
    """All declared layers, in the order of `MemoryKind`; sections that are no layer are left to the description."""
    layers: dict[MemoryKind, MemoryLayer] = {}
    for name, (kind, _) in LAYERS.items():
        child = section.child(name)
        if child is None:
            continue
        if kind in layers:
            section.error("duplicate-layer", f"{section.where}: {kind.value} memory is declared twice", child.place)
        layer = _layer(child, f"{section.where}.{name}", kind, section)
        if layer is not None:
            layers[kind] = layer
    section.close(_MEMORY.names, strict=_MEMORY.closed)
    return tuple(layers[kind] for kind in MemoryKind if kind in layers)


def _layer(node: Node, where: str, kind: MemoryKind, parent: Section) -> MemoryLayer | None:
    if node.kind == "scalar":
        return _plain(node, where, kind, parent)
    fields = Section(node, where, parent.problems, node.place)
    storage = fields.text("storagetype", required=True)
    purpose = fields.text("purpose")
    ttl = _ttl(fields)
    prose = ttl_in(purpose) if ttl is None else None
    if prose is not None:
        fields.note("ttl-from-prose", f"{where}: a lifetime of {prose} s is taken from the purpose's text")
    elif ttl is None and re.search(r"\bTTL\b", purpose):
        fields.note("ttl-not-read", f"{where}: the purpose speaks of a TTL, but not as `TTL=5 minutes`")
    layer = MemoryLayer(
        kind=kind,
        backend=_backend(storage, kind, fields),
        storage=storage,
        keyspace=fields.text("keyspace"),
        ttl_seconds=ttl if ttl is not None else prose,
        ttl_from_prose=prose is not None,
        retention=fields.text("retention"),
        index_by=fields.texts("indexby"),
        structure=_structure(fields),
        factors=_factors(fields),
        purpose=purpose,
    )
    # `schema` of an episodic layer is a table's name and `relationship` an edge's: both describe, neither is an error.
    fields.close(field.name for field in LAYER)
    return layer


def _ttl(fields: Section) -> int | None:
    if fields.has("ttl") and fields.has("ttl_seconds"):
        fields.error("two-spellings", f"{fields.where}: ttl and ttl_seconds say the same thing", None, "keep one")
    seconds = fields.whole("ttl_seconds", 1)
    written = fields.text("ttl")
    if not written:
        return seconds
    lifetime = ttl_in(f"TTL={written}")
    if lifetime is None:
        message = f"{fields.where}.ttl {quote(written)} is no lifetime"
        fields.error("bad-ttl", message, fields.places.get("ttl"), "write `ttl: 5 minutes`, or `ttl: 300` for seconds")
    return lifetime


def _plain(node: Node, where: str, kind: MemoryKind, parent: Section) -> MemoryLayer | None:
    if node.empty:
        return None
    text = node.text.strip()
    fields = Section(None, where, parent.problems, node.place)
    ttl = ttl_in(text)
    if ttl is not None:
        fields.note("ttl-from-prose", f"{where}: a lifetime of {ttl} s is taken from the storage's text")
    return MemoryLayer(
        kind=kind, backend=_backend(text, kind, fields), storage=text, ttl_seconds=ttl, ttl_from_prose=ttl is not None
    )


def _backend(storage: str, kind: MemoryKind, fields: Section) -> Backend:
    found = _STORAGE_WORD.search(storage.lower().replace("-", "_").replace(" ", "_"))
    wanted = HOLDS[kind]
    place = fields.places.get("storagetype")
    if found is None:
        if storage:
            message = f"{fields.where}: storagetype {quote(storage)} is not known"
            fields.error("unknown-storage", message, place, suggestion(storage, STORAGE[wanted]))
        return wanted
    backend = _BACKENDS[found[1]]
    if backend is not wanted:
        message = f"{fields.where}: {kind.value} memory is kept in {wanted.value}, not in {quote(storage)}"
        fields.error(
            "wrong-storage", message, place, f"use a storagetype of {wanted.value}: {', '.join(STORAGE[wanted])}"
        )
    return wanted


def _structure(fields: Section) -> tuple[GraphShape, ...]:
    child = fields.child("structure")
    shapes = []
    for item in (child.items or []) if child is not None else []:
        entry = Section(item, f"{fields.where}.structure", fields.problems, item.place)
        kind = "edge" if entry.has("edge_type") else "node"
        name = entry.text(f"{kind}_type", required=True)
        if name:
            shapes.append(GraphShape(kind=kind, name=name, fields=entry.texts("fields")))
    return tuple(shapes)


def _factors(fields: Section) -> tuple[CausalFactor, ...]:
    child = fields.child("schema")
    if child is None or child.items is None:
        return ()
    factors = []
    for item in child.items:
        entry = Section(item, f"{fields.where}.schema", fields.problems, item.place)
        factor = entry.text("factor", required=True)
        if factor:
            factors.append(CausalFactor(factor=factor, influences=entry.texts("influences")))
    return tuple(factors)
