"""Phase 0: the graph, the order, the locked plan, and nothing assumed."""

from __future__ import annotations

from l9stack.gates.cycles import cycles
from l9stack.gates.locked_plan import locked_plan
from l9stack.gates.registry import GateMeasurement, agent_gate, collection_gate, first_few
from l9stack.gates.syntax import ParsedTree, expected_files
from l9stack.model.plan import AgentPlan, EdgeKind


@collection_gate("dependencies_resolved")
def dependencies_resolved(scene: ParsedTree) -> GateMeasurement:
    """1 when hard dependencies are agents, form no circle, and each agent's wave comes after theirs."""
    plan = scene.plan
    wave: dict[str, int] = {agent: number for number, agents in enumerate(plan.waves) for agent in agents}
    wrong: list[str] = [f"{agent.id} is in no wave" for agent in plan.agents if agent.id not in wave]
    graph: dict[str, set[str]] = {agent.id: set() for agent in plan.agents}
    for edge in plan.edges:
        if edge.kind is not EdgeKind.HARD:
            continue
        if edge.target not in graph:
            wrong.append(f"{edge.source} depends on {edge.target}, which is no agent of the collection")
            continue
        graph.setdefault(edge.source, set()).add(edge.target)
        if wave.get(edge.source, 0) <= wave.get(edge.target, 0):
            wrong.append(f"{edge.source} is not after {edge.target}")
    wrong += [f"circle: {' → '.join(group)}" for group in cycles(graph)]
    if len(wave) != sum(map(len, plan.waves)) or len(wave) != len(plan.agents):
        wrong.append("waves and agents differ")
    return GateMeasurement(
        not wrong, first_few(wrong) or f"{sum(map(len, graph.values()))} hard dependencies, no circle"
    )


@agent_gate("plan_locked")
def plan_locked(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when every file of the schema has an entry with lines and target, and every module planned is in the schema."""
    items = [item for item in locked_plan(scene.plan, scene.tree) if item.agent == agent.id]
    missing = [item.file for item in items if item.action == "create" and not item.lines]
    wanted = expected_files(agent)
    unasked = [module.path for module in agent.modules if f"code/{agent.spec.root_path}/{module.path}" not in wanted]
    wrong = [f"{file} was not made" for file in missing] + [f"{path} is not in the schema" for path in unasked]
    return GateMeasurement(not wrong, first_few(wrong) or f"{len(items)} entries", agent.spec.place if wrong else None)


@agent_gate("no_assumptions")
def no_assumptions(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many operations come from nowhere, or are unbound without anybody having been asked."""
    asked = " ".join(problem.message for problem in scene.plan.questions)
    silent = [op.name for op in agent.operations if not op.bound and op.name not in asked]
    unsourced = [op.name for op in agent.operations if not op.sources]
    bound = sum(op.bound for op in agent.operations)
    detail = f"{bound} operations bound, {len(agent.operations) - bound} left to the governance anchors"
    return GateMeasurement(len(silent) + len(unsourced), first_few([*silent, *unsourced]) or detail)
