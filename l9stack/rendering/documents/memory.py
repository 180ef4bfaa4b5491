"""What documents tell of an agent's memory: its layers, and what of them has functions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from l9stack.model.agent import MemoryKind, MemoryLayer
from l9stack.model.plan import AgentPlan
from l9stack.planning.keyspaces import keyspace
from l9stack.planning.retention import expires
from l9stack.printable import line
from l9stack.rendering.code.bridges import ttl_seconds
from l9stack.rendering.code.memory_records import factor_views, home_of, shape_views
from l9stack.rendering.imports import Imports


@dataclass(frozen=True, slots=True)
class KnowledgeDoc:
    """A node, an edge or a causal factor that a layer declares, and the function that keeps or reads it.

    `names` are the fields of a node or edge, or what a factor influences. `function`, the `record` that it takes or
    gives, and its `module` are empty where no module has such a function.
    """

    name: str
    names: tuple[str, ...]
    function: str = ""
    record: str = ""
    module: str = ""


@dataclass(frozen=True, slots=True)
class LayerDoc:
    """One declared memory layer."""

    kind: str
    backend: str
    variable: str
    storage: str
    purpose: str
    keyspace: str
    ttl: int
    ttl_origin: str
    retention: str
    expires: bool
    """Whether the agent deletes what is past its retention."""
    index_by: tuple[str, ...]
    nodes: tuple[KnowledgeDoc, ...]
    edges: tuple[KnowledgeDoc, ...]
    factors: tuple[KnowledgeDoc, ...]


_BACKENDS = {
    "redis": ("Redis", "L9_REDIS_URL"),
    "postgres": ("Postgres", "L9_POSTGRES_URL"),
    "neo4j": ("Neo4j", "L9_NEO4J_URL"),
    "hypergraph": ("Hyperedges in Postgres", "L9_HYPERGRAPH_URL"),
    "s3": ("Object store", "L9_ARCHIVE_BUCKET"),
}


def layers(agent: AgentPlan) -> tuple[LayerDoc, ...]:
    """The declared layers, in the schema's order."""
    return tuple(_layer(agent, layer) for layer in agent.spec.memory)


def _layer(agent: AgentPlan, layer: MemoryLayer) -> LayerDoc:
    backend, variable = _BACKENDS[layer.backend.value]
    working = layer.kind is MemoryKind.WORKING
    declared = "the prose of the schema" if layer.ttl_from_prose else "the schema"
    return LayerDoc(
        kind=layer.kind.value,
        backend=backend,
        variable=variable,
        storage=layer.storage,
        purpose=layer.purpose,
        keyspace=line(keyspace(agent.spec, layer, agent.settings)) if working else "",
        ttl=ttl_seconds(agent, layer) if working else 0,
        ttl_origin="the shared setting" if layer.ttl_seconds is None else declared,
        retention=layer.retention,
        expires=expires(layer),
        index_by=layer.index_by,
        nodes=_shapes(agent, layer, "node"),
        edges=_shapes(agent, layer, "edge"),
        factors=_factors(agent, layer),
    )


def _shapes(agent: AgentPlan, layer: MemoryLayer, kind: str) -> tuple[KnowledgeDoc, ...]:
    declared = [KnowledgeDoc(shape.name, shape.fields) for shape in layer.structure if shape.kind == kind]
    home = home_of(agent, "semantic_updater")
    if home is None:
        return tuple(declared)
    views = {view.label: view for view in shape_views(agent, Imports()) if view.kind == kind}
    return tuple(
        replace(doc, function=view.function, record=view.record.name, module=home.path)
        if (view := views.get(line(doc.name)))
        else doc
        for doc in declared
    )


def _factors(agent: AgentPlan, layer: MemoryLayer) -> tuple[KnowledgeDoc, ...]:
    declared = [KnowledgeDoc(item.factor, item.influences) for item in layer.factors]
    home = home_of(agent, "causal_tracer")
    if home is None:
        return tuple(declared)
    views = {view.factor: view for view in factor_views(agent, Imports())}
    return tuple(
        replace(doc, function=view.function, record=view.record.name, module=home.path)
        if (view := views.get(line(doc.name)))
        else doc
        for doc in declared
    )
