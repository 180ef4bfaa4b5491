"""A Compose file from containers; see https://github.com/compose-spec/compose-spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from l9stack.infra.container_specs import AGENTS, BACKENDS, Container, File, Health
from l9stack.infra.runtimes.containers.spec import TRUST
from l9stack.infra.specs import FILES

BRINGER = "l9.files"
"""The service that brings files into volumes, and ends. No agent's name has a dot."""
PLAIN = "config"
"""The folder of files that are no secret."""
_INTERVAL = 5
"""Seconds between two probes at most. A quicker one for the start alone needs Engine 25, and is refused before."""
_BRING = 'bring() { mkdir -p "${4%/*}" && cp "$3" "$4" && chown "$1" "$4" && chmod "$2" "$4"; }'
_LIMITS: Mapping[str, Any] = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}


@dataclass(frozen=True)
class ComposeService:
    """A container, the stage of the Dockerfile from which its image is built, and where its files lie."""

    container: Container
    image: str
    stage: str = ""
    """Empty: the image is somebody else's, and pulled."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Beside the Compose file, by the file's name."""

    def volume(self, file: File) -> str:
        """The volume in which it finds a file."""
        return "trust" if file.path.startswith(f"{TRUST}/") else f"{self.container.host}-files"

    def kept(self) -> dict[str, str]:
        """The volumes that outlive it, by folder."""
        return {folder: f"{self.container.host}-{suffix}" for folder, suffix in self.container.volumes.items()}

    def built(self) -> dict[str, Any]:
        """Where its image comes from."""
        return {"image": self.image, **({"build": {"context": "./images", "target": self.stage}} if self.stage else {})}


def compose_document(parts: Sequence[ComposeService], bringer: ComposeService, publish: str) -> dict[str, Any]:
    """The document; agents are published on the address `publish` of the host."""
    hosts = {part.container.name: part.container.host for part in parts}
    volumes = {volume for part in parts for volume in part.kept().values()}
    volumes |= {part.volume(file) for part in parts for file in part.container.files}
    others = sorted({network for part in parts for network in part.container.networks} - {BACKENDS, AGENTS})
    document = {
        "services": {
            BRINGER: _bringing(parts, bringer),
            **{part.container.host: _service(part, hosts, publish) for part in parts},
        },
        "networks": {BACKENDS: {"internal": True}, AGENTS: {}, **{name: {} for name in others}},
        "volumes": {volume: {} for volume in sorted(volumes)},
        "secrets": {name: {"file": f"./{source}"} for name, source in _secrets(parts).items()},
    }
    return {key: _literal(value) for key, value in document.items()}


def _service(part: ComposeService, hosts: Mapping[str, str], publish: str) -> dict[str, Any]:
    """What every container has: no rights that it does not need, bounded memory and logs, a health check."""
    wanted = part.container
    given = {
        "entrypoint": list(wanted.entrypoint),
        "command": list(wanted.command),
        "environment": dict(wanted.environment),
        "ports": [f"{publish}:{wanted.published}:{wanted.port}"] if wanted.published else [],
    }
    first = {hosts[name]: {"condition": "service_healthy"} for name in wanted.after}
    return {
        **part.built(),
        "hostname": wanted.host,
        "user": wanted.user,
        **{key: value for key, value in given.items() if value},
        "depends_on": {BRINGER: {"condition": "service_completed_successfully"}, **first},
        "networks": list(wanted.networks),
        "volumes": [*(f"{volume}:{folder}" for folder, volume in part.kept().items()), *_brought(part)],
        "tmpfs": [f"{folder}:{options}" for folder, options in wanted.scratch.items()],
        "healthcheck": _health(wanted.health),
        "read_only": True,
        "init": True,
        "mem_limit": f"{wanted.memory_mb}m",
        "memswap_limit": f"{wanted.memory_mb}m",
        "restart": "unless-stopped",
        "stop_grace_period": f"{wanted.stop_seconds}s",
        "labels": dict(wanted.labels),
        **_LIMITS,
    }


def _health(health: Health) -> dict[str, Any]:
    interval = min(health.interval, _INTERVAL)
    return {
        "test": ["CMD-SHELL", health.probe],
        "interval": f"{interval}s",
        "timeout": f"{health.timeout}s",
        "retries": health.retries * health.interval // interval,
        "start_period": f"{health.start_period}s",
    }


def _brought(part: ComposeService) -> list[str]:
    folders = {"trust": TRUST}
    volumes = sorted({part.volume(file) for file in part.container.files})
    return [f"{volume}:{folders.get(volume, FILES)}:ro" for volume in volumes]


def _bringing(parts: Sequence[ComposeService], bringer: ComposeService) -> dict[str, Any]:
    """Compose mounts a secret as the file that it is: its owner is who exported it, and no container's user.

    So one container, as root and in no network, copies each file to where its user alone can read it.
    """
    targets = sorted({part.volume(file) for part in parts for file in part.container.files} | set(_given(parts)))
    return {
        **bringer.built(),
        "user": "0:0",
        "entrypoint": ["/bin/sh", "-euc"],
        "command": [_script(parts)],
        "network_mode": "none",
        "volumes": [f"./{PLAIN}:/from:ro", *(f"{volume}:/to/{volume}" for volume in targets)],
        "secrets": sorted(_secrets(parts)),
        "read_only": True,
        "mem_limit": "64m",
        "memswap_limit": "64m",
        "restart": "no",
        **_LIMITS,
        "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
    }


def _script(parts: Sequence[ComposeService]) -> str:
    lines = dict.fromkeys(line for part in parts for line in _copies(part))  # all agents have the public keys in common
    given = [f"chown {user} /to/{volume}" for volume, user in _given(parts).items()]
    return "\n".join([_BRING, *lines, *given]) + "\n"


def _copies(part: ComposeService) -> Iterator[str]:
    for file in part.container.files:
        source = part.sources[file.name]
        begin = f"/run/secrets/{_secret(source)}" if file.secret else f"/from/{source.removeprefix(f'{PLAIN}/')}"
        inside = file.path.removeprefix(f"{TRUST}/").removeprefix(f"{FILES}/")
        mode = "0400" if file.secret else "0444"
        yield f"bring {part.container.user} {mode} {begin} /to/{part.volume(file)}/{inside}"


def _given(parts: Sequence[ComposeService]) -> dict[str, str]:
    """Volumes that belong to root when they are new, with whom they are given to."""
    return {part.kept()[folder]: part.container.user for part in parts for folder in part.container.given}


def _secrets(parts: Sequence[ComposeService]) -> dict[str, str]:
    """Names of secrets in the Compose file, with where each lies."""
    sources = {part.sources[file.name] for part in parts for file in part.container.files if file.secret}
    return {_secret(source): source for source in sorted(sources)}


def _secret(source: str) -> str:
    return source.rpartition("/")[2]


def _literal(value: Any) -> Any:
    """With each `$` doubled: Compose would put a variable there."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value
