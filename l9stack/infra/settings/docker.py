"""`l9stack:docker`: how a Docker engine runs the stack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from l9stack.infra.settings.checks import (
    Constraint,
    between,
    is_address,
    is_flag,
    is_image,
    is_mapping,
    is_text,
    name_list,
)
from l9stack.infra.settings.image_registry import Registry, read_registry
from l9stack.infra.settings.reader import Reader
from l9stack.infra.specs import SERVICES

_CHECKS: dict[str, Constraint] = {
    "images": (is_mapping, "a mapping, as {redis: redis:7.4.8-alpine}"),
    "publish": (is_address, "an address of the engine's host, as 127.0.0.1"),
    "reach": (is_text, "a host name or address"),
    "first_port": between(1024, 64000, "a port between 1024 and 64000"),
    "agent_memory_mb": between(128, 1 << 20, "megabytes, 128 at least"),
    "tests": (is_flag, "true or false"),
    "registry": (lambda _: True, "a mapping"),  # looked at by `read_registry`, which shows no value
}
_ENGINE = ("host", "sshOpts", "registryAuth", "disableDockerDaemonCheck")
"""Keys of the provider's own namespace, and what is wrong with some others of it."""
_NO_CONTEXT = "name the engine's address as docker:host: `docker context inspect NAME` shows it"
_REFUSED: Mapping[str, tuple[str, str]] = {
    "context": ("is followed for containers, and not for images", _NO_CONTEXT),
    **dict.fromkeys(
        ("caMaterial", "certMaterial", "keyMaterial", "certPath"),
        (
            "the docker command, which l9stack uses as well, does not know it",
            "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem",
        ),
    ),
}
PYTHON = "python:3.11.14-slim-bookworm"
"""What agents' images are made from, where `images.python` names nothing else."""


@dataclass(frozen=True)
class DockerSettings:
    """`l9stack:docker`: everything has a default, and images are named with their versions."""

    images: Mapping[str, str] = field(default_factory=dict)
    """Image names by service; `python` is what agents' images are made from, with Python 3.11 or later and pip, and
    `agent` a finished base, which holds l9stack's library as well."""
    publish: str = "127.0.0.1"
    """The engine's address on which agents are published."""
    reach: str = "127.0.0.1"
    """The host by which this machine reaches them."""
    first_port: int = 18080
    """The first of the ports on which agents are published."""
    agent_memory_mb: int = 256
    """How much memory each agent may use, in megabytes."""
    tests: bool = True
    """Whether the generated tests run beside the stack's backends before any agent starts or is replaced."""
    registry: Registry | None = None
    """Where images are pushed, and from where they are run by digest; without one they stay on the engine."""


def hold_engine(reader: Reader) -> None:
    """Refuse settings by which the provider of Docker's resources would talk to another engine than l9stack.

    It follows a context for containers, but not for images, and `docker:host` only where no context is named.
    """
    named = os.environ.get("DOCKER_CONTEXT", "")
    told = f"would be passed over for DOCKER_CONTEXT={named}"
    reader.hold(not named, "docker:host", told, f"unset it; or {_NO_CONTEXT}")
    for name in reader.given("docker"):
        message, hint = _REFUSED.get(name, ("unknown key", f"any of {name_list(_ENGINE)}"))
        reader.hold(name in _ENGINE, f"docker:{name}", message, hint)


def read_docker(reader: Reader) -> DockerSettings:
    """The block `docker`."""
    good = reader.block("docker", _CHECKS, "{agent_memory_mb: 512}")
    for name, image in good.get("images", {}).items():
        key, known = f"docker.images.{name}", (*SERVICES, "agent", "python")
        if reader.hold(name in known, key, "unknown image", f"any of {name_list(known)}"):
            reader.hold(is_image(image), key, f"{image!r} names no version", "add a tag other than latest, or a digest")
    registry = read_registry(reader, good.pop("registry", None))
    return DockerSettings(**good, registry=registry)
