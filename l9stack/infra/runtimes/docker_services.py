"""What each backend's container needs, and what all containers have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_docker as docker

FILES = "/run/l9"
"""The volume by which files reach a container."""


@dataclass(frozen=True)
class ServiceKind:
    """An image, how it is told its password by a file, how it is asked for its health, and how agents reach it."""

    image: str
    port: int
    data: str
    probe: str
    secret_file: str
    secret: Callable[[str], str]
    urls: Mapping[str, Callable[[str], str]]
    user: str
    environment: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    scratch: tuple[str, ...] = field(default=("/tmp",))  # noqa: S108 - the container's own
    memory_mb: int = 256


def _postgres_url(password: str) -> str:
    return f"postgresql://l9:{password}@postgres:5432/l9"


SERVICES: Mapping[str, ServiceKind] = {
    "redis": ServiceKind(
        image="redis:7.4.2-alpine",
        port=6379,
        data="/data",
        user="999:1000",
        secret_file=f"{FILES}/redis.conf",
        secret=lambda password: f"requirepass {password}\nappendonly yes\nmaxmemory-policy noeviction\n",
        command=("redis-server", f"{FILES}/redis.conf"),
        probe=f"REDISCLI_AUTH=$(sed -n 's/^requirepass //p' {FILES}/redis.conf) redis-cli ping | grep -q PONG",
        urls={"L9_REDIS_URL": lambda password: f"redis://:{password}@redis:6379/0"},
    ),
    "postgres": ServiceKind(
        image="pgvector/pgvector:0.8.0-pg17",
        port=5432,
        data="/var/lib/postgresql/data",
        user="999:999",
        secret_file=f"{FILES}/password",
        secret=lambda password: password,
        environment=(
            "POSTGRES_USER=l9",
            "POSTGRES_DB=l9",
            f"POSTGRES_PASSWORD_FILE={FILES}/password",
            "PGDATA=/var/lib/postgresql/data/db",
        ),
        probe="pg_isready -q -U l9 -d l9",
        scratch=("/tmp", "/var/run/postgresql"),  # noqa: S108 - the container's own
        memory_mb=512,
        urls={"L9_POSTGRES_URL": _postgres_url, "L9_HYPERGRAPH_URL": _postgres_url},
    ),
    "neo4j": ServiceKind(
        image="neo4j:5.26.2-community",
        port=7687,
        data="/data",
        user="7474:7474",
        secret_file=f"{FILES}/auth",
        secret=lambda password: f"neo4j/{password}",
        environment=(
            f"NEO4J_AUTH_FILE={FILES}/auth",
            "NEO4J_server_memory_heap_max__size=512m",
            "NEO4J_server_directories_logs=/data/logs",
            "NEO4J_server_directories_run=/tmp",
        ),
        probe=f'cypher-shell -u neo4j -p "$(cut -d/ -f2 {FILES}/auth)" "RETURN 1"',
        scratch=("/tmp", "/var/lib/neo4j/conf", "/var/lib/neo4j/run", "/logs"),  # noqa: S108 - the container's own
        memory_mb=1024,
        urls={"L9_NEO4J_URL": lambda password: f"bolt://neo4j:{password}@neo4j:7687/neo4j"},
    ),
    "archive": ServiceKind(
        image="versity/versitygw:v1.0.11",
        port=7070,
        data="/data",
        user="65534:65534",
        secret_file=f"{FILES}/secret",
        secret=lambda password: password,
        entrypoint=("/bin/sh", "-c"),
        command=(
            f'mkdir -p /data/l9stack && ROOT_ACCESS_KEY_ID=l9stack ROOT_SECRET_ACCESS_KEY="$(cat {FILES}/secret)" '
            "exec versitygw --port :7070 posix /data",
        ),
        probe="nc -z 127.0.0.1 7070",
        urls={"L9_ARCHIVE_BUCKET": lambda _: "s3://l9stack"},
    ),
}


def contained(name: str, stack: str, network: docker.Network, memory_mb: int) -> dict[str, Any]:
    """What every container of ours has: no rights that it does not need, bounded memory and logs, and a health wait."""
    return {
        "name": f"{name}-{stack}",
        "networks_advanced": [docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=[name])],
        "read_only": True,
        "capabilities": docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        "security_opts": ["no-new-privileges:true"],
        "memory": memory_mb,
        "memory_swap": memory_mb,
        "restart": "unless-stopped",
        "log_driver": "json-file",
        "log_opts": {"max-size": "10m", "max-file": "3"},
        "init": True,
        "must_run": True,
        "wait": True,
        "wait_timeout": 180,
    }


def secret_file(path: str, content: pulumi.Output[str]) -> docker.ContainerUploadArgs:
    """A file whose content is a secret of the stack. Only the container's own processes see it."""
    return docker.ContainerUploadArgs(file=path, content=pulumi.Output.secret(content), permissions="0444")
