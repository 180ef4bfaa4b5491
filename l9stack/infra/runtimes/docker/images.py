"""Images of agents: one environment for all of a collection, and on it a few kilobytes for each agent.

    python ── base: what every agent needs ── packages: the collection's own lock ─┬─ agent
                                                                                   ├─ own: the user's functions ── agent
                                                                                   └─ tests

A tag names everything that is in its image, so that editing one schema builds one image and replaces one container.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from l9stack.infra.runtimes.containers import image_contexts as contexts
from l9stack.infra.runtimes.containers.image_contexts import BuildContext
from l9stack.infra.settings.docker import PYTHON, DockerSettings
from l9stack.infra.specs import AgentWorkload, PreflightWorkload, Workload
from l9stack.project import Project


@dataclass(frozen=True)
class BuiltImage:
    """An image: by which the engine finds it, what tells its content, and the resource that makes it, if one does."""

    reference: pulumi.Output[str]
    identity: pulumi.Output[str]
    resource: pulumi.Resource | None = None


class AgentImages:
    """The images of one collection; each is made when it is first asked for.

    Where a registry is configured they are pushed, and run by their digest there; else they stay on the engine.
    """

    def __init__(self, collection: str, settings: DockerSettings, parent: pulumi.Resource) -> None:
        self._project = Project.find()
        self._collection, self._parent, self._registry = collection, parent, settings.registry
        self._environments: dict[str, BuiltImage] = {}
        self._own: dict[str, BuiltImage] = {}
        self._base = self._pulled(settings.images["agent"]) if "agent" in settings.images else self._made_base(settings)

    @property
    def base(self) -> pulumi.Output[str]:
        """Python and what every agent needs."""
        return self._base.reference

    def of(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> pulumi.Output[str]:
        """The image of one agent; one that calls functions of the user's own stands on an image that holds them."""
        context = contexts.agent_context(self._project, spec.digest, self._labels({"l9stack.agent": spec.agent}))
        return self._built(f"{name}-image", name, context, self._below(spec), parent).reference

    def tests(self, name: str, spec: PreflightWorkload, parent: pulumi.Resource) -> pulumi.Output[str]:
        """The image that runs the generated tests of the whole collection."""
        context = contexts.tests_context(self._project, spec.digest, self._labels())
        return self._built(f"{name}-image", name, context, self._below(spec), parent).reference

    def _made_base(self, settings: DockerSettings) -> BuiltImage:
        python = settings.images.get("python", PYTHON)
        named = pulumi.Output.from_input(python)
        context = contexts.base_context(self._project, python)
        return self._built(f"{self._collection}-agent-base", "l9stack-agent-base", context, BuiltImage(named, named))

    def _pulled(self, name: str) -> BuiltImage:
        pulled = docker.RemoteImage(
            f"{self._collection}-agent-base",
            name=name,
            keep_locally=True,
            opts=pulumi.ResourceOptions(parent=self._parent),
        )
        return BuiltImage(pulled.repo_digest, pulled.repo_digest, pulled)

    def _below(self, spec: Workload) -> BuiltImage:
        """What an agent's image, or that of the tests, stands on."""
        environment = self._environment(spec)
        if not spec.folder:
            return environment
        if spec.folder not in self._own:
            name, folder = f"{self._collection}-own", self._project.root / spec.folder
            context = contexts.implementations_context(self._project, folder, spec.implementations, self._labels())
            self._own[spec.folder] = self._built(f"{name}-image", name, context, environment)
        return self._own[spec.folder]

    def _environment(self, spec: Workload) -> BuiltImage:
        if not spec.lock:
            return self._base
        if spec.lock not in self._environments:
            name, lock = f"{self._collection}-packages", self._project.root / spec.lock
            context = contexts.packages_context(self._project, lock, spec.packages, self._labels())
            self._environments[spec.lock] = self._built(f"{name}-image", name, context, self._base)
        return self._environments[spec.lock]

    def _labels(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"l9stack.collection": self._collection, **(more or {})}

    def _built(
        self, resource: str, name: str, context: BuildContext, below: BuiltImage, parent: pulumi.Resource | None = None
    ) -> BuiltImage:
        """An image from a context and what it stands on: another of ours, or one that the engine pulls by its name."""
        identity = below.identity.apply(lambda known: contexts.digest_of([known.encode(), context.digest.encode()]))
        tagged = pulumi.Output.concat(name.replace("_", "-").rstrip("-"), ":", identity)
        registry = self._registry
        image = docker.Image(
            resource,
            image_name=tagged.apply(registry.named) if registry else tagged,
            skip_push=registry is None,
            registry=docker.RegistryArgs(
                server=registry.host,
                username=registry.username or None,
                password=pulumi.Output.secret(registry.password) if registry.password else None,
            )
            if registry
            else None,
            build=docker.DockerBuildArgs(
                context=self._shown(context.folder),
                dockerfile=self._shown(context.dockerfile),
                args={"BASE": below.reference},
                # Where none is named the provider takes that of the machine it runs on; an image is for the engine's.
                platform="",
            ),
            opts=pulumi.ResourceOptions(
                parent=parent or self._parent, depends_on=[below.resource] if below.resource else None
            ),
        )
        return BuiltImage(image.repo_digest if registry else image.image_name, identity, image)

    def _shown(self, path: Path) -> str:
        return self._project.shown(path)
