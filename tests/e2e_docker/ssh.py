"""This machine's Docker engine as one that is elsewhere: by ssh to a server of a test's own, on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.images.commands import run

_SERVER = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/pid
PasswordAuthentication no
UsePAM no
StrictModes no
"""
_CLIENT = """\
Host 127.0.0.1
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
"""


@dataclass(frozen=True)
class Elsewhere:
    """The host as `docker:host` names it, and the environment in which `ssh` gets there."""

    host: str
    environ: dict[str, str]
    log: Path

    def sessions(self) -> int:
        """How often somebody has logged in."""
        return self.log.read_text(errors="replace").count("Accepted publickey")


def lacking() -> list[str]:
    """What such a server needs and this machine has not."""
    found = [] if _sshd() else ["sshd is missing: Debian's package openssh-server has it"]
    return found if os.geteuid() == 0 else [*found, "a server that logs in its own user alone is root's here"]


@contextmanager
def elsewhere(folder: Path) -> Iterator[Elsewhere]:
    """Start the server; it ends with the block."""
    for name in ("host", "user"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kind, key, *_ = (folder / "host.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    (folder / "sshd_config").write_text(_SERVER.format(port=port, folder=folder))
    (folder / "ssh_config").write_text(_CLIENT.format(folder=folder))
    # The client reads the files of the user's entry in passwd, whatever HOME says.
    program = folder / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/ssh_config "$@"\n')
    program.chmod(0o755)
    log = folder / "log"
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # its own, which a service's unit would make
    server = subprocess.Popen([str(_sshd()), "-D", "-f", str(folder / "sshd_config"), "-E", str(log)])
    try:
        _wait(port, server, log)
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        yield Elsewhere(f"ssh://root@127.0.0.1:{port}", {"PATH": path}, log)
    finally:
        server.terminate()
        server.wait()


def _sshd() -> str | None:
    return shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text(errors="replace")
            time.sleep(0.1)
    raise AssertionError(f"no ssh server: {log.read_text(errors='replace')}")
