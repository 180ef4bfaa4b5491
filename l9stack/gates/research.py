"""Phase 0: the graph, the order, the locked plan, and nothing assumed."""

from __future__ import annotations

from l9stack.gates.cycles import cycles
from l9stack.gates.registry import Finding, agent_gate, collection_gate, some
from l9stack.gates.scene import Scene
from l9stack.gates.todo import todo_plan
from l9stack.model.plan import AgentPlan, EdgeKind


@collection_gate("dependency_cycles")
def dependency_cycles(scene: Scene) -> Finding:
    """How many groups of agents depend on each other hard."""
    graph: dict[str, set[str]] = {agent.id: set() for agent in scene.plan.agents}
    for edge in scene.plan.edges:
        if edge.kind is EdgeKind.HARD and not edge.external:
            graph.setdefault(edge.source, set()).add(edge.target)
    found = cycles(graph)
    return Finding(len(found), some(" → ".join(group) for group in found) or "no circular dependencies")


@collection_gate("extraction_order_locked")
def extraction_order_locked(scene: Scene) -> Finding:
    """1 when every agent stands in exactly one wave, after all that it depends on hard."""
    wave = {agent: number for number, agents in enumerate(scene.plan.waves) for agent in agents}
    wrong = [agent.id for agent in scene.plan.agents if agent.id not in wave]
    wrong += [
        f"{edge.source} before {edge.target}"
        for edge in scene.plan.edges
        if edge.kind is EdgeKind.HARD
        and not edge.external
        and edge.source in wave
        and edge.target in wave
        and wave[edge.source] <= wave[edge.target]
    ]
    if sum(map(len, scene.plan.waves)) != len(scene.plan.agents):
        wrong.append("waves and agents differ")
    return Finding(not wrong, some(wrong) or ", ".join(agent.id for agent in scene.plan.agents))


@agent_gate("todo_plan_locked")
def todo_plan_locked(scene: Scene, agent: AgentPlan) -> Finding:
    """1 when each file to create has an entry with its lines."""
    items = [item for item in todo_plan(scene.plan, scene.tree) if item.agent == agent.id]
    open_items = [item.file for item in items if item.action == "create" and not item.lines]
    return Finding(
        not open_items, some(open_items) or f"{len(items)} entries", agent.spec.place if open_items else None
    )


@agent_gate("assumptions")
def assumptions(scene: Scene, agent: AgentPlan) -> Finding:
    """How many operations do something that nobody declared, without being asked about."""
    asked = " ".join(problem.message for problem in scene.plan.questions)
    silent = [op.name for op in agent.operations if not op.bound and op.name not in asked]
    unsourced = [op.name for op in agent.operations if not op.sources]
    bound = sum(op.bound for op in agent.operations)
    detail = f"{bound} operations bound, {len(agent.operations) - bound} left to the governance anchors"
    return Finding(len(silent) + len(unsourced), some([*silent, *unsourced]) or detail)
