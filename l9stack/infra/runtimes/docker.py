"""The `docker` runtime: private networks, backends from official images, and a container for each agent.

Imported only where a stack chooses it: `pulumi_docker` would slow every other command.

Backends are in a network without a way out; agents are in that one and in one of their own, by which their ports are
published. Secrets are files; none is in an environment variable, an image or a command line.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from l9stack.agent.keys import TRUSTED, ensure_keys, key_file
from l9stack.infra import deployed
from l9stack.infra.resources import Password
from l9stack.infra.runtimes.base import AgentSpec, Endpoint, ServiceSpec
from l9stack.infra.runtimes.docker_containers import (
    FILES,
    Scene,
    container_labels,
    health_check,
    secret_file,
    volumes_at,
)
from l9stack.infra.runtimes.docker_images import AgentImages
from l9stack.infra.runtimes.docker_services import SERVICES
from l9stack.infra.settings import DockerSettings
from l9stack.project import Project

AGENT_PORT = 8080
AGENT_USER = "65534:65534"
TRUST = "/run/trust"
"""The volume with everybody's public keys: all agents read it, and none is started anew when it grows."""
_KEYS = "/tmp/keys"  # noqa: S108 - the container's own
_START = (
    f"mkdir -p {_KEYS} && ln -sf {FILES}/keys/* {TRUST}/{TRUSTED} {_KEYS}/ && "
    f"set -a && . {FILES}/agent.env && exec python -m l9stack.agent.serve"
)
_PROBE = (
    "import urllib.request as r, sys; "
    f"sys.exit(r.urlopen('http://127.0.0.1:{AGENT_PORT}/health', timeout=3).status != 200)"
)


