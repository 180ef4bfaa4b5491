"""The order of agents, for any graph of dependencies; and agents that come later leave the others alone."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings, strategies as st

from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.model.agent import AgentSpec, Governance
from l9stack.model.collection import Collection
from l9stack.model.glue import ConnectionType, Glue, Wiring
from l9stack.model.meta import Sequence
from l9stack.names import AgentId, ModulePath
from l9stack.planning.graph import Directory, closing_soft_edges, edges_of, waves_of
from l9stack.project import Project

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
HERE = Place("case.yaml", 1, 1)
NAMES = [f"a{number}" for number in range(9)]
Graph = dict[str, tuple[set[str], set[str]]]
GRAPHS = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sets(st.sampled_from(NAMES), max_size=3), st.sets(st.sampled_from(NAMES), max_size=3)),
    min_size=1,
)
SEQUENCES = st.builds(
    Sequence,
    order=st.sampled_from(["hard_dependencies", "hard_and_soft_dependencies"]),
    parallel_agents=st.booleans(),
    max_parallel_agents=st.none() | st.integers(1, 4),
)


def agent(name: str, hard: set[str], soft: set[str]) -> AgentSpec:
    return AgentSpec(
        id=AgentId(name),
        system=f"System {name}",
        module=f"m_{name}",
        name=name,
        role="r",
        root_path=f"L9/{name}",
        place=HERE,
        depends_hard=tuple(sorted(hard)),
        depends_soft=tuple(sorted(soft)),
        governance=Governance(anchors=("Ann",)),
        generate_files=(ModulePath("controller.py"),),
    )


def ordered(
    graph: Graph, sequence: Sequence, reverse: bool = False
) -> tuple[tuple[tuple[str, ...], ...], list[Problem], list[tuple[str, str]]]:
    """Waves, problems, and the soft edges that count."""
    there = {name: (hard & graph.keys() - {name}, soft & graph.keys() - {name}) for name, (hard, soft) in graph.items()}
    names = sorted(there, reverse=reverse)
    collection = Collection(name="case", root=".", agents=tuple(agent(name, *there[name]) for name in names))
    problems: list[Problem] = []
    edges = edges_of(collection, Directory(collection.agents), problems, [])
    dropped = closing_soft_edges(collection.agents, edges)
    soft = [(e.source, e.target) for e in edges if e.kind == "soft" and e not in dropped]
    return waves_of(collection.agents, edges, problems, sequence), problems, soft


def needs(graph: Graph) -> set[tuple[str, str]]:
    return {(name, other) for name, (hard, _) in graph.items() for other in hard & graph.keys() if other != name}


@given(GRAPHS, SEQUENCES)
@settings(max_examples=300, deadline=None)
def test_waves_hold_every_agent_once_after_what_it_needs(graph: Graph, sequence: Sequence) -> None:
    waves, problems, soft = ordered(graph, sequence)
    if problems:
        return
    wave = {name: number for number, names in enumerate(waves) for name in names}
    assert sorted(name for names in waves for name in names) == sorted(graph)
    assert all(list(names) == sorted(names) for names in waves)
    assert all(wave[other] < wave[name] for name, other in needs(graph))
    if sequence.order == "hard_and_soft_dependencies":
        assert all(wave[other] < wave[name] for name, other in soft)
    if sequence.wave_size is not None:
        assert max(map(len, waves)) <= sequence.wave_size
    assert ordered(graph, sequence, reverse=True)[0] == waves


@given(GRAPHS)
@settings(max_examples=300, deadline=None)
def test_every_dependency_in_a_circle_is_named_by_a_path_that_is_one(graph: Graph) -> None:
    waves, problems, _ = ordered(graph, Sequence())
    edges = needs(graph)
    directed = nx.DiGraph(sorted(edges))
    in_circle = {(name, other) for name, other in edges if nx.has_path(directed, other, name)}
    told: set[tuple[str, str]] = set()
    for problem in problems:
        assert problem.code == "cycle"
        path = problem.message.partition(": ")[2].split(" needs ")
        assert path[0] == path[-1] == min(path)
        assert len(set(path)) == len(path) - 1
        told |= set(pairwise(path))
    assert told == in_circle
    assert bool(waves) == (not in_circle)


@given(GRAPHS)
@settings(max_examples=200, deadline=None)
def test_soft_edges_that_count_close_no_circle_and_the_others_would(graph: Graph) -> None:
    _, problems, soft = ordered(graph, Sequence())
    if problems:
        return
    kept = nx.DiGraph([*sorted(needs(graph)), *soft])
    assert nx.is_directed_acyclic_graph(kept)
    wanted = {(name, other) for name, (_, softly) in graph.items() for other in softly & graph.keys() if other != name}
    for name, other in wanted - set(soft):
        assert kept.has_node(other)
        assert nx.has_path(kept, other, name)


def test_slips_in_soft_dependencies_and_wirings_are_noted_with_candidates() -> None:
    glue = Glue(
        wirings=(Wiring(from_agent="fornt", to_agent="a", connection_type=ConnectionType.API_CALL, place=HERE),)
    )
    agents = (agent("front", set(), {"bakc", "governance"}), agent("back", set(), set()), agent("a", set(), set()))
    notes: list[Problem] = []
    collection = Collection(name="case", root=".", agents=agents, glue=glue)
    edges_of(collection, Directory(agents), [], notes)
    assert [(note.code, note.hint, note.level) for note in notes] == [
        ("unknown-soft", "did you mean back?", "note"),
        ("unknown-wired", "did you mean front?", "note"),
    ]


def test_required_links_have_to_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: own\n", encoding="utf-8")
    schema = """
