"""A container of any kind as a service of a swarm, in the words of the engine's provider.

What the provider reads back is written as it writes it (durations, modes, defaults), or every refresh would find a
change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from l9stack.infra.container_specs import Container
from l9stack.infra.runtimes.swarm.files import ServiceFiles
from l9stack.infra.settings import SwarmSettings
from l9stack.infra.settings.image_registry import Registry
from l9stack.running.swarm_services import REVISION

_PROBE_SECONDS = 5
"""The engine's own way asks often until the first success; services know no such interval."""
_SCRATCH_BYTES = 64 << 20
_MONITOR = "30s"
"""How long a new task is watched once it is healthy: one that fails meanwhile takes the update back."""
_DELAY_SECONDS = 5


@dataclass(frozen=True)
class ClusterSite:
    """What a service finds in its cluster."""

    image: pulumi.Input[str]
    identity: pulumi.Input[str]
    """Another one where the image is another: the engine may write its name anew."""
    networks: Sequence[docker.Network]
    constraints: Sequence[pulumi.Input[str]]
    files: ServiceFiles
    volumes: Mapping[str, docker.Volume]
    """By the folders where they lie."""
    registry: Registry | None = None
    """Where the image is, and what every node may pull it with."""


def revision_of(spec: Container, found: ClusterSite) -> pulumi.Output[str]:
    """A digest of all that new tasks are made for: it changes with every change of what a task runs."""
    fixed = {name: value for name, value in asdict(spec).items() if name not in ("replicas", "labels", "image")}
    names = [secret.secret_name for secret in found.files.secrets] + [
        config.config_name for config in found.files.configs
    ]
    known = pulumi.Output.all(found.identity, *names, *found.constraints)
    return known.apply(
        lambda parts: hashlib.sha256(json.dumps([fixed, parts], sort_keys=True).encode()).hexdigest()[:16]
    )


def service_arguments(
    name: str, spec: Container, found: ClusterSite, revision: pulumi.Output[str], settings: SwarmSettings
) -> dict[str, Any]:
    """The arguments of the service `name`.

    What keeps data is stopped before its successor starts; everything else the other way round. Either goes back to
    what was there before when the successor fails.
    """
    order = "stop-first" if spec.volumes else "start-first"
    return {
        "name": name,
        "task_spec": docker.ServiceTaskSpecArgs(
            container_spec=_container(spec, found, revision),
            networks_advanceds=[
                docker.ServiceTaskSpecNetworksAdvancedArgs(id=network.id, aliases=[spec.host])
                for network in found.networks
            ],
            placement=docker.ServiceTaskSpecPlacementArgs(constraints=list(found.constraints))
            if found.constraints
            else None,
            resources=docker.ServiceTaskSpecResourcesArgs(
                limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=spec.memory_mb << 20)
            ),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(
                condition="any", delay=_duration(_DELAY_SECONDS), window="0s"
            ),
            log_driver=docker.ServiceTaskSpecLogDriverArgs(
                name="json-file", options={"max-size": "10m", "max-file": "3"}
            ),
        ),
        "auth": _login(found.registry),
        "mode": docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=spec.replicas)),
        "endpoint_spec": docker.ServiceEndpointSpecArgs(
            mode=settings.endpoint_mode, ports=_ports(spec, settings.publish)
        ),
        "update_config": docker.ServiceUpdateConfigArgs(
            parallelism=1, order=order, failure_action="rollback", monitor=_MONITOR, max_failure_ratio="0.0"
        ),
        "rollback_config": docker.ServiceRollbackConfigArgs(
            parallelism=1, order=order, failure_action="pause", monitor=_MONITOR, max_failure_ratio="0.0"
        ),
        "labels": [docker.ServiceLabelArgs(label=label, value=value) for label, value in sorted(spec.labels.items())],
    }


def seconds_to_settle(spec: Container) -> int:
    """How long an update of all replicas may take: each may need all of its time to start, and to stop."""
    start = spec.health.start_period + spec.health.retries * (_PROBE_SECONDS + spec.health.timeout)
    return spec.replicas * (start + spec.stop_seconds + _DELAY_SECONDS) + 60


def _container(
    spec: Container, found: ClusterSite, revision: pulumi.Output[str]
) -> docker.ServiceTaskSpecContainerSpecArgs:
    return docker.ServiceTaskSpecContainerSpecArgs(
        image=found.image,
        hostname=spec.host,
        user=spec.user,
        commands=list(spec.entrypoint) or None,
        args=list(spec.command) or None,
        # Not a label: the provider replaces a service whose containers are labelled otherwise.
        env={**spec.environment, REVISION: revision},
        read_only=True,
        init=True,
        cap_drops=["ALL"],
        stop_grace_period=_duration(spec.stop_seconds),
        healthcheck=docker.ServiceTaskSpecContainerSpecHealthcheckArgs(
            tests=["CMD-SHELL", spec.health.probe],
            interval=_duration(min(spec.health.interval, _PROBE_SECONDS)),
            timeout=_duration(spec.health.timeout),
            retries=spec.health.retries,
            start_period=_duration(spec.health.start_period),
        ),
        mounts=[*_volumes(found.volumes), *_scratch(spec.scratch)],
        secrets=list(found.files.secrets),
        configs=list(found.files.configs),
    )


def _login(registry: Registry | None) -> docker.ServiceAuthArgs | None:
    if registry is None or not registry.username:
        return None
    return docker.ServiceAuthArgs(
        server_address=registry.host, username=registry.username, password=pulumi.Output.secret(registry.password)
    )


def _volumes(volumes: Mapping[str, docker.Volume]) -> list[docker.ServiceTaskSpecContainerSpecMountArgs]:
    return [
        docker.ServiceTaskSpecContainerSpecMountArgs(type="volume", source=volume.name, target=folder)
        for folder, volume in volumes.items()
    ]


def _scratch(scratch: Mapping[str, str]) -> list[docker.ServiceTaskSpecContainerSpecMountArgs]:
    """Temporary file systems. None of them can be executable: such a folder is a volume that ends with its task."""
    return [
        docker.ServiceTaskSpecContainerSpecMountArgs(type="volume", target=folder)
        if "exec" in options.split(",")
        else docker.ServiceTaskSpecContainerSpecMountArgs(
            type="tmpfs",
            target=folder,
            tmpfs_options=docker.ServiceTaskSpecContainerSpecMountTmpfsOptionsArgs(
                size_bytes=_SCRATCH_BYTES, mode=0o777
            ),
        )
        for folder, options in scratch.items()
    ]


def _ports(spec: Container, publish: str) -> list[docker.ServiceEndpointSpecPortArgs] | None:
    if not spec.published or publish == "none":
        return None
    # In host mode each task has a port of its own: several may be on one node.
    fixed = spec.published if publish == "ingress" else None
    return [docker.ServiceEndpointSpecPortArgs(target_port=spec.port, published_port=fixed, publish_mode=publish)]


def _duration(seconds: int) -> str:
    minutes, left = divmod(seconds, 60)
    return f"{minutes}m{left}s" if minutes and left else f"{minutes}m" if minutes else f"{left}s"
