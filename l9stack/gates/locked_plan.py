"""The locked plan of phase 0: one numbered entry for each file, with the lines that its target got."""

from __future__ import annotations

from l9stack.gates.syntax import TESTS, expected_files
from l9stack.model.artifact import RenderedTree
from l9stack.model.evidence import TodoItem
from l9stack.model.plan import AgentPlan, Plan


def locked_plan(plan: Plan, tree: RenderedTree) -> tuple[TodoItem, ...]:
    """What had to be made, in extraction order; `lines` is empty where the tree does not hold the file."""
    texts = {artifact.path: artifact.text for artifact in tree.artifacts}
    items: list[TodoItem] = []
    for agent in plan.agents:
        for number, (file, action, target) in enumerate(_entries(agent, tree), start=1):
            count = texts[file].count("\n") if file in texts else 0
            lines = f"1-{max(count, 1)}" if file in texts else ""
            items.append(
                TodoItem(
                    id=f"{agent.id}-{number:03d}",
                    agent=agent.id,
                    file=file,
                    lines=lines,
                    action=action,
                    target=target,
                    origin="imported" if file in agent.imported else "generated",
                )
            )
    for number, artifact in enumerate((a for a in tree.artifacts if a.agent is None), start=1):
        lines = f"1-{max(artifact.text.count(chr(10)), 1)}"
        items.append(
            TodoItem(
                id=f"collection-{number:03d}",
                agent=None,
                file=artifact.path,
                lines=lines,
                action="create",
                target=plan.collection,
            )
        )
    return tuple(items)


def _entries(agent: AgentPlan, tree: RenderedTree) -> list[tuple[str, str, str]]:
    modules = {f"code/{agent.spec.root_path}/{module.path}": module for module in agent.modules}
    entries = []
    for file, field in expected_files(agent).items():
        module = modules.get(file)
        what = f"{field}: {module.family}" if module else field
        if module and module.operations:
            what += f" with {', '.join(module.operations)}"
        entries.append((file, "create", what))
    tests = [a.path for a in tree.part(agent.id) if a.path.startswith(TESTS)]
    entries += [(path, "create", "unit and regression tests") for path in sorted(tests)]
    for index, name in enumerate(agent.spec.link_existing):
        action = "import" if agent.spec.link_existing_required else "record"
        entries.append((name, action, f"cursorinstructions.linkexisting.{index}"))
    return entries
