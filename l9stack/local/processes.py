"""A server as a child process: on loopback, in a session of its own, with its log and its password file."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import ServiceError
from l9stack.local.unprivileged_user import Become

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_PASSWORD = re.compile(r"[\w-]{16,}")
_PR_SET_PDEATHSIG = 1
_PORTS = range(15000, 32000)


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
    """A port of loopback that nobody uses now, from below those that the kernel hands out to clients."""
    candidates = (secrets.choice(_PORTS) for _ in range(1000))
    return next(port for port in candidates if is_free(port))


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
    """The server's password, made once and kept in a file that only its owner can read.

    Raises:
        ServiceError: the file is damaged; another password would not open the data that lies there.
    """
    path = folder / f"{name}.password"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(24))  # no option of a command, whatever it begins with
    secret = path.read_text(errors="replace")
    if not _PASSWORD.fullmatch(secret):
        raise ServiceError(
            f"{path} is damaged, and the data of {name} opens with the password that it held: put a copy of it back; "
            "or `l9 down --purge` removes the data, too, and `l9 up` begins anew"
        )
    return secret


def spawn(
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


def wait_for(server: Server, ready: Callable[[], bool]) -> Server:
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
