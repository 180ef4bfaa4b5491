"""Dependencies: names resolved to agents, edges, waves. The only user of networkx."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable

import networkx as nx

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.glue import Wiring
from l9stack.model.meta import Sequence
from l9stack.model.plan import Edge, EdgeKind
from l9stack.names import AgentId, name_key


class Directory:
    """Finds the agent that a name means: by id, name, system, module, last part of rootpath or schema id."""

    def __init__(self, agents: tuple[AgentSpec, ...]) -> None:
        self._by_name: dict[str, set[AgentId]] = defaultdict(set)
        self._near: dict[str, tuple[str, ...]] = {}
        self.ids = tuple(agent.id for agent in agents)
        for agent in agents:
            last = agent.root_path.rsplit("/", 1)[-1]
            for name in (agent.id, agent.name, agent.system, agent.module, last, agent.schema_id):
                if name:
                    self._by_name[name_key(name)].add(agent.id)

    def find(self, name: str) -> tuple[AgentId, ...]:
        """All agents that the name may mean, sorted; an agent's own id wins over others' modules of that name."""
        wanted = name_key(name)
        matches = self._by_name.get(wanted, set())
        exact = [agent for agent in matches if name_key(agent) == wanted]
        return tuple(exact or sorted(matches))

    def near(self, name: str) -> tuple[str, ...]:
        """Agents with a name like this one."""
        wanted = name_key(name)
        if wanted not in self._near:
            close = difflib.get_close_matches(wanted, self._by_name, 3, 0.6)
            self._near[wanted] = tuple(sorted({str(agent) for key in close for agent in self._by_name[key]}))
        return self._near[wanted]


def wirings_of(collection: Collection, directory: Directory) -> dict[AgentId, list[Wiring]]:
    """The wirings that begin or end at each agent, in their order."""
    found: dict[AgentId, list[Wiring]] = {agent: [] for agent in directory.ids}
    for wiring in collection.glue.wirings:
        for agent in {*directory.find(wiring.from_agent), *directory.find(wiring.to_agent)}:
            found[agent].append(wiring)
    return found


def edges_of(collection: Collection, directory: Directory, problems: list[Problem], notes: list[Problem]) -> list[Edge]:
    """Every edge of the collection, sorted; unresolved hard dependencies are problems, likely slips elsewhere notes."""
    edges: list[Edge] = []
    for agent in collection.agents:
        for name in agent.depends_hard:
            edges.extend(_hard(agent, name, directory, problems))
        for name in agent.depends_soft:
            edges.extend(_soft(agent, name, directory, notes))
        edges.extend(_connections(agent, collection))
    for wiring in collection.glue.wirings:
        edges.append(_wired(wiring, directory, problems, notes))
    unique = {(edge.source, edge.target, edge.kind, edge.names): edge for edge in edges}
    return sorted(unique.values(), key=lambda edge: (edge.source, edge.target, edge.kind, edge.names))


def _soft(agent: AgentSpec, name: str, directory: Directory, notes: list[Problem]) -> list[Edge]:
    """A preference: what is no agent is a platform capability, and what may be several agents joins none of them."""
    found = directory.find(name)
    place = agent.places.get(f"depends_on.soft.{agent.depends_soft.index(name)}", agent.place)
    if len(found) == 1:
        edge = Edge(source=agent.id, target=found[0], kind=EdgeKind.SOFT)
        return [edge] if found[0] != agent.id else []
    if found:
        message = f"{agent.id} prefers {name!r}, which may be {', '.join(found)}: no agent is joined"
        notes.append(Problem("ambiguous-soft", message, place, "use the agent's own name", "note"))
    elif near := directory.near(name):
        message = f"{agent.id} prefers {name!r}, which is no agent: read as a platform capability"
        notes.append(Problem("unknown-soft", message, place, f"did you mean {' or '.join(near)}?", "note"))
    return [Edge(source=agent.id, target=name, kind=EdgeKind.SOFT, external=True, note="a platform capability")]


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


def _wired(wiring: Wiring, directory: Directory, problems: list[Problem], notes: list[Problem]) -> Edge:
    ends = []
    for name in (wiring.from_agent, wiring.to_agent):
        found = directory.find(name)
        if len(found) > 1:
            message = f"wiring names {name!r}, which may be {', '.join(found)}"
            problems.append(Problem("ambiguous-wiring", message, wiring.place, "use the agent's own name"))
        elif not found and (near := directory.near(name)):
            message = f"wiring names {name!r}, which is no agent: read as one outside the collection"
            notes.append(Problem("unknown-wired", message, wiring.place, f"did you mean {' or '.join(near)}?", "note"))
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
    agents: tuple[AgentSpec, ...], edges: list[Edge], problems: list[Problem], sequence: Sequence | None = None
) -> tuple[tuple[AgentId, ...], ...]:
    """Generations of dependencies, each sorted by id, and of the size that the sequence allows.

    Hard dependencies count always, soft ones where the sequence says so and they close no circle. Every circle of hard
    ones is a problem that names its path.
    """
    rules = sequence or Sequence()
    graph = _ordering(agents, (edge for edge in edges if edge.kind is EdgeKind.HARD))
    if circles := _circles(graph):
        places = {agent.id: agent.places.get("depends_on.hard", agent.place) for agent in agents}
        for circle in circles:
            path = " needs ".join([*circle, circle[0]])
            place = places.get(AgentId(circle[0]))
            message = f"hard dependencies run in a circle: {path}"
            problems.append(Problem("cycle", message, place, "make one of them soft"))
        return ()
    if rules.order == "hard_and_soft_dependencies":
        dropped = closing_soft_edges(agents, edges)
        kept = (edge for edge in edges if edge.kind in (EdgeKind.HARD, EdgeKind.SOFT) and edge not in dropped)
        graph = _ordering(agents, (edge for edge in kept if not edge.external))
    waves = [sorted(map(AgentId, generation)) for generation in nx.topological_generations(graph)]
    return tuple(
        tuple(wave[first : first + (rules.wave_size or len(wave))])
        for wave in waves
        for first in range(0, len(wave), rules.wave_size or len(wave))
    )


def _ordering(agents: tuple[AgentSpec, ...], edges: Iterable[Edge]) -> nx.DiGraph[str]:
    """A graph that leads from what has to be there first to what needs it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(agent.id for agent in agents))
    graph.add_edges_from((edge.target, edge.source) for edge in edges)
    return graph


def _circles(graph: nx.DiGraph[str]) -> list[list[str]]:
    """For each dependency that lies on a circle the shortest one through it, sorted, each told once.

    There may be exponentially many circles; these name every dependency that would have to be looked at.
    """
    if nx.is_directed_acyclic_graph(graph):
        return []
    part = {node: number for number, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    found: set[tuple[str, ...]] = set()
    for needed, dependent in graph.edges:
        if part[needed] == part[dependent]:
            way = nx.shortest_path(graph, dependent, needed)[::-1]
            first = way.index(min(way))
            found.add((*way[first:], *way[:first]))
    return sorted(map(list, found))


def closing_soft_edges(agents: tuple[AgentSpec, ...], edges: list[Edge]) -> list[Edge]:
    """Soft edges that would close a circle with hard and earlier soft ones: they are reported, and order nothing."""
    graph = _ordering(agents, (edge for edge in edges if edge.kind is EdgeKind.HARD))
    dropped = []
    for edge in edges:
        if edge.kind is EdgeKind.SOFT and not edge.external:
            if nx.has_path(graph, edge.source, edge.target):
                dropped.append(edge)
            else:
                graph.add_edge(edge.target, edge.source)
    return dropped
