"""The `swarm` runtime: replicated services on a cluster of Docker engines.

Imported only where a stack chooses it: `pulumi_docker` would slow every other command.

Agents have replicas, updates that start the new before they stop the old, and a way back where the new fails. Backends
have one task each, beside its volume; what is to survive its node is given by URL (`l9stack:backends`). Files travel
as secrets and configs of the cluster, so that a task may start on any node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi
import pulumi_docker as docker

from l9stack.agent._security.keys import TRUSTED, key_file
from l9stack.infra import deployment_files
from l9stack.infra.container_specs import BACKENDS, DATA, Container, FileContent
from l9stack.infra.principals import make_keys
from l9stack.infra.resources import Password, SwarmCluster, SwarmService
from l9stack.infra.runtimes.containers.credentials import certificates, engine_host, urls
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.runtimes.containers.spec import (
    CONFIG,
    ENVIRONMENT,
    KEY,
    PUBLIC_KEYS,
    agent_container,
    env_file,
    service_container,
)
from l9stack.infra.runtimes.docker.container_resources import Bringer, ContainerNames
from l9stack.infra.runtimes.docker.engine_runtime import DockerEngineRuntime
from l9stack.infra.runtimes.swarm.files import SwarmFiles, digest_now, read_now
from l9stack.infra.runtimes.swarm.services import ClusterSite, revision_of, seconds_to_settle, service_arguments
from l9stack.infra.settings import DockerSettings, SwarmSettings
from l9stack.infra.specs import AgentWorkload, RunningWorkload, ServiceSpec
from l9stack.project import Project


class SwarmRuntime(DockerEngineRuntime):
    """Services of the swarm that an engine manages; `docker:host` of the stack's config chooses a remote one."""

    name = "swarm"
    replicated = True

    def __init__(self, settings: DockerSettings, swarm: SwarmSettings) -> None:
        super().__init__(settings)
        self._swarm = swarm
        self._project = Project.find()
        self._files = SwarmFiles(self._project)
        self._cluster: SwarmCluster | None = None

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> RunningWorkload:
        """A backend from its official image: one task, on the node where its volume lies."""
        scene = self._scene(name.removesuffix(f"-{spec.name}"), spec.stack, parent)
        wanted = service_container(spec.name, scene.collection, spec.stack, self._settings.images.get(spec.name, ""))
        password = Password(f"{name}-password", pulumi.ResourceOptions(parent=parent)).value
        self._passwords[spec.name] = password
        secret = FileContent(secret=password.apply(SERVICES[spec.name].secret))
        running = self._kept(name, wanted, scene, {file.name: secret for file in wanted.files}, ())
        return RunningWorkload(running, f"{wanted.host}:{wanted.port}", running.instance)

    def watch(
        self,
        name: str,
        spec: Container,
        contents: Mapping[str, FileContent],
        parent: pulumi.Resource,
        after: Sequence[pulumi.Resource],
    ) -> RunningWorkload:
        """A server that watches the stack, from its official image, published as agents are."""
        collection, stack = spec.labels["l9stack.collection"], spec.labels["l9stack.stack"]
        # No agent has a name with a slash.
        port = self._ports.of(f"{collection}/{stack}/monitoring/{spec.host}")
        scene = self._scene(collection, stack, parent)
        running = self._kept(name, replace(spec, published=port), scene, contents, after)
        return RunningWorkload(running, running.endpoint, running.instance)

    def agent(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> RunningWorkload:
        """A replicated service with this agent's generated files; its replicas share the agent's identity and keys."""
        scene = self._scene(spec.collection, spec.stack, parent)
        if not pulumi.runtime.is_dry_run():  # a preview makes none
            make_keys(self._project, spec.principals)
        image = self._agent_images(spec.collection, parent).of(name, spec, parent)
        wanted = agent_container(
            spec,
            services=self._passwords,
            memory_mb=self._settings.agent_memory_mb,
            published=self._ports.of(f"{spec.collection}/{spec.stack}/{spec.agent}"),
            replicas=self._swarm.replicas_for(spec.agent),
        )
        wanted = replace(wanted, environment={**wanted.environment, "L9_REPLICA": "{{.Task.Slot}}"})
        config = self._project.deployment(spec.stack) / deployment_files.config_name(spec.collection)
        trusted = self._project.keys / TRUSTED
        key = pulumi.Output.from_input(read_now(key_file(self._project.keys, f"agent:{spec.agent}")))
        contents = {
            ENVIRONMENT: FileContent(secret=urls(self._passwords, spec).apply(env_file)),
            CONFIG: FileContent(self._project.shown(config), spec.shared),
            KEY: FileContent(secret=key),
            PUBLIC_KEYS: FileContent(self._project.shown(trusted), digest_now(trusted)),
            **certificates(self._project, spec),
        }
        found = ClusterSite(
            image=image,
            identity=image,
            networks=[self._network(kind, scene) for kind in wanted.networks],
            constraints=self._swarm.placement,
            volumes={},
            registry=self._settings.registry,
            files=self._files.brought(name, wanted, contents, scene, spec.depends_on),
        )
        running = self._run(name, wanted, found, scene, f"agent {spec.agent}", spec.depends_on)
        open_to_all = self._swarm.publish != "none"
        health = None if open_to_all else running.health
        return RunningWorkload(running, running.endpoint, running.instance, health, image, wanted.replicas)

    def _kept(
        self,
        name: str,
        wanted: Container,
        scene: ContainerNames,
        contents: Mapping[str, FileContent],
        after: Sequence[pulumi.Resource],
    ) -> SwarmService:
        """A service of one task that has volumes, from an official image."""
        own = pulumi.ResourceOptions(parent=scene.parent)
        pulled = docker.RemoteImage(f"{name}-image", name=wanted.image, keep_locally=True, opts=own)
        volumes = {
            folder: scene.volume(f"{name}-{suffix}", keeps_data=suffix == DATA)
            for folder, suffix in wanted.volumes.items()
        }
        given = {folder: volumes[folder] for folder in wanted.given}
        bringer = Bringer(pulled.image_id, wanted.user, [], given, wanted.held(given))
        before = [scene.files(f"{name}-files", bringer)] if given else []
        found = ClusterSite(
            image=wanted.image,
            identity=pulled.image_id,
            networks=[self._network(kind, scene) for kind in wanted.networks],
            volumes=volumes,
            constraints=[pulumi.Output.concat("node.id == ", self._here(scene).node)],
            files=self._files.brought(name, wanted, contents, scene, after),
        )
        return self._run(name, wanted, found, scene, wanted.host, [pulled, *before, *after])

    def _run(
        self,
        name: str,
        wanted: Container,
        found: ClusterSite,
        scene: ContainerNames,
        what: str,
        after: Sequence[pulumi.Resource],
    ) -> SwarmService:
        """The service, and the wait until it is as it should be."""
        revision = revision_of(wanted, found)
        cluster = self._here(scene)
        service = docker.Service(
            name,
            **service_arguments(scene.named(wanted.name), wanted, found, revision, self._swarm),
            opts=pulumi.ResourceOptions(parent=scene.parent, depends_on=[cluster, *found.volumes.values(), *after]),
        )
        fixed = {
            "ingress": f"http://{self._settings.reach}:{wanted.published}",
            "none": f"http://{wanted.host}:{wanted.port}",
        }
        return SwarmService(
            f"{name}-tasks",
            {
                "host": engine_host(),
                "service": scene.named(wanted.name),
                "what": what,
                "revision": revision,
                "replicas": wanted.replicas,
                "seconds": seconds_to_settle(wanted),
                "address": fixed.get(self._swarm.publish, "") if wanted.published else f"{wanted.host}:{wanted.port}",
                "port": wanted.port,
                "reach": self._settings.reach,
            },
            pulumi.ResourceOptions(parent=scene.parent, depends_on=[service]),
        )

    def _here(self, scene: ContainerNames) -> SwarmCluster:
        if self._cluster is None:
            self._cluster = SwarmCluster(
                f"{scene.collection}-cluster",
                {"cluster": scene.collection, "host": engine_host(), "registry": self._settings.registry is not None},
                pulumi.ResourceOptions(parent=scene.parent, depends_on=[scene.claim] if scene.claim else None),
            )
        return self._cluster

    def _network(self, kind: str, scene: ContainerNames) -> docker.Network:
        """An overlay of the stack's own, over all nodes; the containers of the tests attach themselves to it.

        A network that services use cannot be replaced under its name: one with other options has another.
        """
        if kind not in self._networks:
            name = f"{scene.collection}-{kind}"
            self._networks[kind] = docker.Network(
                name,
                name=scene.named(name) if self._swarm.encrypted else f"{scene.named(name)}-plain",
                driver="overlay",
                attachable=True,
                internal=kind == BACKENDS,
                options={"encrypted": ""} if self._swarm.encrypted else None,
                labels=[docker.NetworkLabelArgs(label=key, value=value) for key, value in sorted(scene.labels.items())],
                opts=pulumi.ResourceOptions(
                    parent=scene.parent,
                    depends_on=[self._here(scene)],
                    delete_before_replace=False,
                    ignore_changes=["options"],  # the engine adds its own choice to them
                ),
            )
        return self._networks[kind]
