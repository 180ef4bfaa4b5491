"""A Docker engine, by its own command: it finds contexts, keys of ssh and certificates as people have set them up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.errors import InputError, Problem, ServiceError
from l9stack.files import home_folder

COMMAND = "docker"
ON_ENGINES = ("docker", "swarm")
"""The runtimes that are a Docker engine's."""
_SOCKET = Path("/var/run/docker.sock")
_OWN_SOCKETS = ("run/docker.sock", "desktop/docker.sock")
"""Of an engine that runs for one user alone, below `~/.docker`."""
SECONDS = 60.0
"""For one question; a host by ssh may be slow to let us in."""


def usual_host() -> str:
    """The engine that is meant where nobody names one: the same that the provider of Docker's resources takes.

    It knows no current context, which the `docker` command would follow.
    """
    if named := os.environ.get("DOCKER_HOST"):
        return named
    sockets = (_SOCKET, *(home_folder() / ".docker" / name for name in _OWN_SOCKETS))
    return f"unix://{next((path for path in sockets if path.is_socket()), _SOCKET)}"


@dataclass(frozen=True)
class DockerEngine:
    """`host` is as `docker:host` of the stack's config, empty for the usual one."""

    host: str = ""

    def __str__(self) -> str:
        return f"the Docker engine at {self.host}" if self.host else "the Docker engine"

    def ask(self, *arguments: str) -> str:
        """What a command prints.

        Raises:
            InputError: the command is not installed.
            ServiceError: the engine does not answer, or refuses; the message ends with its own words.
        """
        try:
            done = subprocess.run(
                self._command(*arguments), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise ServiceError(f"{self} does not answer within {SECONDS:.0f} seconds") from error
        if done.returncode:
            raise ServiceError(f"{self}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command prints with a JSON document on each line."""
        return [json.loads(line) for line in self.ask(*arguments, "--format", "{{json .}}").splitlines() if line]

    def lines(self, *arguments: str) -> Iterator[str]:
        """What a command prints, line by line, its errors among them; it is ended when nobody reads on."""
        command = self._command(*arguments)
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            try:
                yield from (line.rstrip("\n") for line in process.stdout)
            finally:
                process.terminate()

    def _command(self, *arguments: str) -> list[str]:
        if shutil.which(COMMAND) is None:
            hint = "install Docker's command line (package docker-cli or docker.io); the engine itself may be elsewhere"
            raise InputError([Problem("no-docker", f"`{COMMAND}` is not on PATH: {self} cannot be asked", hint=hint)])
        return [COMMAND, "--host", self.host or usual_host(), *arguments]
