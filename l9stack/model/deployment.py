"""What a stack deployed, as its outputs say: the content of `deployment_manifest.json`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from l9stack.model.base import Model


class _Described(Model):
    """Fields are described in the JSON Schema as they are here."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class DeployedAgent(_Described):
    """An agent that runs."""

    endpoint: str
    """Base URL, as the machine that deployed reaches it."""
    health: str
    """As it was measured when the stack was deployed; `l9 health` asks now."""
    health_url: str
    """Answers 200 where the agent runs."""
    ready_url: str
    """Answers 200 where the agent reaches its backends, else 503 with the name of each that fails."""
    code_digest: str
    """Of its generated files, as the agent itself says at `health_url`."""
    image: str = ""
    """What its container was started from; empty on a runtime without containers."""
    image_digest: str = ""
    """`sha256:…` of that image, where a registry keeps it; the tag of one that no registry keeps names its content."""
    replicas: int = Field(default=1, ge=0)
    published: bool = True
    """Whether its endpoint is reached from outside; else its own networks reach it, and its host tells of it."""
    depends_on: tuple[str, ...] = ()
    """Agents that have to be there before it."""


class DeployedBackend(_Described):
    """A memory backend."""

    address: str
    """Where it answers; never with user or password."""
    managed: bool
    """Whether the stack runs it; else it was given by URL."""


class DeployedMonitoring(_Described):
    """What watches the stack."""

    dashboards: str
    """Where dashboards lie in the extraction's code."""
    files: str
    """Where dashboards, rules and targets of this stack lie."""
    prometheus: str = ""
    """URL, where the stack runs a server."""
    grafana: str = ""


class TestsBefore(_Described):
    """The generated tests as they ran where the agents run, before traffic."""

    passed: int
    failed: int
    skipped: int
    seconds: float


class UnfinishedDeployment(_Described):
    """What a deployment was to bring, kept until it has ended well: a run that was cut off leaves it."""

    since: str
    """When it began: ISO 8601, UTC."""
    agents: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()


class Deployment(_Described):
    """The manifest. Paths are relative to the project."""

    schema_version: Literal["2"] = "2"
    stack: str
    runtime: Literal["local", "docker", "swarm", "external"]
    collection: str
    release: str
    """Digest of the release, by which `l9 rollback` and `l9 promote` find it."""
    tree_digest: str
    """Of everything that was generated."""
    extraction: str
    """The folder of the published extraction."""
    evidence: str
    """The report of its gates."""
    config: str
    """The unified config that agents read."""
    anchors: tuple[str, ...]
    """Governance anchors: each has a key to decide with."""
    agents: dict[str, DeployedAgent]
    backends: dict[str, DeployedBackend]
    monitoring: DeployedMonitoring | None = None
    """None where `monitoring.enabled` is off."""
    tests: TestsBefore | None = None
    """None where the runtime does not run them, or is told not to."""
    deployment_ready: bool
    """Whether every agent was healthy when the stack was deployed."""


def deployment_schema() -> dict[str, Any]:
    """The JSON Schema of a deployment manifest, draft 2020-12."""
    made = Deployment.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Deployment manifest of a stack of l9stack",
    }
