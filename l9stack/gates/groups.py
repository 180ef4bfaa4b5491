"""What the generated tests are run in: a group for each agent, and one for each file of tests across agents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from l9stack.model.plan import EdgeKind, Plan
from l9stack.names import AgentId

INTEGRATION = "tests/codegen_integration/"


@dataclass(frozen=True, slots=True)
class TestGroup:
    """Tests that run in one process. `agent` is None for tests across agents; `root` is what coverage is measured of.

    It waits for the agents of `needs`, and does not run where one of them does not hold.
    """

    name: str
    agent: AgentId | None
    target: str
    needs: frozenset[AgentId]
    root: str = ""


def groups(plan: Plan, folder: Path, agents: Sequence[AgentId], *, integration: bool) -> list[TestGroup]:
    """The groups in the order in which they had best begin: agents by waves, then files, the longest first.

    So that processes which share them out end at about the same time.
    """
    found = []
    for agent in plan.agents:
        target = f"tests/agents/{agent.id}"
        if agent.id in agents and (folder / target).is_dir():
            root = f"code/{agent.spec.root_path}"
            found.append(TestGroup(agent.id, agent.id, target, hard_dependencies(plan, agent.id), root))
    if integration:
        files = sorted((folder / INTEGRATION).glob("test_*.py"), key=lambda file: (-file.stat().st_size, file.name))
        everybody, pairs = frozenset(agent.id for agent in plan.agents), _pairs(plan)
        for file in files:
            needs = pairs.get(file.stem, everybody)
            found.append(TestGroup(file.stem, None, f"{INTEGRATION}{file.name}", needs))
    return found


def hard_dependencies(plan: Plan, agent: AgentId) -> frozenset[AgentId]:
    """The agents of the collection that an agent cannot do without."""
    return frozenset(
        other.id
        for edge in plan.agent(agent).edges
        if edge.kind is EdgeKind.HARD and edge.source == agent
        for other in plan.agents
        if other.id == edge.target != agent
    )


def _pairs(plan: Plan) -> dict[str, frozenset[AgentId]]:
    """The two agents that a file of tests is about, by the file's name; a name that two pairs share names neither."""
    found: dict[str, frozenset[AgentId]] = {}
    ids = {agent.id for agent in plan.agents}
    for edge in plan.edges:
        if edge.source in ids and edge.target in ids and edge.source != edge.target:
            name, pair = f"test_{edge.source}_to_{edge.target}", _agents(edge.source, edge.target)
            found[name] = found.get(name, pair) | pair
    return found


def _agents(*names: str) -> frozenset[AgentId]:
    return frozenset(map(AgentId, names))


def failed_dependency(needs: Iterable[AgentId], stopped: Iterable[AgentId]) -> AgentId | None:
    """The first of the agents that are needed and stopped."""
    return min(set(needs) & set(stopped), default=None)
