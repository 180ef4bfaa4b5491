"""What the runtimes share that run containers by a Docker engine: names, images, and the tests before traffic."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from l9stack.infra.container_specs import AGENTS, BACKENDS
from l9stack.infra.resources import EngineClaim
from l9stack.infra.runtimes.containers.credentials import PortRange, engine_host, urls
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.runtimes.containers.spec import backend_environment
from l9stack.infra.runtimes.docker.container_resources import ContainerNames
from l9stack.infra.runtimes.docker.images import AgentImages
from l9stack.infra.runtimes.docker.preflight import PreflightSite, run_tests
from l9stack.infra.settings import DockerSettings
from l9stack.infra.specs import Preflight, PreflightWorkload


class DockerEngineRuntime(ABC):
    """An engine on which a stack has claimed its names; `docker:host` of the stack's config chooses a remote one."""

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._networks: dict[str, docker.Network] = {}
        self._passwords: dict[str, pulumi.Output[str]] = {}
        self._images: AgentImages | None = None
        self._claim: EngineClaim | None = None
        self._ports = PortRange(settings.first_port)

    @abstractmethod
    def _network(self, kind: str, scene: ContainerNames) -> docker.Network:
        """The stack's network of a kind, made once."""

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """Only what the plan uses: each is an image to pull. What takes longest to start is begun first."""
        return tuple(sorted(used, key=lambda name: -SERVICES[name].start_seconds))

    def preflight(self, name: str, spec: PreflightWorkload, parent: pulumi.Resource) -> Preflight | None:
        """The generated tests in a container of the engine's own node, in the networks that agents are in."""
        if not self._settings.tests:
            return None
        scene = self._scene(spec.collection, spec.stack, parent)
        images = self._agent_images(spec.collection, parent)
        kinds = (BACKENDS, AGENTS) if self._passwords else (AGENTS,)
        found = PreflightSite(
            image=images.tests(name, spec, parent),
            base=images.base,
            networks=[self._network(kind, scene).name for kind in kinds],
            variables=urls(self._passwords, spec),
            environment=backend_environment(self._passwords),
            backends={
                service: self._settings.images.get(service, SERVICES[service].image) for service in self._passwords
            },
        )
        return run_tests(name, spec, found, scene)

    def _agent_images(self, collection: str, parent: pulumi.Resource) -> AgentImages:
        if self._images is None:
            self._images = AgentImages(collection, self._settings, parent)
        return self._images

    def _scene(self, collection: str, stack: str, parent: pulumi.Resource) -> ContainerNames:
        if self._claim is None:
            claimed = {"collection": collection, "stack": stack, "host": engine_host()}
            self._claim = EngineClaim(f"{collection}-engine", claimed, pulumi.ResourceOptions(parent=parent))
        return ContainerNames(collection, stack, parent, self._claim)
