"""ArcadeDB: the graph, spoken to over Bolt by the unmodified neo4j driver.

It is started by its bundled Java directly: no Python process around the JVM, ready in a second, and SIGTERM ends it
cleanly.
"""

from __future__ import annotations

import base64
import importlib.metadata
import json
import urllib.error
import urllib.request
from pathlib import Path

from l9stack.agent._security.proxies import ask_part
from l9stack.errors import ServiceError
from l9stack.local import copies
from l9stack.local.processes import HOST, Server, answers, free_port, spawn, wait_for


def start(data: Path, port: int, secret: str, log: Path) -> Server:
    """Start it and wait until it answers; ServiceError where it does not."""
    home = copies.arcadedb()
    version = importlib.metadata.version("arcadedb-embedded")
    http_port = free_port()
    (data / "log").mkdir(exist_ok=True)
    settings = {
        "server.rootPath": data,
        "server.mode": "production",
        "server.httpIncomingHost": HOST,
        "server.httpIncomingPort": http_port,
        "bolt.host": HOST,
        "bolt.port": port,
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
    }
    secret_file = data / "root.password"
    secret_file.touch(0o600)
    secret_file.write_text(secret)
    java = [
        str(home / "jre" / "bin" / "java"),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xms64m",
        "-Xmx512m",
        "-XX:-UsePerfData",  # a folder in /tmp, which stays where the server is killed
        "--add-modules=jdk.incubator.vector",
        "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
        "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--enable-native-access=ALL-UNNAMED",
        "-Djava.awt.headless=true",
        f"-Djava.io.tmpdir={data}",
        *(f"-Darcadedb.{key}={value}" for key, value in settings.items()),
        f"-Darcadedb.server.rootPasswordPath={secret_file}",
        "-cp",
        str(home / "jars" / "*"),
        "com.arcadedb.server.ArcadeDBServer",
    ]
    process = spawn(java, log, cwd=data)
    server = Server("neo4j", "ArcadeDB (Bolt)", version, port, process, log)
    (data / "http.port").write_text(str(http_port))
    return wait_for(server, lambda: answers(port, b"", b"") and _http(http_port, secret, "list databases") is not None)


def _http(port: int, secret: str, command: str) -> object | None:
    """A command to ArcadeDB's own interface; None where it does not answer yet."""
    token = base64.b64encode(f"root:{secret}".encode()).decode()
    request = urllib.request.Request(
        f"http://{HOST}:{port}/api/v1/server",
        data=json.dumps({"command": command}).encode(),
        headers={"authorization": f"Basic {token}", "content-type": "application/json"},
    )
    try:
        with ask_part(request, 5) as response:
            answer: object = json.load(response)
            return answer
    except (OSError, urllib.error.URLError):
        return None


def make_graph(data: Path, secret: str, name: str) -> None:
    """Make a graph database where it is missing; raises ServiceError where it cannot be made."""
    port = int((data / "http.port").read_text())
    existing = _http(port, secret, "list databases")
    if isinstance(existing, dict) and name in existing.get("result", []):
        return
    if _http(port, secret, f"create database {name}") is None:
        raise ServiceError(f"ArcadeDB did not make the database {name}")


def drop_graph(data: Path, secret: str, name: str) -> None:
    """Remove a graph database; raises ServiceError where it stays."""
    port = int((data / "http.port").read_text())
    if _http(port, secret, f"drop database {name}") is None:
        raise ServiceError(f"ArcadeDB did not remove the database {name}")
