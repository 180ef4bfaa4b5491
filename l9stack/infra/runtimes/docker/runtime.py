"""The `docker` runtime: private networks, backends from official images, and a container for each agent.

Imported only where a stack chooses it: `pulumi_docker` would slow every other command.

Backends are in a network without a way out; agents are in that one and in one of their own, by which their ports are
published. Secrets are files; none is in an environment variable, an image or a command line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_docker as docker

from l9stack.agent._security.keys import TRUSTED, key_file
from l9stack.infra import deployment_files
from l9stack.infra.container_specs import BACKENDS, DATA, Container, FileContent
from l9stack.infra.principals import make_keys
from l9stack.infra.resources import ContainerReady, Password
from l9stack.infra.runtimes.containers.credentials import certificates, engine_host, urls
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.runtimes.containers.spec import (
    AGENT_USER,
    TRUST,
    agent_container,
    certificate_files,
    env_file,
    service_container,
)
from l9stack.infra.runtimes.docker.container_resources import (
    Bringer,
    ContainerNames,
    container_labels,
    fingerprint,
    secret_file,
    upload,
    volumes_at,
)
from l9stack.infra.runtimes.docker.engine_runtime import DockerEngineRuntime
from l9stack.infra.settings import DockerSettings
from l9stack.infra.specs import FILES, AgentWorkload, RunningWorkload, ServiceSpec
from l9stack.project import Project


@dataclass(frozen=True)
class EngineSite:
    """What a container finds on its engine, beside its networks."""

    image: pulumi.Input[str]
    bringer: pulumi.Input[str]
    """The image of the container that brings the files."""
    uploads: Sequence[docker.ContainerUploadArgs]
    """The files that are brought."""
    mounts: Sequence[docker.ContainerMountArgs]
    """The volumes that are its own, or everybody's."""
    given: Mapping[str, docker.Volume] = field(default_factory=dict)
    """Those that its user becomes the owner of, by the folders where they lie."""


