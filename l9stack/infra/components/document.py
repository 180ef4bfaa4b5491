"""The content of `deployment_manifest.json`, from the outputs of everything else; see `l9stack.model.deployment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from l9stack.evidence.report import NAME as REPORT
from l9stack.infra.components.agents import HEALTH_PATH, Agents
from l9stack.infra.components.backends import Backends
from l9stack.infra.components.extraction import Extraction, hard_dependencies
from l9stack.infra.specs import AgentWorkload, RunningWorkload
from l9stack.model.plan import Plan

READY_PATH = "/ready"


def deployment_document(
    facts: Mapping[str, Any],
    plan: Plan,
    specs: Mapping[str, AgentWorkload],
    agents: Agents,
    backends: Backends,
    extraction: Extraction,
) -> dict[str, Any]:
    """The document without what the stack's own arguments say; `facts` are the stack's outputs."""
    return {
        **facts,
        "schema_version": "2",
        "collection": plan.collection,
        "evidence": pulumi.Output.concat(extraction.folder, "/", REPORT),
        "config": extraction.config_file,
        "agents": {
            agent.id: {
                **agents.summary[agent.id],
                **_urls(agents.endpoints[agent.id]),
                **_image(agents.endpoints[agent.id]),
                "code_digest": specs[agent.id].digest,
                "depends_on": hard_dependencies(plan, agent.id),
            }
            for agent in plan.agents
        },
        "backends": {
            name: {"address": address, "managed": name not in backends.external}
            for name, address in backends.addresses.items()
        },
    }


def _urls(endpoint: RunningWorkload) -> dict[str, pulumi.Output[str]]:
    return {
        name: pulumi.Output.concat(endpoint.address, path)
        for name, path in (("health_url", HEALTH_PATH), ("ready_url", READY_PATH))
    }


def _image(endpoint: RunningWorkload) -> dict[str, Any]:
    image = pulumi.Output.from_input(endpoint.image)
    digest = image.apply(lambda reference: reference.partition("@")[2])
    return {"image": image, "image_digest": digest, "replicas": endpoint.replicas, "published": endpoint.health is None}
