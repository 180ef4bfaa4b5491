"""The `memorytopology` section: layers in any of the forms seen in real collections."""

from __future__ import annotations

import re

from l9stack.model.agent import Backend, CausalFactor, GraphShape, MemoryKind, MemoryLayer
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section

_LAYERS = {
    "workingmemory": MemoryKind.WORKING,
    "episodicmemory": MemoryKind.EPISODIC,
    "semanticmemory": MemoryKind.SEMANTIC,
    "causalmemory": MemoryKind.CAUSAL,
    "longtermpersistence": MemoryKind.ARCHIVE,
    "archive": MemoryKind.ARCHIVE,
}
_BACKENDS = (
    ("redis", Backend.REDIS),
    ("postgres", Backend.POSTGRES),
    ("neo4j", Backend.NEO4J),
    ("hypergraph", Backend.HYPERGRAPH),
    ("s3", Backend.S3),
    ("file_system", Backend.S3),
)
_HOLDS = {
    MemoryKind.WORKING: Backend.REDIS,
    MemoryKind.EPISODIC: Backend.POSTGRES,
    MemoryKind.SEMANTIC: Backend.NEO4J,
    MemoryKind.CAUSAL: Backend.HYPERGRAPH,
    MemoryKind.ARCHIVE: Backend.S3,
}
_TTL = re.compile(r"\bTTL\s*[=:]?\s*(\d{1,6})\s*(s|sec\w*|m|min\w*|h|hours?|d|days?)?\b", re.IGNORECASE)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def ttl_in(text: str) -> int | None:
    """Seconds of a lifetime in prose (`TTL=5 minutes`), or None."""
    found = _TTL.search(text)
    if not found:
        return None
    return int(found[1]) * _UNITS[(found[2] or "s")[0].lower()]


def read_memory(section: Section) -> tuple[MemoryLayer, ...]:
    """All declared layers, in the order of `MemoryKind`; sections that are no layer are left to the description."""
    layers: dict[MemoryKind, MemoryLayer] = {}
    for name, kind in _LAYERS.items():
        child = section.child(name)
        if child is None:
            continue
        if kind in layers:
            section.error("duplicate-layer", f"{section.where}: {kind.value} memory is declared twice", child.place)
        layer = _layer(child, f"{section.where}.{name}", kind, section)
        if layer is not None:
            layers[kind] = layer
    section.child("crossagentsharing")
    section.close((*_LAYERS, "crossagentsharing"), strict=True)
    return tuple(layers[kind] for kind in MemoryKind if kind in layers)


def _layer(node: Node, where: str, kind: MemoryKind, parent: Section) -> MemoryLayer | None:
    if node.kind == "scalar":
        return _plain(node, where, kind, parent)
    fields = Section(node, where, parent.problems, node.place)
    storage = fields.text("storagetype", required=True)
    purpose = fields.text("purpose")
    ttl = fields.whole("ttl_seconds") if fields.has("ttl_seconds") else None
    if fields.has("ttl"):
        written = fields.text("ttl")
        ttl = int(written) if written.isdigit() else ttl_in(f"TTL={written}")
        if ttl is None:
            fields.error("bad-ttl", f"{where}.ttl is no time", fields.places.get("ttl"), "write `300` or `5 minutes`")
    prose = ttl_in(purpose) if ttl is None else None
    if prose is not None:
        fields.note("ttl-from-prose", f"{where}: a lifetime of {prose} s is taken from the purpose's text")
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
    fields.child("relationship")
    fields.close(
        ("storagetype", "keyspace", "retention", "indexby", "structure", "schema", "purpose", "ttl", "ttl_seconds")
    )
    return layer


def _plain(node: Node, where: str, kind: MemoryKind, parent: Section) -> MemoryLayer | None:
    text = node.text.strip()
    if node.value is None:
        return None
    ttl = ttl_in(text)
    return MemoryLayer(
        kind=kind, backend=_backend(text, kind, parent), storage=text, ttl_seconds=ttl, ttl_from_prose=ttl is not None
    )


def _backend(storage: str, kind: MemoryKind, section: Section) -> Backend:
    text = storage.lower().replace("-", "_").replace(" ", "_")
    found = next((backend for word, backend in _BACKENDS if word in text), None)
    wanted = _HOLDS[kind]
    if found is None:
        if storage:
            known = "redis, redis_cluster, postgres, postgres + pgvector, neo4j, neo4j_auradb, hypergraphdb, s3"
            section.error(
                "unknown-storage", f"{section.where}: storagetype {storage!r} is not known", None, f"known: {known}"
            )
        return wanted
    if found is not wanted:
        message = f"{section.where}: {kind.value} memory is kept in {wanted.value}, not in {storage}"
        section.error(
            "wrong-storage", message, section.places.get("storagetype"), f"use a storagetype of {wanted.value}"
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