class DockerRuntime(DockerEngineRuntime):
    """Containers on one Docker engine; `docker:host` of the stack's config chooses a remote one."""

    name = "docker"
    replicated = False

    def __init__(self, settings: DockerSettings) -> None:
        super().__init__(settings)
        self._trust: tuple[docker.Volume, docker.Container] | None = None
        self._sealed: pulumi.Output[str] | None = None

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> RunningWorkload:
        """A backend from its official image, with a volume, a password and a health check that `up` waits for."""
        scene = self._scene(name.removesuffix(f"-{spec.name}"), spec.stack, parent)
        wanted = service_container(spec.name, scene.collection, spec.stack, self._settings.images.get(spec.name, ""))
        own = pulumi.ResourceOptions(parent=parent)
        password = self._passwords[spec.name] = Password(f"{name}-password", own).value
        secret = password.apply(SERVICES[spec.name].secret)
        uploads = [secret_file(file.path, secret) for file in wanted.files]
        ready = self._serve(name, wanted, scene, uploads)
        # In this network a service is known by its name.
        return RunningWorkload(ready, f"{wanted.host}:{wanted.port}", ready.instance)

    def watch(
        self,
        name: str,
        spec: Container,
        contents: Mapping[str, FileContent],
        parent: pulumi.Resource,
        after: Sequence[pulumi.Resource],
    ) -> RunningWorkload:
        """A server that watches the stack, from its official image, published on one port of the engine's host."""
        collection, stack = spec.labels["l9stack.collection"], spec.labels["l9stack.stack"]
        # No agent has a name with a slash.
        port = self._ports.of(f"{collection}/{stack}/monitoring/{spec.host}")
        uploads = [upload(file.path, contents[file.name]) for file in spec.files]
        scene = self._scene(collection, stack, parent)
        ready = self._serve(name, replace(spec, published=port), scene, uploads, after)
        return RunningWorkload(ready, f"http://{self._settings.reach}:{port}", ready.instance)

    def _serve(
        self,
        name: str,
        wanted: Container,
        scene: ContainerNames,
        uploads: Sequence[docker.ContainerUploadArgs],
        after: Sequence[pulumi.Resource] = (),
    ) -> ContainerReady:
        """A container from an official image, with its volumes and the files that it is brought."""
        own = pulumi.ResourceOptions(parent=scene.parent)
        image = docker.RemoteImage(f"{name}-image", name=wanted.image, keep_locally=True, opts=own).image_id
        volumes = {
            folder: scene.volume(f"{name}-{suffix}", keeps_data=suffix == DATA)
            for folder, suffix in wanted.volumes.items()
        }
        given = {folder: volumes[folder] for folder in wanted.given}
        found = EngineSite(image, image, uploads, volumes_at(volumes), given)
        return self._run(name, wanted, found, scene, wanted.host, after)

    def _run(
        self,
        name: str,
        wanted: Container,
        found: EngineSite,
        scene: ContainerNames,
        what: str,
        after: Sequence[pulumi.Resource],
    ) -> ContainerReady:
        """A container, after another has brought its files; until it is healthy.

        It is told apart by what it was brought, not by who brought it: those have ended, and may be cleaned away.
        """
        brought = scene.volume(f"{name}-files")
        volumes = {FILES: brought, **found.given}
        bringer = Bringer(found.bringer, wanted.user, found.uploads, volumes, wanted.held(volumes))
        files = scene.files(f"{name}-files", bringer, after)
        told_apart = {"l9stack.files": fingerprint(self._seal(scene), found.uploads)}
        container = docker.Container(
            name,
            **scene.serves(wanted, [self._network(network, scene) for network in wanted.networks]),
            image=found.image,
            ports=[self._published(wanted)] if wanted.published else None,
            mounts=[*found.mounts, *volumes_at({FILES: brought}, read_only=True)],
            labels=container_labels({**wanted.labels, **told_apart}),
            opts=pulumi.ResourceOptions(
                parent=scene.parent,
                depends_on=[files, *after],
                # The provider takes these for changes that it can make to a container that runs, and makes none.
                replace_on_changes=["healthcheck", "init", "tmpfs"],
                delete_before_replace=True,  # its name is its own
            ),
        )
        return _ready(name, wanted, container, scene, what)

    def _published(self, wanted: Container) -> docker.ContainerPortArgs:
        return docker.ContainerPortArgs(internal=wanted.port, external=wanted.published, ip=self._settings.publish)

    def agent(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> RunningWorkload:
        """A container with this agent's generated files, published on one port of the engine's host."""
        scene, project = self._scene(spec.collection, spec.stack, parent), Project.find()
        images = self._agent_images(spec.collection, parent)
        if self._trust is None:
            self._trust = self._public_keys(spec, scene, project)
        trusted, trust = self._trust
        port = self._ports.of(f"{spec.collection}/{spec.stack}/{spec.agent}")
        wanted = agent_container(
            spec, services=self._passwords, memory_mb=self._settings.agent_memory_mb, published=port
        )
        config = project.deployment(spec.stack) / deployment_files.config_name(spec.collection)
        key = key_file(project.keys, f"agent:{spec.agent}")
        trusted_by = certificates(project, spec)
        uploads = [
            secret_file(f"{FILES}/agent.env", urls(self._passwords, spec).apply(env_file)),
            docker.ContainerUploadArgs(
                file=f"{FILES}/config.yaml", source=project.shown(config), source_hash=spec.shared
            ),
            docker.ContainerUploadArgs(
                file=f"{FILES}/keys/{key.name}",
                source=project.shown(key),
                source_hash=_stamp(project, key.name),
                permissions="0400",
            ),
            *(upload(file.path, trusted_by[file.name]) for file in certificate_files(spec)),
        ]
        image = images.of(name, spec, parent)
        found = EngineSite(image, images.base, uploads, volumes_at({TRUST: trusted}, read_only=True))
        ready = self._run(name, wanted, found, scene, f"agent {spec.agent}", [trust, *spec.depends_on])
        return RunningWorkload(ready, f"http://{self._settings.reach}:{port}", ready.instance, image=image)

    def _seal(self, scene: ContainerNames) -> pulumi.Output[str]:
        if self._sealed is None:
            own = pulumi.ResourceOptions(parent=scene.parent)
            self._sealed = Password(f"{scene.collection}-seal", own).value
        return self._sealed

    def _network(self, kind: str, scene: ContainerNames) -> docker.Network:
        if kind not in self._networks:
            self._networks[kind] = scene.network(f"{scene.collection}-{kind}", internal=kind == BACKENDS)
        return self._networks[kind]

    def _public_keys(
        self, spec: AgentWorkload, scene: ContainerNames, project: Project
    ) -> tuple[docker.Volume, docker.Container]:
        """Keys for everybody of the stack, before the first agent starts; the public ones in a volume for all."""
        assert self._images is not None
        if not pulumi.runtime.is_dry_run():  # a preview makes none
            make_keys(project, spec.principals)
        volume = scene.volume(f"{scene.collection}-trust")
        public = docker.ContainerUploadArgs(
            file=f"{TRUST}/{TRUSTED}",
            source=project.shown(project.keys / TRUSTED),
            source_hash=_stamp(project, TRUSTED),
            permissions="0444",
        )
        bringer = Bringer(self._images.base, AGENT_USER, [public], {TRUST: volume})
        return volume, scene.files(f"{scene.collection}-trust", bringer)


def _ready(
    name: str, wanted: Container, container: docker.Container, scene: ContainerNames, what: str
) -> ContainerReady:
    """Is there once the container is healthy; whatever needs it depends on this."""
    health = wanted.health
    return ContainerReady(
        f"{name}-ready",
        {
            "host": engine_host(),
            "container": scene.named(wanted.name),
            "what": what,
            "seconds": health.start_period + health.retries * health.interval,
            **({} if pulumi.runtime.is_dry_run() else {"container_id": container.id}),
        },
        pulumi.ResourceOptions(parent=scene.parent, depends_on=[container]),
    )


def _stamp(project: Project, name: str) -> str:
    """Tells one key file from the next, and nothing about its content; before the first `up` there is none."""
    path = project.keys / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "to be made"
