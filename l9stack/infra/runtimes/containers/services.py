"""What each backend's container needs, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from l9stack.infra.specs import FILES


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
    environment: Mapping[str, str] = field(default_factory=dict)
    agents_environment: Mapping[str, str] = field(default_factory=dict)
    """What agents have to know to use it, beside URL and password."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    """More volumes, suffix by folder: folders that the image fills and the server writes."""
    owns_data: bool = True
    """Whether the image has the data folder, and gives it to `user`; else it is given before the start."""
    scratch: tuple[str, ...] = ("/tmp",)  # noqa: S108 - the container's own
    executable_scratch: bool = False
    memory_mb: int = 256
    start_seconds: int = 180
    """What it may need on a busy machine, until failures of its probe count."""
    stop_seconds: int = 30
    """What it may need to write everything down."""


def _postgres_url(password: str) -> str:
    return f"postgresql://l9:{password}@postgres:5432/l9"


SERVICES: Mapping[str, ServiceKind] = {
    "redis": ServiceKind(
        image="redis:7.4.8-alpine",
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
        image="pgvector/pgvector:0.8.2-pg17",
        port=5432,
        data="/var/lib/postgresql/data",
        user="999:999",
        secret_file=f"{FILES}/password",
        secret=lambda password: password,
        environment={
            "POSTGRES_USER": "l9",
            "POSTGRES_DB": "l9",
            "POSTGRES_PASSWORD_FILE": f"{FILES}/password",
            "PGDATA": "/var/lib/postgresql/data/db",
        },
        # The server that initialises the data listens on a socket alone; only the real one answers here.
        probe="pg_isready -q -h 127.0.0.1 -U l9 -d l9",
        scratch=("/tmp", "/var/run/postgresql"),  # noqa: S108 - the container's own
        memory_mb=512,
        urls={"L9_POSTGRES_URL": _postgres_url, "L9_HYPERGRAPH_URL": _postgres_url},
    ),
    "neo4j": ServiceKind(
        image="neo4j:5.26.14-community",
        port=7687,
        data="/data",
        user="7474:7474",
        secret_file=f"{FILES}/auth",
        secret=lambda password: f"neo4j/{password}",
        environment={
            "NEO4J_AUTH_FILE": f"{FILES}/auth",
            "NEO4J_server_memory_heap_initial__size": "256m",
            "NEO4J_server_memory_heap_max__size": "512m",
            "NEO4J_server_memory_pagecache_size": "128m",
            "NEO4J_server_directories_logs": "/data/logs",
            "NEO4J_server_directories_run": "/tmp",  # noqa: S108 - the container's own
        },
        # Its entrypoint writes settings into the configuration that the image brings: a volume starts with that.
        kept={"/var/lib/neo4j/conf": "conf"},
        # A JVM for each probe would take the server's memory; wget is what the image has.
        probe="wget -q -O /dev/null http://127.0.0.1:7474/",
        scratch=("/tmp", "/var/lib/neo4j/run", "/logs"),  # noqa: S108 - the container's own
        executable_scratch=True,
        start_seconds=300,
        memory_mb=1536,
        urls={"L9_NEO4J_URL": lambda password: f"bolt://neo4j:{password}@neo4j:7687/neo4j"},
    ),
    "archive": ServiceKind(
        image="versity/versitygw:v1.8.0",
        port=7070,
        data="/data",
        user="65534:65534",
        secret_file=f"{FILES}/secret",
        secret=lambda password: password,
        entrypoint=("/bin/sh", "-c"),
        command=(
            "export ROOT_ACCESS_KEY_ID=l9stack; mkdir -p /data/l9stack && "
            f'ROOT_SECRET_ACCESS_KEY="$(cat {FILES}/secret)" exec versitygw --port :7070 posix /data',
        ),
        owns_data=False,
        probe="nc -z 127.0.0.1 7070",
        urls={"L9_ARCHIVE_BUCKET": lambda _: "s3://l9stack"},
        agents_environment={
            "AWS_ACCESS_KEY_ID": "l9stack",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ENDPOINT_URL": "http://archive:7070",
            "AWS_REGION": "us-east-1",
        },
    ),
}
