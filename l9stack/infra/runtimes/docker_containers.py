"""A container of any kind, as the engine's provider takes it, and how files reach it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from l9stack.infra.runtimes.containers import Container, Health, stack_labels

LIMITS: Mapping[str, Any] = {
    "security_opts": ["no-new-privileges:true"],
    "log_driver": "json-file",
    "log_opts": {"max-size": "10m", "max-file": "3"},
}


@dataclass(frozen=True)
class Scene:
    """Where containers live: a stack of a collection, and the component that owns them."""

    collection: str
    stack: str
    parent: pulumi.Resource

    def named(self, name: str) -> str:
        """The engine's name for what Pulumi calls `name`: other stacks have their own."""
        return f"{name}-{self.stack}"

    @property
    def labels(self) -> dict[str, str]:
        """By which people find what belongs to the stack."""
        return stack_labels(self.collection, self.stack)

    def volume(self, name: str) -> docker.Volume:
        """A volume of the stack."""
        labels = [docker.VolumeLabelArgs(label=label, value=value) for label, value in sorted(self.labels.items())]
        return docker.Volume(
            name, name=self.named(name), labels=labels, opts=pulumi.ResourceOptions(parent=self.parent)
        )

    def network(self, name: str, *, internal: bool) -> docker.Network:
        """A bridge of the stack's own; an internal one has no way out, and no port of it can be published."""
        labels = [docker.NetworkLabelArgs(label=label, value=value) for label, value in sorted(self.labels.items())]
        return docker.Network(
            name,
            name=self.named(name),
            driver="bridge",
            internal=internal,
            labels=labels,
            opts=pulumi.ResourceOptions(parent=self.parent),
        )

    def files(
        self,
        name: str,
        image: pulumi.Input[str],
        user: str,
        uploads: Sequence[docker.ContainerUploadArgs],
        gives: Mapping[str, docker.Volume],
        after: Sequence[pulumi.Resource] = (),
    ) -> docker.Container:
        """A container that brings files into volumes, gives them to `user`, and ends.

        The engine refuses to copy files into a container whose root is read-only, even where they would land in a
        volume: the provider copies to `/`. So files travel through this one, which is never in a network.
        """
        return docker.Container(
            name,
            **LIMITS,
            name=self.named(name),
            image=image,
            user="0:0",
            entrypoints=["/bin/sh", "-c"],
            command=[f"chown -R {user} {' '.join(gives)}"],
            capabilities=docker.ContainerCapabilitiesArgs(adds=["CAP_CHOWN"], drops=["ALL"]),
            memory=64,
            memory_swap=64,
            network_mode="none",
            restart="no",
            must_run=False,
            attach=True,
            uploads=list(uploads),
            mounts=volumes_at(gives),
            labels=container_labels(self.labels),
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=[*gives.values(), *after]),
        )

    def serves(self, spec: Container, networks: Sequence[docker.Network]) -> dict[str, Any]:
        """What a container that serves is given: no rights that it does not need, bounded memory and logs, a wait."""
        return {
            **LIMITS,
            "name": self.named(spec.name),
            "hostname": spec.host,
            "user": spec.user,
            "entrypoints": list(spec.entrypoint) or None,
            "command": list(spec.command) or None,
            "envs": [f"{name}={value}" for name, value in spec.environment.items()],
            "networks_advanced": [
                docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=[spec.host]) for network in networks
            ],
            "read_only": True,
            "tmpfs": dict(spec.scratch),
            "capabilities": docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            "memory": spec.memory_mb,
            "memory_swap": spec.memory_mb,
            "restart": "unless-stopped",
            "init": True,
            "must_run": True,
            "wait": True,
            "wait_timeout": 180,
            "healthcheck": health_check(spec.health),
        }


def volumes_at(volumes: Mapping[str, docker.Volume], *, read_only: bool = False) -> list[docker.ContainerMountArgs]:
    """Volumes by the folders at which they lie in a container."""
    return [
        docker.ContainerMountArgs(type="volume", source=volume.name, target=target, read_only=read_only)
        for target, volume in volumes.items()
    ]


def container_labels(labels: Mapping[str, pulumi.Input[str]]) -> list[docker.ContainerLabelArgs]:
    """Labels, sorted."""
    return [docker.ContainerLabelArgs(label=label, value=value) for label, value in sorted(labels.items())]


def health_check(health: Health) -> docker.ContainerHealthcheckArgs:
    """Asked every second until the first success, then seldom: each probe is a process of its own.

    Durations are written as the engine writes them, or every refresh would find a change.
    """
    return docker.ContainerHealthcheckArgs(
        tests=["CMD-SHELL", health.probe],
        interval=f"{health.interval}s",
        timeout=f"{health.timeout}s",
        retries=health.retries,
        start_period=f"{health.start_period // 60}m{health.start_period % 60}s",
        start_interval="1s",
    )


def secret_file(path: str, content: pulumi.Output[str]) -> docker.ContainerUploadArgs:
    """A file whose content is a secret of the stack. Only its container's own user can read it."""
    return docker.ContainerUploadArgs(file=path, content=pulumi.Output.secret(content), permissions="0400")
