"""The embedded servers by name; each is a process of its own on loopback, the archive a folder."""

from __future__ import annotations

from pathlib import Path

from l9stack.local import arcadedb, postgres, valkey
from l9stack.local.processes import Server

NAMES = ("redis", "postgres", "neo4j", "archive")
_STARTERS = {"redis": valkey.start, "postgres": postgres.start, "neo4j": arcadedb.start}


def start(name: str, data: Path, port: int, secret: str, log: Path) -> Server:
    """Start one server and wait until it answers.

    Raises:
        ServiceError: it did not start; the message ends with the last lines of its log.
    """
    data.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    if name == "archive":
        return Server("archive", "folder", "", 0, None, log)
    return _STARTERS[name](data, port, secret, log)
