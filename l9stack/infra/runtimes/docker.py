"""The `docker` runtime: one private network, backends from official images, and a container for each agent.

Imported only where a stack chooses it: `pulumi_docker` would slow every other command.

A container's root is read-only, so files reach it through a small volume at /run/l9: Docker refuses to copy into a
read-only root. Secrets are such files; none is in an environment variable.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from l9stack.agent.keys import TRUSTED, ensure_keys, key_file
from l9stack.infra import deployed
from l9stack.infra.resources import Password
from l9stack.infra.runtimes.base import AgentSpec, Endpoint, ServiceSpec
from l9stack.infra.runtimes.docker_images import AgentImages
from l9stack.infra.runtimes.docker_services import FILES, SERVICES, contained, secret_file
from l9stack.infra.settings import DockerSettings
from l9stack.project import Project

AGENT_PORT = 8080
OPERATOR = "operator"
_START = f"set -a && . {FILES}/agent.env && exec python -m l9stack.agent.serve"
_PROBE = (
    "import urllib.request as r, sys; "
    f"sys.exit(r.urlopen('http://127.0.0.1:{AGENT_PORT}/health', timeout=3).status != 200)"
)


class DockerRuntime:
    """Containers on one Docker engine; `docker:host` of the stack's config chooses a remote one."""

    name = "docker"

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._network: docker.Network | None = None
        self._passwords: dict[str, pulumi.Output[str]] = {}
        self._images: AgentImages | None = None
        self._ports: dict[str, int] = {}

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """Only what the plan uses: each is an image to pull."""
        return tuple(used)

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> Endpoint:
        """A backend from its official image, with a volume, a password and a health check that `up` waits for."""
        kind = SERVICES[spec.name]
        network = self._network_of(spec.stack, parent)
        password = Password(f"{name}-password", pulumi.ResourceOptions(parent=parent)).value
        self._passwords[spec.name] = password
        own = pulumi.ResourceOptions(parent=parent)
        image = docker.RemoteImage(
            f"{name}-image", name=self._settings.images.get(spec.name, kind.image), keep_locally=True, opts=own
        )
        data = docker.Volume(f"{name}-data", name=f"{name}-{spec.stack}-data", opts=own)
        files = docker.Volume(f"{name}-files", name=f"{name}-{spec.stack}-files", opts=own)
        container = docker.Container(
            name,
            **contained(name, spec.stack, network, kind.memory_mb),
            image=image.image_id,
            hostname=spec.name,
            user=kind.user,
            envs=list(kind.environment),
            entrypoints=list(kind.entrypoint) or None,
            command=list(kind.command),
            uploads=[secret_file(kind.secret_file, password.apply(kind.secret))],
            mounts=[
                docker.ContainerMountArgs(type="volume", source=data.name, target=kind.data),
                docker.ContainerMountArgs(type="volume", source=files.name, target=FILES),
            ],
            tmpfs=dict.fromkeys(kind.scratch, "rw,nosuid,nodev,size=64m"),
            healthcheck=docker.ContainerHealthcheckArgs(
                tests=["CMD-SHELL", kind.probe], interval="2s", timeout="5s", retries=60, start_period="5s"
            ),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[network]),
        )
        # In this network a service is known by its name; the container's id tells one life from the next.
        return Endpoint(container, f"{spec.name}:{kind.port}", container.id)

    def agent(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> Endpoint:
        """A container with this agent's generated files, published on one port of the engine's host."""
        network = self._network_of(spec.stack, parent)
        project = Project.find()
        if self._images is None:
            self._images = AgentImages(self._settings.images.get("agent", ""), parent)
        image = self._images.of(name, spec, parent)
        principals = [f"agent:{spec.agent}", OPERATOR, *(f"anchor:{anchor}" for anchor in spec.anchors)]
        if not pulumi.runtime.is_dry_run():
            ensure_keys(project.keys, principals)
        config = deployed.folder(project, spec.stack) / deployed.config_name(spec.collection)
        key = key_file(project.keys, principals[0])
        files = docker.Volume(
            f"{name}-files", name=f"{name}-{spec.stack}-files", opts=pulumi.ResourceOptions(parent=parent)
        )
        port = self._port_of(spec.agent)
        container = docker.Container(
            name,
            **contained(name, spec.stack, network, self._settings.agent_memory_mb),
            image=image,
            hostname=spec.agent,
            user="65534:65534",
            envs=[*_environment(spec), "PYTHONDONTWRITEBYTECODE=1"],
            entrypoints=["/bin/sh", "-c"],
            command=[_START],
            ports=[docker.ContainerPortArgs(internal=AGENT_PORT, external=port, ip=self._settings.publish)],
            uploads=[
                secret_file(f"{FILES}/agent.env", self._urls(spec).apply(_env_file)),
                docker.ContainerUploadArgs(
                    file=f"{FILES}/config.yaml", source=str(config.relative_to(project.root)), source_hash=spec.config
                ),
                docker.ContainerUploadArgs(
                    file=f"{FILES}/keys/{key.name}", source=str(key.relative_to(project.root)), permissions="0444"
                ),
                docker.ContainerUploadArgs(
                    file=f"{FILES}/keys/{TRUSTED}", source=str((project.keys / TRUSTED).relative_to(project.root))
                ),
            ],
            mounts=[docker.ContainerMountArgs(type="volume", source=files.name, target=FILES)],
            tmpfs={"/tmp": "rw,nosuid,nodev,noexec,size=32m"},  # noqa: S108 - the container's own
            healthcheck=docker.ContainerHealthcheckArgs(
                tests=["CMD", "python", "-c", _PROBE], interval="2s", timeout="5s", retries=30, start_period="5s"
            ),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[network, *spec.depends_on]),
        )
        return Endpoint(container, f"http://{self._settings.reach}:{port}", container.id)

    def _network_of(self, stack: str, parent: pulumi.Resource) -> docker.Network:
        if self._network is None:
            self._network = docker.Network(
                f"l9stack-{stack}-network",
                name=f"l9stack-{stack}",
                driver="bridge",
                opts=pulumi.ResourceOptions(parent=parent),
            )
        return self._network

    def _port_of(self, agent: str) -> int:
        """A port that stays the agent's when others come and go, unless two of them meet."""
        wanted = self._settings.first_port + zlib.crc32(agent.encode()) % 1000
        while wanted in self._ports.values():
            wanted += 1
        self._ports[agent] = wanted
        return wanted

    def _urls(self, spec: AgentSpec) -> pulumi.Output[Mapping[str, str]]:
        """The URLs of all backends, with their passwords; where no layer uses a service, nobody answers."""
        urls: dict[str, pulumi.Input[str]] = {}
        for service, kind in SERVICES.items():
            password = self._passwords.get(service, pulumi.Output.from_input("unused"))
            urls |= {variable: password.apply(url) for variable, url in kind.urls.items()}
            if service == "archive":
                urls["AWS_SECRET_ACCESS_KEY"] = password
        return pulumi.Output.secret(pulumi.Output.all(**{**urls, **spec.variables()}))


def _environment(spec: AgentSpec) -> list[str]:
    """What is no secret."""
    return [
        f"L9_MANIFEST=/srv/agent/manifests/{spec.agent}.json",
        "L9_CODE=/srv/agent/code",
        f"L9_CONFIG={FILES}/config.yaml",
        "L9_HOST=0.0.0.0",
        f"L9_PORT={AGENT_PORT}",
        f"L9_ENDPOINT=http://{spec.agent}:{AGENT_PORT}",
        f"L9_NAMESPACE={spec.stack}",
        f"L9_KEYS={FILES}/keys",
        f"L9_CODE_DIGEST={spec.digest}",
        f"L9_SETTINGS_DIGEST={spec.shared}",
        "L9_IMPLEMENTATIONS=/srv/implementations",
        "AWS_ACCESS_KEY_ID=l9stack",
        "AWS_ENDPOINT_URL=http://archive:7070",
        "AWS_REGION=us-east-1",
    ]


def _env_file(urls: Mapping[str, str]) -> str:
    """Lines that a shell reads; values are quoted."""
    quoted = {name: value.replace("'", "'\\''") for name, value in urls.items()}
    return "".join(f"{name}='{value}'\n" for name, value in sorted(quoted.items()))
