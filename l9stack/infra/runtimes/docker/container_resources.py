"""Containers of a stack as resources of Docker's provider: names, labels, volumes, networks, and how files reach them.

Both runtimes on Docker engines use it; what runs in a container is none of its business.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from l9stack.infra.container_specs import Container, FileContent, Health
from l9stack.infra.protection import KEEPS_DATA
from l9stack.infra.runtimes.containers.spec import stack_labels

LIMITS: Mapping[str, Any] = {
    "security_opts": ["no-new-privileges:true"],
    "log_driver": "json-file",
    "log_opts": {"max-size": "10m", "max-file": "3"},
}
_HEALTHY = "/tmp/.healthy"  # noqa: S108 - the container's own, and gone when it is started again
"""Is there once a health check has succeeded; all that serve have a temporary file system there."""


@dataclass(frozen=True)
class Bringer:
    """A container that brings files into volumes, gives these to a user, and ends."""

    image: pulumi.Input[str]
    user: str
    uploads: Sequence[docker.ContainerUploadArgs]
    volumes: Mapping[str, docker.Volume]
    """By the folders where they lie in it, and where its files are uploaded to."""
    hides: Iterable[str] = ()
    """The other folders that its image declares as volumes."""


@dataclass(frozen=True)
class ContainerNames:
    """Where containers live: a stack of a collection, and the component that owns them."""

    collection: str
    stack: str
    parent: pulumi.Resource
    claim: pulumi.Resource | None = None
    """Before which no volume and no network is made."""

    def named(self, name: str) -> str:
        """The engine's name for what Pulumi calls `name`: other stacks have their own."""
        return f"{name}-{self.stack}"

    @property
    def labels(self) -> dict[str, str]:
        """By which people find what belongs to the stack."""
        return stack_labels(self.collection, self.stack)

    def volume(self, name: str, *, keeps_data: bool = False) -> docker.Volume:
        """A volume of the stack; one that keeps data is labelled so."""
        labels = self.labels | ({KEEPS_DATA: "true"} if keeps_data else {})
        return docker.Volume(
            name,
            name=self.named(name),
            labels=[docker.VolumeLabelArgs(label=label, value=value) for label, value in sorted(labels.items())],
            opts=self._own(),
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
            opts=self._own(),
        )

    def files(self, name: str, bringer: Bringer, after: Sequence[pulumi.Resource] = ()) -> docker.Container:
        """The container that brings files.

        Where its image declares volumes, it has none: the engine would make one without a name for each, and leave it
        to whoever removes the container.

        The engine refuses to copy files into a container whose root is read-only, even where they would land in a
        volume: the provider copies to `/`. So files travel through this one, which is never in a network.
        """
        return docker.Container(
            name,
            **LIMITS,
            name=self.named(name),
            image=bringer.image,
            user="0:0",
            entrypoints=["/bin/sh", "-c"],
            command=[f"chown -R {bringer.user} {' '.join(bringer.volumes)}"],
            capabilities=docker.ContainerCapabilitiesArgs(adds=["CAP_CHOWN"], drops=["ALL"]),
            memory=64,
            memory_swap=64,
            network_mode="none",
            restart="no",
            must_run=False,
            attach=True,
            uploads=list(bringer.uploads),
            mounts=volumes_at(bringer.volumes),
            tmpfs=dict.fromkeys(bringer.hides, "size=1m") or None,
            labels=container_labels(self.labels),
            opts=pulumi.ResourceOptions(parent=self.parent, depends_on=[*bringer.volumes.values(), *after]),
        )

    def serves(self, spec: Container, networks: Sequence[docker.Network]) -> dict[str, Any]:
        """What a container that serves is given: no rights that it does not need, bounded memory and logs."""
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
            "healthcheck": health_check(spec.health),
            # Told nothing, the provider would kill it at once.
            "destroy_grace_seconds": spec.stop_seconds,
            "stop_timeout": spec.stop_seconds,
        }

    def _own(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.parent, depends_on=[self.claim] if self.claim else None)


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
    """Asked every second until the first success, then at its interval: each probe is a process of its own.

    Engines have a start interval from version 25 on, and older ones refuse it; so the probe itself waits once it has
    succeeded. Durations are written as the engine writes them, or every refresh would find a change.
    """
    paced = f"[ ! -e {_HEALTHY} ] || sleep {health.interval - 1}; {{ {health.probe}; }} && touch {_HEALTHY}"
    return docker.ContainerHealthcheckArgs(
        tests=["CMD-SHELL", paced],
        interval="1s",
        timeout=_duration(health.interval + health.timeout),
        retries=health.retries,
        start_period=_duration(health.start_period),
    )


def keyed_digest(seal: str, text: str) -> str:
    """A digest that tells one text from the next. A bare one would let anybody who sees it try out passwords."""
    return hmac.new(seal.encode(), text.encode(), hashlib.sha256).hexdigest()


def fingerprint(seal: pulumi.Input[str], uploads: Sequence[docker.ContainerUploadArgs]) -> pulumi.Output[str]:
    """Tells one content of files from the next."""
    contents = [upload.content if upload.content is not None else upload.source_hash for upload in uploads]
    paths = [upload.file for upload in uploads]
    found = pulumi.Output.all(seal, paths, contents).apply(
        lambda known: keyed_digest(known[0], json.dumps(known[1:]))[:16]
    )
    return pulumi.Output.unsecret(found)


def secret_file(path: str, content: pulumi.Output[str]) -> docker.ContainerUploadArgs:
    """A file whose content is a secret of the stack. Only its container's own user can read it."""
    return docker.ContainerUploadArgs(file=path, content=pulumi.Output.secret(content), permissions="0400")


def _duration(seconds: int) -> str:
    return f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"


def upload(path: str, content: FileContent) -> docker.ContainerUploadArgs:
    """A file with some content; everybody in the container can read it, unless it is secret."""
    if content.secret is not None:
        return secret_file(path, content.secret)
    return docker.ContainerUploadArgs(file=path, source=content.path, source_hash=content.digest, permissions="0444")
