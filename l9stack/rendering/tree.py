"""A plan to all its files, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import AgentId
from l9stack.rendering.code.modules import MAX_LINES
from l9stack.rendering.code.settings import unified_config
from l9stack.rendering.documents.pages import render_documents
from l9stack.rendering.environment import own_templates, render_template
from l9stack.rendering.families import printing
from l9stack.rendering.formatting import format_files
from l9stack.rendering.manifest import manifest
from l9stack.rendering.memo import run_memo
from l9stack.rendering.monitoring.files import agent_files, collection_files
from l9stack.rendering.parallel import Files, render_in_parallel
from l9stack.rendering.quoting import json_text
from l9stack.rendering.suites.integration import integration_tests
from l9stack.rendering.suites.paths import free
from l9stack.rendering.suites.regression import render_regression


def render(plan: Plan) -> RenderedTree:
    """Render everything that a plan asks for, sorted by path; the same plan gives the same bytes."""
    files = render_in_parallel(plan, files_of)
    # All of them at once: imports are sorted by what is a package of the tree.
    done = format_files({path: text for path, (text, _) in files.items()})
    for agent in plan.agents:  # word for word: what was imported is somebody else's
        done.update((code_path(agent, m), m.imported) for m in agent.modules if m.imported is not None)
    artifacts = tuple(Artifact(path=path, text=done[path], agent=files[path][1]) for path in sorted(done))
    return RenderedTree(collection=plan.collection, artifacts=artifacts)


def files_of(plan: Plan, agents: Sequence[AgentPlan]) -> Files:
    """The files of some agents before they are formatted; those of the whole collection go with its first agent."""
    files: Files = {}
    mine = {agent.id for agent in agents}
    with run_memo(), own_templates(plan.templates):
        controllers, gathered = _controllers(plan, agents)
        joint = integration_tests(plan, mine)
        if plan.agents[0].id in mine:
            joint |= _collection_files(plan) | collection_files(plan)
        files.update((path, (text, None)) for path, text in joint.items())
        for agent in agents:
            own = _agent(plan, agent, controllers, composed=agent.id not in gathered)
            files.update((path, (text, agent.id)) for path, text in own.items())
            # Beside the agent's own files, which are those of its schema.
            files.update((path, (text, None)) for path, text in agent_files(plan, agent).items())
    return files


def code_path(agent: AgentPlan, module: ModulePlan) -> str:
    """Where a module lies in an extraction."""
    return f"code/{agent.spec.root_path}/{module.path}"


def _controllers(plan: Plan, agents: Iterable[AgentPlan]) -> tuple[dict[str, str], set[AgentId]]:
    """Their controllers by path, before they are formatted, and the agents whose controller only gathers.

    Those are the ones where a whole controller would be too long, for want of bridges.
    """
    found = [
        (agent, module)
        for agent in agents
        for module in agent.modules
        if printing(module).short and module.imported is None
    ]
    texts = {code_path(agent, module): printing(module).code(plan, agent, module) for agent, module in found}
    lines = {path: text.count("\n") for path, text in format_files(texts).items()}
    long = [(agent, module) for agent, module in found if lines[code_path(agent, module)] > MAX_LINES]
    for agent, module in long:
        texts[code_path(agent, module)] = printing(module, short=True).code(plan, agent, module)
    return texts, {agent.id for agent, _ in long}


def _agent(plan: Plan, agent: AgentPlan, controllers: Mapping[str, str], *, composed: bool) -> dict[str, str]:
    """Every file of one agent, before it is formatted; `composed` says that its controller declares it all."""
    files: dict[str, str] = {}
    for module in agent.modules:
        path = code_path(agent, module)
        files[path] = controllers[path] if path in controllers else printing(module).code(plan, agent, module)
    files |= _tests(plan, agent, composed=composed) | render_documents(plan, agent)
    files[f"manifests/{agent.id}.json"] = json_text(manifest(plan, agent, files, composed=composed)) + "\n"
    return files


def _tests(plan: Plan, agent: AgentPlan, *, composed: bool) -> dict[str, str]:
    files: dict[str, str] = {}
    for module in agent.modules:
        tests = printing(module, short=not composed).tests
        if tests is None:
            continue
        name = f"tests/agents/{agent.id}/test_{module.path.removesuffix('.py').replace('/', '_')}"
        # Two modules may flatten to one name (`core/x.py`, `core_x.py`).
        files[free(name, files)] = tests(plan, agent, module)
    # A module of that name has its own tests under another one, as above.
    files[free(f"tests/agents/{agent.id}/test_regression", files)] = render_regression(plan, agent)
    return files


def _collection_files(plan: Plan) -> dict[str, str]:
    config = render_template(
        "config/collection_config.yaml.j2", collection=plan.collection, sections=unified_config(plan)
    )
    # The same for every collection: several may be delivered into one checkout.
    title = (
        "Where generated tests find the agents, before and after delivery.\n\nTheir servers are those that `L9_…` "
        "variables name, where all are set; else l9stack[local] starts\nservers for the session."
    )
    return {
        f"{plan.collection}_config.yaml": config,
        "tests/conftest.py": render_template("tests/conftest.py.j2", title=title),
    }
