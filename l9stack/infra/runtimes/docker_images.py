"""Images of agents: a base with Python and l9stack, and on it the generated files of one agent."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_docker as docker

from l9stack.infra import deployed
from l9stack.infra.runtimes.base import AgentSpec
from l9stack.output.store import Store
from l9stack.project import Project

_HERE = Path(__file__).parent
PLATFORM = "linux/amd64"


class AgentImages:
    """The base is made or pulled once; each agent adds its store entry, so that one schema rebuilds one image."""

    def __init__(self, base: str, parent: pulumi.Resource) -> None:
        self._project = Project.find()
        own = pulumi.ResourceOptions(parent=parent)
        if base:
            pulled = docker.RemoteImage("agent-base", name=base, keep_locally=True, opts=own)
            self._base, self._resource = pulled.repo_digest, pulumi.Output.from_input(pulled)
            self._after: pulumi.Resource = pulled
        else:
            built = docker.Image(
                "agent-base",
                image_name="l9stack-agent-base",
                skip_push=True,
                build=docker.DockerBuildArgs(
                    context=".", dockerfile=self._shown(_HERE / "base.Dockerfile"), platform=PLATFORM
                ),
                opts=own,
            )
            self._base, self._after = built.image_name, built

    def of(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> pulumi.Output[str]:
        """The image of one agent."""
        entry = Store(self._project).folder / spec.digest
        image = docker.Image(
            f"{name}-image",
            image_name=f"{name}:{spec.digest[:12]}".replace("_", "-"),
            skip_push=True,
            build=docker.DockerBuildArgs(
                context=self._shown(entry),
                dockerfile=self._shown(_HERE / "agent.Dockerfile"),
                args={"BASE": self._base},
                platform=PLATFORM,
            ),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[self._after]),
        )
        return image.image_name

    def _shown(self, path: Path) -> str:
        return deployed.shown(self._project, path)