class DockerRuntime:
    """Containers on one Docker engine; `docker:host` of the stack's config chooses a remote one."""

    name = "docker"

    def __init__(self, settings: DockerSettings) -> None:
        self._settings = settings
        self._networks: dict[str, docker.Network] = {}
        self._passwords: dict[str, pulumi.Output[str]] = {}
        self._images: AgentImages | None = None
        self._trust: tuple[docker.Volume, docker.Container] | None = None
        self._ports: dict[str, int] = {}

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """Only what the plan uses: each is an image to pull."""
        return tuple(used)

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> Endpoint:
        """A backend from its official image, with a volume, a password and a health check that `up` waits for."""
        kind, scene = SERVICES[spec.name], Scene(name.removesuffix(f"-{spec.name}"), spec.stack, parent)
        network = self._network("backends", scene)
        own = pulumi.ResourceOptions(parent=parent)
        password = self._passwords[spec.name] = Password(f"{name}-password", own).value
        wanted = self._settings.images.get(spec.name, kind.image)
        image = docker.RemoteImage(f"{name}-image", name=wanted, keep_locally=True, opts=own).image_id
        data, brought = scene.volume(f"{name}-data"), scene.volume(f"{name}-files")
        kept = {target: scene.volume(f"{name}-{suffix}") for suffix, target in kind.kept.items()}
        files = scene.files(
            f"{name}-files",
            image,
            kind.user,
            [secret_file(kind.secret_file, password.apply(kind.secret))],
            {FILES: brought} if kind.owns_data else {FILES: brought, kind.data: data},
        )
        scratch = dict.fromkeys(
            kind.scratch, f"rw,{'exec' if kind.executable_scratch else 'noexec'},nosuid,nodev,size=64m"
        )
        container = docker.Container(
            name,
            **scene.contained(name, spec.name, [network], kind.memory_mb, scratch),
            image=image,
            user=kind.user,
            envs=list(kind.environment),
            entrypoints=list(kind.entrypoint) or None,
            command=list(kind.command) or None,
            mounts=[*volumes_at({kind.data: data, **kept}), *volumes_at({FILES: brought}, read_only=True)],
            healthcheck=health_check("CMD-SHELL", kind.probe),
            labels=container_labels({**scene.labels, "l9stack.service": spec.name, "l9stack.files": files.id}),
            opts=own,
        )
        # In this network a service is known by its name; the container's id tells one life from the next.
        return Endpoint(container, f"{spec.name}:{kind.port}", container.id)

    def agent(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> Endpoint:
        """A container with this agent's generated files, published on one port of the engine's host."""
        scene, project, host = Scene(spec.collection, spec.stack, parent), Project.find(), host_name(spec.agent)
        if self._images is None:
            self._images = AgentImages(spec.collection, self._settings.images.get("agent", ""), parent)
        if self._trust is None:
            self._trust = self._public_keys(spec, scene, project)
        trusted, trust = self._trust
        self._network("agents", scene)
        networks = [self._networks[kind] for kind in ("backends", "agents") if kind in self._networks]
        config = deployed.folder(project, spec.stack) / deployed.config_name(spec.collection)
        key = key_file(project.keys, f"agent:{spec.agent}")
        brought = scene.volume(f"{name}-files")
        files = scene.files(
            f"{name}-files",
            self._images.base,
            AGENT_USER,
            [
                secret_file(f"{FILES}/agent.env", self._variables(spec).apply(_env_file)),
                docker.ContainerUploadArgs(
                    file=f"{FILES}/config.yaml", source=deployed.shown(project, config), source_hash=spec.shared
                ),
                docker.ContainerUploadArgs(
                    file=f"{FILES}/keys/{key.name}",
                    source=deployed.shown(project, key),
                    source_hash=_stamp(project, key.name),
                    permissions="0400",
                ),
            ],
            {FILES: brought},
            after=spec.depends_on,
        )
        digests = {"code": spec.digest, "settings": spec.shared, "implementations": spec.implementations or "none"}
        port = self._port_of(f"{spec.collection}/{spec.stack}/{spec.agent}")
        container = docker.Container(
            name,
            **scene.contained(
                name,
                host,
                networks,
                self._settings.agent_memory_mb,
                {"/tmp": "rw,noexec,nosuid,nodev,size=32m"},  # noqa: S108
            ),
            image=self._images.of(name, spec, parent),
            user=AGENT_USER,
            envs=_environment(spec, host, "archive" in self._passwords),
            entrypoints=["/bin/sh", "-c"],
            command=[_START],
            ports=[docker.ContainerPortArgs(internal=AGENT_PORT, external=port, ip=self._settings.publish)],
            mounts=volumes_at({FILES: brought, TRUST: trusted}, read_only=True),
            healthcheck=health_check("CMD", "python", "-c", _PROBE),
            labels=container_labels(
                {
                    **scene.labels,
                    **{f"l9stack.{kind}": digest for kind, digest in digests.items()},
                    "l9stack.agent": spec.agent,
                    "l9stack.files": files.id,
                }
            ),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[trust, *spec.depends_on]),
        )
        return Endpoint(container, f"http://{self._settings.reach}:{port}", container.id)

    def _network(self, name: str, scene: Scene) -> docker.Network:
        if name not in self._networks:
            self._networks[name] = scene.network(f"{scene.collection}-{name}", internal=name == "backends")
        return self._networks[name]

    def _public_keys(self, spec: AgentSpec, scene: Scene, project: Project) -> tuple[docker.Volume, docker.Container]:
        """Keys for everybody of the stack, before the first agent starts; the public ones in a volume for all."""
        assert self._images is not None
        if not pulumi.runtime.is_dry_run():
            with deployed.alone(project, "keys"):
                ensure_keys(project.keys, spec.principals)
        volume = scene.volume(f"{scene.collection}-trust")
        public = docker.ContainerUploadArgs(
            file=f"{TRUST}/{TRUSTED}",
            source=deployed.shown(project, project.keys / TRUSTED),
            source_hash=_stamp(project, TRUSTED),
            permissions="0444",
        )
        return volume, scene.files(
            f"{scene.collection}-trust", self._images.base, AGENT_USER, [public], {TRUST: volume}
        )

    def _port_of(self, agent: str) -> int:
        """A port that stays the agent's when others come and go, unless two of them meet."""
        wanted = self._settings.first_port + zlib.crc32(agent.encode()) % 1000
        while wanted in self._ports.values():
            wanted += 1
        self._ports[agent] = wanted
        return wanted

    def _variables(self, spec: AgentSpec) -> pulumi.Output[Mapping[str, str]]:
        """The URLs of all backends, with their passwords; where no layer uses a service, nobody answers."""
        urls: dict[str, pulumi.Input[str]] = {}
        for service, kind in SERVICES.items():
            password = self._passwords.get(service, pulumi.Output.from_input("unused"))
            urls |= {variable: password.apply(url) for variable, url in kind.urls.items()}
        if "archive" in self._passwords:
            urls["AWS_SECRET_ACCESS_KEY"] = self._passwords["archive"]
        return pulumi.Output.secret(pulumi.Output.all(**{**urls, **spec.variables()}))


def host_name(agent: str) -> str:
    """An agent's name in its network; host names have no underscore, and end in no hyphen (`class_` is `class`)."""
    return agent.replace("_", "-").rstrip("-")


def _environment(spec: AgentSpec, host: str, archive: bool) -> list[str]:
    """What is no secret."""
    return [
        f"L9_MANIFEST=/srv/agent/manifests/{spec.agent}.json",
        "L9_CODE=/srv/agent/code",
        f"L9_CONFIG={FILES}/config.yaml",
        "L9_HOST=0.0.0.0",
        f"L9_PORT={AGENT_PORT}",
        f"L9_ENDPOINT=http://{host}:{AGENT_PORT}",
        f"L9_NAMESPACE={spec.stack}",
        f"L9_KEYS={_KEYS}",
        f"L9_CODE_DIGEST={spec.digest}",
        f"L9_SETTINGS_DIGEST={spec.shared}",
        "PYTHONDONTWRITEBYTECODE=1",
        *(["L9_IMPLEMENTATIONS=/srv/implementations"] if spec.folder else []),
        *(SERVICES["archive"].agents_environment if archive else ()),
    ]


def _stamp(project: Project, name: str) -> str:
    """Tells one key file from the next, and nothing about its content; before the first `up` there is none."""
    path = project.keys / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "to be made"


def _env_file(urls: Mapping[str, str]) -> str:
    """Lines that a shell reads; values are quoted."""
    quoted = {name: value.replace("'", "'\\''") for name, value in urls.items()}
    return "".join(f"{name}='{value}'\n" for name, value in sorted(quoted.items()))
