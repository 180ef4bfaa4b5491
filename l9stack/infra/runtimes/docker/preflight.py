"""The generated tests in a container that ends, beside the backends of a stack and before its agents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from l9stack.infra.providers.preflight import failures
from l9stack.infra.resources import PreflightGate
from l9stack.infra.runtimes.containers.credentials import certificates
from l9stack.infra.runtimes.containers.spec import (
    AGENT_USER,
    certificate_environment,
    certificate_files,
    env_file,
    stack_labels,
)
from l9stack.infra.runtimes.docker.container_resources import (
    LIMITS,
    Bringer,
    ContainerNames,
    container_labels,
    secret_file,
    upload,
    volumes_at,
)
from l9stack.infra.specs import FILES, Preflight, PreflightWorkload
from l9stack.project import Project

_COMMAND = f"set -a && . {FILES}/tests.env && exec python -m l9stack.agent.preflight /srv"
_MEMORY_MB = 1024


@dataclass(frozen=True)
class PreflightSite:
    """What the tests find where agents will run."""

    image: pulumi.Input[str]
    base: pulumi.Input[str]
    """The image of the container that brings the file of URLs."""
    networks: Sequence[pulumi.Input[str]]
    variables: pulumi.Output[Mapping[str, str]]
    """The URLs of all backends."""
    environment: Mapping[str, str]
    """What agents are told of the backends, and is no secret."""
    backends: Mapping[str, str]
    """The images of backends in containers, by service: with other ones the tests run again."""


def run_tests(name: str, spec: PreflightWorkload, found: PreflightSite, scene: ContainerNames) -> Preflight:
    """Run the tests once for each state of code, environment and backends; agents are to depend on the result.

    The provider does not mind how a container ends: its exit code and what it printed are looked at by a gate. A run
    that failed is told how often it has, and so is another container than the one before.
    """
    subject = _digest(spec.digest, spec.implementations, spec.packages)
    brought = scene.volume(f"{name}-files")
    project = Project.find()
    trusted = certificates(project, spec)
    uploads = [
        secret_file(f"{FILES}/tests.env", found.variables.apply(env_file)),
        *(upload(file.path, trusted[file.name]) for file in certificate_files(spec)),
    ]
    bringer = Bringer(found.base, AGENT_USER, uploads, {FILES: brought})
    files = scene.files(f"{name}-files", bringer, after=spec.depends_on)
    environment = {
        **found.environment,
        **certificate_environment(spec),
        "L9_FAILED_BEFORE": f"{failures(project, spec.stack, subject)}",
    }
    backends = _digest(*(f"{service} {image}" for service, image in sorted(found.backends.items())))
    labels: dict[str, pulumi.Input[str]] = {**stack_labels(spec.collection, spec.stack), "l9stack.files": files.id}
    labels |= {"l9stack.tests": subject, "l9stack.backends": backends}
    container = docker.Container(
        name,
        **LIMITS,
        name=scene.named(name),
        image=found.image,
        user=AGENT_USER,
        entrypoints=["/bin/sh", "-c"],
        command=[_COMMAND],
        envs=[f"{variable}={value}" for variable, value in sorted(environment.items())],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network) for network in found.networks],
        mounts=volumes_at({FILES: brought}, read_only=True),
        read_only=True,
        tmpfs={"/tmp": "rw,noexec,nosuid,nodev,size=128m"},  # noqa: S108 - the container's own
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        memory=_MEMORY_MB,
        memory_swap=_MEMORY_MB,
        init=True,
        restart="no",
        must_run=False,
        attach=True,
        logs=True,
        labels=container_labels(labels),
        opts=pulumi.ResourceOptions(parent=scene.parent, depends_on=list(spec.depends_on)),
    )
    gate = PreflightGate(
        f"{name}-passed",
        {
            "collection": spec.collection,
            "stack": spec.stack,
            "subject": subject,
            "exit_code": container.exit_code,
            "printed": container.container_logs,
        },
        pulumi.ResourceOptions(parent=scene.parent),
    )
    return Preflight(gate, gate.tests)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