system: Desk
module: desk
name: Desk
role: Sits.
rootpath: L9linked/desk
governance: {anchors: [Ann]}
cursorinstructions:
  generatefiles: [controller.py]
  linkexisting: [L9/core/governance.py, L9linked/desk/controller.py, own/ledger.py]
  linkexisting_mode: require
deployment: {endpoints: [POST /sit]}
"""
    (folder / "agents.yaml").write_text(schema, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        prepare(Inputs.read(Project(tmp_path), folder))
    [problem] = [problem for problem in caught.value.problems if problem.level == "error"]
    assert (problem.code, str(problem.place)) == ("missing-link", "agents.yaml:10:70")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "ledger.py").write_text("", encoding="utf-8")
    prepare(Inputs.read(Project(tmp_path), folder))
    (folder / "agents.yaml").write_text(
        schema.replace("own/ledger.py", "own/other.py").replace("require\n", "record\n")
    )


FAMILIES = Path(__file__).parents[1] / "golden" / "families"
LATER = """
system: {name}
module: later
name: {name}
role: It came later, and nobody asked for it.
rootpath: L9/agents/{folder}
version: 1.0.0
depends_on: {{hard: []}}
governance: {{anchors: [Claims Lead]}}
memorytopology: {{workingmemory: {{storagetype: redis}}, episodicmemory: {{storagetype: postgres}}}}
cursorinstructions: {{generatefiles: [controller.py], generatedocs: [README.md, ARCHITECTURE.md]}}
deployment: {{endpoints: [POST /{folder}/note]}}
"""


@pytest.mark.parametrize("name", ["AardvarkDesk", "ZebraDesk"])
def test_an_agent_that_comes_later_changes_no_file_of_the_others(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "claims_desk"
    shutil.copytree(EXAMPLE, folder)
    project = Project(tmp_path)
    before = prepare(Inputs.read(project, folder))
    text = LATER.format(name=name, folder=name.lower())
    (folder / f"{name.lower()}.yaml").write_text(text, encoding="utf-8")
    after = prepare(Inputs.read(project, folder))
    assert len(after.plan.agents) == len(before.plan.agents) + 1
    for agent_plan in before.plan.agents:
        assert after.tree.part(agent_plan.id) == before.tree.part(agent_plan.id)
    config = {artifact.path: artifact.text for artifact in before.tree.part(None)}
    assert config["claims_desk_config.yaml"] == next(
        artifact.text for artifact in after.tree.part(None) if artifact.path == "claims_desk_config.yaml"
    )


def test_an_observer_that_comes_later_changes_no_file_of_the_publisher(tmp_path: Path) -> None:
    folder = tmp_path / "families"
    shutil.copytree(FAMILIES, folder, ignore=shutil.ignore_patterns("expected"))
    project = Project(tmp_path)
    before = prepare(Inputs.read(project, folder))
    wiring = (
        "{from_agent: Dispatch, to_agent: Watcher, connection_type: event_observe, event_subscriptions: [van_assigned]}"
    )
    (folder / "watcher.yaml").write_text(LATER.format(name="Watcher", folder="watcher"), encoding="utf-8")
    (folder / "watcher_glue.yaml").write_text(f"wirings: [{wiring}]\n", encoding="utf-8")
    after = prepare(Inputs.read(project, folder))
    assert [op.name for op in after.plan.agent("watcher").operations] == ["note", "on_van_assigned"]
    for agent_plan in before.plan.agents:
        assert after.tree.part(agent_plan.id) == before.tree.part(agent_plan.id)
