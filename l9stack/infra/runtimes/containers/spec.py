"""What runs in containers, said once for every runtime that runs them: Docker, Swarm, and a Compose file print it.

Nothing here knows an engine. The contents of files travel beside a container, by the files' names, as each runtime
has them: outputs in a Pulumi program, files beside a Compose file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from l9stack.agent._security.addresses import AUTHORITIES
from l9stack.agent._security.keys import TRUSTED, key_file
from l9stack.agent.operations import STORES_SECONDS
from l9stack.infra.container_specs import AGENTS, BACKENDS, DATA, Container, File, Health
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.specs import FILES

if TYPE_CHECKING:
    from l9stack.infra.specs import AgentWorkload, Workload

TRUST = "/run/trust"
"""The folder with everybody's public keys: all agents read it, and none is started anew when it grows."""
AGENT_PORT = 8080
AGENT_USER = "65534:65534"
ENVIRONMENT, CONFIG, KEY, PUBLIC_KEYS = "environment", "config", "key", "public-keys"
"""The names of an agent's files."""
_CLOSING_SECONDS = 10
"""What an agent needs at its end: its audit chain is anchored once more, connections are closed."""
_KEYS = "/tmp/keys"  # noqa: S108 - the container's own
_START = (
    f"mkdir -p {_KEYS} && ln -sf {FILES}/keys/* {TRUST}/{TRUSTED} {_KEYS}/ && "
    f"set -a && . {FILES}/agent.env && exec python -m l9stack.agent"
)
# A process every few seconds: it imports as little as can be.
_PROBE = (
    "python -I -S -c 'import socket; "
    f's = socket.create_connection(("127.0.0.1", {AGENT_PORT}), 3); s.sendall(b"GET /health HTTP/1.0\\r\\n\\r\\n"); '
    'raise SystemExit(b" 200 " not in s.recv(64))\''
)


def service_container(kind: str, collection: str, stack: str, image: str = "") -> Container:
    """A memory backend, one of SERVICES; `image` is another than the official one."""
    service = SERVICES[kind]
    options = f"rw,{'exec' if service.executable_scratch else 'noexec'},nosuid,nodev,size=64m"
    return Container(
        name=f"{collection}-{kind}",
        host=kind,
        image=image or service.image,
        user=service.user,
        health=Health(service.probe, start_period=service.start_seconds),
        port=service.port,
        memory_mb=service.memory_mb,
        networks=(BACKENDS,),
        entrypoint=service.entrypoint,
        command=service.command,
        environment=service.environment,
        files=(File(service.secret_file, kind, secret=True),),
        volumes={service.data: DATA, **service.kept},
        given=() if service.owns_data else (service.data,),
        scratch=dict.fromkeys(service.scratch, options),
        stop_seconds=service.stop_seconds,
        labels={**stack_labels(collection, stack), "l9stack.service": kind},
    )


def agent_container(
    spec: AgentWorkload,
    *,
    services: Iterable[str],
    memory_mb: int,
    published: int = 0,
    replicas: int = 1,
    after: Iterable[str] = (),
) -> Container:
    """One agent; `services` are the backends that run in containers beside it, `after` whom it needs by name."""
    services, host = tuple(services), host_name(spec.agent)
    digests = {"code": spec.digest, "settings": spec.shared, "implementations": spec.implementations or "none"}
    key = key_file(Path(f"{FILES}/keys"), f"agent:{spec.agent}")
    return Container(
        name=f"{spec.collection}-{spec.agent}",
        host=host,
        image="",
        user=AGENT_USER,
        health=Health(_PROBE),
        port=AGENT_PORT,
        memory_mb=memory_mb,
        networks=(BACKENDS, AGENTS) if services else (AGENTS,),
        entrypoint=("/bin/sh", "-c"),
        command=(_START,),
        environment=_environment(spec, host, services),
        files=(
            File(f"{FILES}/agent.env", ENVIRONMENT, secret=True),
            File(f"{FILES}/config.yaml", CONFIG),
            File(str(key), KEY, secret=True),
            File(f"{TRUST}/{TRUSTED}", PUBLIC_KEYS, live=True),
            *certificate_files(spec),
        ),
        scratch={"/tmp": "rw,noexec,nosuid,nodev,size=32m"},  # noqa: S108 - the container's own
        published=published,
        replicas=replicas,
        stop_seconds=_drain_seconds(spec) + _CLOSING_SECONDS,
        after=tuple(after),
        labels={
            **stack_labels(spec.collection, spec.stack),
            **{f"l9stack.{kind}": digest for kind, digest in digests.items()},
            "l9stack.agent": spec.agent,
        },
    )


