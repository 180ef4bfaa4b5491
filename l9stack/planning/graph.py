"""Dependencies: names resolved to agents, edges, waves. The only user of networkx."""

from __future__ import annotations

import difflib
from collections import defaultdict

import networkx as nx

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.glue import Wiring
from l9stack.model.plan import Edge, EdgeKind
from l9stack.names import AgentId, folded


class Directory:
    """Finds the agent that a name means: by id, name, system, module, last part of rootpath or schema id."""

    def __init__(self, agents: tuple[AgentSpec, ...]) -> None:
        self._by_name: dict[str, set[AgentId]] = defaultdict(set)
        self.ids = tuple(agent.id for agent in agents)
        for agent in agents:
            last = agent.root_path.rsplit("/", 1)[-1]
            for name in (agent.id, agent.name, agent.system, agent.module, last, agent.schema_id):
                if name:
                    self._by_name[folded(name)].add(agent.id)

    def find(self, name: str) -> tuple[AgentId, ...]:
        """All agents that the name may mean, sorted; an agent's own id wins over others' modules of that name."""
        matches = self._by_name.get(folded(name), set())
        exact = [agent for agent in matches if folded(agent) == folded(name)]
        return tuple(exact or sorted(matches))

    def near(self, name: str) -> tuple[str, ...]:
        """Agents with a name like this one."""
        close = difflib.get_close_matches(folded(name), self._by_name, 3, 0.6)
        return tuple(sorted({str(agent) for key in close for agent in self._by_name[key]}))


def edges_of(collection: Collection, directory: Directory, problems: list[Problem]) -> list[Edge]:
    """Every edge of the collection, sorted; unresolved hard dependencies are problems."""
    edges: list[Edge] = []
    for agent in collection.agents:
        for name in agent.depends_hard:
            edges.extend(_hard(agent, name, directory, problems))
        for name in agent.depends_soft:
            found = directory.find(name)
            note = "" if found else "a platform capability"
            target = str(found[0]) if found else name
            if target != agent.id:
                edges.append(Edge(source=agent.id, target=target, kind=EdgeKind.SOFT, external=not found, note=note))
        edges.extend(_connections(agent, collection))
    for wiring in collection.glue.wirings:
        edges.append(_wired(wiring, directory, problems))
    unique = {(edge.source, edge.target, edge.kind, edge.names): edge for edge in edges}
    return sorted(unique.values(), key=lambda edge: (edge.source, edge.target, edge.kind, edge.names))


def _hard(agent: AgentSpec, name: str, directory: Directory, problems: list[Problem]) -> list[Edge]:
    found = directory.find(name)
    place = next(
        (
            agent.places[f"depends_on.hard.{number}"]
            for number, text in enumerate(agent.depends_hard)
            if text == name and f"depends_on.hard.{number}" in agent.places
        ),
        agent.place,
    )
    if len(found) == 1 and found[0] != agent.id:
        return [Edge(source=agent.id, target=found[0], kind=EdgeKind.HARD)]
    if not found:
        near = directory.near(name)
        hint = f"did you mean {' or '.join(near)}?" if near else f"agents here: {', '.join(directory.ids)}"
        problems.append(Problem("unknown-dependency", f"{agent.id} needs {name!r}, which is no agent", place, hint))
    elif len(found) > 1:
        message = f"{agent.id} needs {name!r}, which may be {', '.join(found)}"
        problems.append(Problem("ambiguous-dependency", message, place, "use the agent's own name"))
    else:
        problems.append(Problem("cycle", f"{agent.id} needs itself", place, "remove the dependency"))
    return []


def _connections(agent: AgentSpec, collection: Collection) -> list[Edge]:
    edges = []
    for written in agent.connect_to:
        path = written.removesuffix("/*").removesuffix(".py").strip("/")
        owner = next((o for o in collection.agents if path == o.root_path or path.startswith(f"{o.root_path}/")), None)
        if owner is None or owner.id != agent.id:
            target = owner.id if owner else written
            note = "" if owner else "a platform contract"
            edges.append(Edge(source=agent.id, target=target, kind=EdgeKind.CONNECT, external=owner is None, note=note))
    return edges


def _wired(wiring: Wiring, directory: Directory, problems: list[Problem]) -> Edge:
    ends = []
    for name in (wiring.from_agent, wiring.to_agent):
        found = directory.find(name)
        if len(found) > 1:
            message = f"wiring names {name!r}, which may be {', '.join(found)}"
            problems.append(Problem("ambiguous-wiring", message, wiring.place, "use the agent's own name"))
        ends.append(found[0] if found else None)
    source, target = ends
    return Edge(
        source=source or wiring.from_agent,
        target=target or wiring.to_agent,
        kind=EdgeKind(wiring.connection_type.value),
        names=wiring.names,
        external=source is None or target is None,
        note=wiring.import_path,
    )


def waves_of(
    agents: tuple[AgentSpec, ...], edges: list[Edge], problems: list[Problem]
) -> tuple[tuple[AgentId, ...], ...]:
    """Generations of hard dependencies, each sorted by id; every cycle is a problem that names its path."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(agent.id for agent in agents))
    graph.add_edges_from((edge.target, edge.source) for edge in edges if edge.kind is EdgeKind.HARD)
    if not nx.is_directed_acyclic_graph(graph):
        places = {agent.id: agent.place for agent in agents}
        for component in sorted(sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1):
            cycle = [source for source, _ in nx.find_cycle(graph.subgraph(component).reverse())]
            path = " needs ".join([*cycle, cycle[0]])
            place: Place | None = places.get(cycle[0])
            problems.append(
                Problem("cycle", f"hard dependencies run in a circle: {path}", place, "make one of them soft")
            )
        return ()
    return tuple(
        tuple(AgentId(name) for name in sorted(generation)) for generation in nx.topological_generations(graph)
    )


def closing_soft_edges(agents: tuple[AgentSpec, ...], edges: list[Edge]) -> list[Edge]:
    """Soft edges that would close a cycle with hard and earlier soft ones: they are reported, and order nothing."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(agent.id for agent in agents)
    graph.add_edges_from((edge.target, edge.source) for edge in edges if edge.kind is EdgeKind.HARD)
    dropped = []
    for edge in edges:
        if edge.kind is EdgeKind.SOFT and not edge.external:
            if nx.has_path(graph, edge.source, edge.target):
                dropped.append(edge)
            else:
                graph.add_edge(edge.target, edge.source)
    return dropped
