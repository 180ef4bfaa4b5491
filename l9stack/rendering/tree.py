"""A plan to all its files, in memory."""

from __future__ import annotations

from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import AgentId
from l9stack.rendering.code.modules import MAX_LINES, render_module, render_parts
from l9stack.rendering.code.settings import unified
from l9stack.rendering.documents.pages import render_documents
from l9stack.rendering.environment import fill
from l9stack.rendering.formatting import formatted
from l9stack.rendering.manifest import manifest
from l9stack.rendering.quoting import json_text
from l9stack.rendering.tests.integration import integration_tests
from l9stack.rendering.tests.regression import render_regression
from l9stack.rendering.tests.unit import render_tests


def render(plan: Plan) -> RenderedTree:
    """Render everything that a plan asks for, sorted by path; the same plan gives the same bytes."""
    owners: dict[str, AgentId] = {}
    code: dict[str, str] = {}
    for agent in plan.agents:
        own = {code_path(agent, module): render_module(plan, agent, module) for module in agent.modules}
        code.update(own)
        owners.update(dict.fromkeys(own, agent.id))
    done = formatted(code)
    gathered = _shortened(plan, done)
    for agent in plan.agents:
        own = _tests(plan, agent, composed=agent.id not in gathered) | render_documents(plan, agent)
        done.update(own)
        owners.update(dict.fromkeys(own, agent.id))
    # Formatted with the code beside them: imports are sorted by what is a package of the tree.
    done = formatted({**done, **_collection_files(plan), **integration_tests(plan)})
    for agent in plan.agents:
        path = f"manifests/{agent.id}.json"
        paths = [name for name, owner in owners.items() if owner == agent.id]
        done[path] = json_text(manifest(plan, agent, paths, composed=agent.id not in gathered)) + "\n"
        owners[path] = agent.id
    artifacts = tuple(Artifact(path=path, text=done[path], agent=owners.get(path)) for path in sorted(done))
    return RenderedTree(collection=plan.collection, artifacts=artifacts)


def code_path(agent: AgentPlan, module: ModulePlan) -> str:
    """Where a module lies in an extraction."""
    return f"code/{agent.spec.root_path}/{module.path}"


def _shortened(plan: Plan, done: dict[str, str]) -> set[AgentId]:
    """Replace controllers that are too long, for want of bridges, by ones that only gather; the agents concerned."""
    found: dict[AgentId, ModulePlan] = {}
    for agent in plan.agents:
        module = agent.module_of("controller")
        if module and done[code_path(agent, module)].count("\n") > MAX_LINES:
            found[agent.id] = module
    texts = {
        code_path(plan.agent(name), module): render_parts(plan, plan.agent(name), module)
        for name, module in found.items()
    }
    done.update(texts)
    return set(found)


def _tests(plan: Plan, agent: AgentPlan, *, composed: bool) -> dict[str, str]:
    files: dict[str, str] = {}
    for module in agent.modules:
        if module.family == "package":  # a docstring: there is nothing to test
            continue
        name = f"tests/agents/{agent.id}/test_{module.path.removesuffix('.py').replace('/', '_')}"
        # Two modules may flatten to one name (`core/x.py`, `core_x.py`).
        path = next(path for path in (f"{name}.py", *(f"{name}_{n}.py" for n in range(2, 99))) if path not in files)
        files[path] = render_tests(plan, agent, module, composed=composed)
    # A module of that name has its own tests under another one, as above.
    names = (f"tests/agents/{agent.id}/test_regression{n}.py" for n in ("", *(f"_{n}" for n in range(2, 99))))
    files[next(path for path in names if path not in files)] = render_regression(plan, agent)
    return files


def _collection_files(plan: Plan) -> dict[str, str]:
    config = fill("config/collection_config.yaml.j2", collection=plan.collection, sections=unified(plan))
    title = f"Where the tests of {plan.collection} find the agents, before and after delivery."
    return {f"{plan.collection}_config.yaml": config, "tests/conftest.py": fill("tests/conftest.py.j2", title=title)}
