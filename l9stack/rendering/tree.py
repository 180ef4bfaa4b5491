"""A plan to all its files, in memory."""

from __future__ import annotations

from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.model.plan import AgentPlan, Plan
from l9stack.names import AgentId
from l9stack.rendering.environment import fill
from l9stack.rendering.formatting import formatted
from l9stack.rendering.manifest import manifest
from l9stack.rendering.modules import render_module
from l9stack.rendering.quoting import json_text
from l9stack.rendering.settings import unified


def render(plan: Plan) -> RenderedTree:
    """Render everything that a plan asks for, sorted by path; the same plan gives the same bytes."""
    texts: dict[str, str] = {}
    owners: dict[str, AgentId] = {}
    for agent in plan.agents:
        own = _agent_files(plan, agent)
        texts.update(own)
        owners.update(dict.fromkeys(own, agent.id))
    texts.update(_collection_files(plan))
    done = formatted(texts)
    for agent in plan.agents:
        path = f"manifests/{agent.id}.json"
        paths = [name for name, owner in owners.items() if owner == agent.id]
        done[path] = json_text(manifest(plan, agent, paths)) + "\n"
        owners[path] = agent.id
    artifacts = tuple(Artifact(path=path, text=done[path], agent=owners.get(path)) for path in sorted(done))
    return RenderedTree(collection=plan.collection, artifacts=artifacts)


def _agent_files(plan: Plan, agent: AgentPlan) -> dict[str, str]:
    files = {f"code/{agent.spec.root_path}/{module.path}": render_module(plan, agent, module) for module in agent.modules}
    return files


def _collection_files(plan: Plan) -> dict[str, str]:
    config = fill("config/collection_config.yaml.j2", collection=plan.collection, sections=unified(plan))
    return {f"{plan.collection}_config.yaml": config}