def stack_labels(collection: str, stack: str) -> dict[str, str]:
    """By which people find what belongs to a stack."""
    return {"l9stack.collection": collection, "l9stack.stack": stack}


def host_name(agent: str) -> str:
    """An agent's name in its network; host names have no underscore, and end in no hyphen (`class_` is `class`)."""
    return agent.replace("_", "-").rstrip("-")


def backend_variables(passwords: Mapping[str, str]) -> dict[str, str]:
    """What agents are told of the backends in containers, given their passwords by service: URLs and credentials.

    Where no layer uses a service its variable is there as well, and nobody answers at its address.
    """
    told = {
        variable: url(passwords.get(service, "unused"))
        for service, kind in SERVICES.items()
        for variable, url in kind.urls.items()
    }
    return told | ({"AWS_SECRET_ACCESS_KEY": passwords["archive"]} if "archive" in passwords else {})


def backend_environment(services: Iterable[str]) -> dict[str, str]:
    """What agents are told of the backends in containers, and is no secret."""
    return {name: value for service in services for name, value in SERVICES[service].agents_environment.items()}


def certificate_files(spec: Workload) -> tuple[File, ...]:
    """The authorities that servers of others are checked with."""
    return tuple(File(_certificate(service), certificate_name(service)) for service in sorted(spec.certificates))


def certificate_name(service: str) -> str:
    """The name of the file with a service's authorities."""
    return f"certificate-{service}"


def certificate_environment(spec: Workload) -> dict[str, str]:
    """The variables that name those files."""
    return {AUTHORITIES[service]: _certificate(service) for service in sorted(spec.certificates)}


def _certificate(service: str) -> str:
    return f"{FILES}/certificates/{service}.pem"


def env_file(variables: Mapping[str, str]) -> str:
    """Lines that a shell reads, the content of ENVIRONMENT; values are quoted."""
    quoted = {name: value.replace("'", "'\\''") for name, value in variables.items()}
    return "".join(f"{name}='{value}'\n" for name, value in sorted(quoted.items()))


def _drain_seconds(spec: AgentWorkload) -> int:
    """How long an agent may be at what it has accepted: its slowest operation, then its stores."""
    return math.ceil(spec.longest_seconds + STORES_SECONDS)


def _environment(spec: AgentWorkload, host: str, services: tuple[str, ...]) -> dict[str, str]:
    return {
        "L9_MANIFEST": f"/srv/agent/manifests/{spec.agent}.json",
        "L9_CODE": "/srv/agent/code",
        "L9_CONFIG": f"{FILES}/config.yaml",
        "L9_HOST": "0.0.0.0",  # noqa: S104 - within its networks
        "L9_PORT": f"{AGENT_PORT}",
        "L9_ENDPOINT": f"http://{host}:{AGENT_PORT}",
        "L9_NAMESPACE": spec.stack,
        "L9_KEYS": _KEYS,
        "L9_CODE_DIGEST": spec.digest,
        "L9_SETTINGS_DIGEST": spec.shared,
        "L9_DRAIN_SECONDS": f"{_drain_seconds(spec)}",
        "PYTHONDONTWRITEBYTECODE": "1",
        **({"L9_IMPLEMENTATIONS": "/srv/implementations"} if spec.folder else {}),
        **backend_environment(services),
        **certificate_environment(spec),
    }
