"""What containers of a Compose file are handed: passwords and keys that are made once, URLs, the unified config."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from l9stack.agent._security.keys import TRUSTED, key_file
from l9stack.errors import InputError, Place, Problem
from l9stack.files import write_file
from l9stack.infra.compose.document import PLAIN
from l9stack.infra.principals import make_keys
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.runtimes.containers.spec import (
    CONFIG,
    ENVIRONMENT,
    KEY,
    PUBLIC_KEYS,
    backend_variables,
    certificate_name,
    env_file,
)
from l9stack.infra.specs import VARIABLES
from l9stack.model.monitoring import DEPLOYED
from l9stack.project import Project

SECRETS = "secrets"


@dataclass(frozen=True)
class ClientCredentials:
    """What agents are let into backends with."""

    passwords: Mapping[str, str]
    """Of those in containers of the stack, by service."""
    urls: Mapping[str, str]
    """Of those that others run, by service."""
    archive: Mapping[str, str]
    """What clients of the archive are told of one that others run, by variable."""


@dataclass(frozen=True)
class Credentials:
    """The folder that is exported to; every file of `secrets/` is its owner's alone."""

    folder: Path
    project: Project

    def passwords(self, services: Iterable[str]) -> dict[str, str]:
        """A password for each backend, made where there is none; one that is there stays, as the data that it opens."""
        return {service: self._once(f"{service}.password", lambda: secrets.token_hex(24)) for service in services}

    def given(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """What others have made, by the file of `secrets/` that holds it where the stack's config has it encrypted.

        Raises:
            InputError: with everything that is encrypted and in no file.
        """
        found = {name: value or self._read(name) for name, value in wanted.items()}
        if missing := [self._path(name) for name, value in found.items() if not value]:
            message = "the stack's config has it encrypted, and only the engine can read that"
            hint = "write the value into this file, readable by you alone, and export again"
            raise InputError([Problem("not-readable", message, Place(str(path)), hint) for path in missing])
        return found

    def backend(self, service: str, password: str) -> dict[str, str]:
        """The file of a backend's container, by its name."""
        return {service: self._secret(f"{service}.conf", SERVICES[service].secret(password))}

    def agents(self, clients: ClientCredentials, passed: Mapping[str, str], config: str, text: str) -> dict[str, str]:
        """The files that all agents have; `passed` are variables of whoever exports that the unified config names."""
        told = {variable: url for service, url in clients.urls.items() for variable in VARIABLES[service]}
        write_file(self.folder / PLAIN / config, text.encode())
        variables = {**backend_variables(clients.passwords), **passed, **told, **clients.archive}
        return {
            ENVIRONMENT: self._secret("agents.env", env_file(variables)),
            CONFIG: f"{PLAIN}/{config}",
            PUBLIC_KEYS: f"{PLAIN}/{TRUSTED}",
        }

    def certificates(self, files: Mapping[str, str]) -> dict[str, str]:
        """The authorities of servers that others run, by the names that an agent's files have; `files` by service."""
        found = {service: f"{PLAIN}/certificates/{service}.pem" for service in files}
        for service, target in found.items():
            write_file(self.folder / target, (self.project.root / files[service]).read_bytes())
        return {certificate_name(service): target for service, target in found.items()}

    def watching(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The files of the servers that watch the stack, by their names."""
        for name, text in texts.items():
            write_file(self.folder / PLAIN / DEPLOYED / name, text.encode())
        return {name: f"{PLAIN}/{DEPLOYED}/{name}" for name in texts}

    def password_file(self, name: str) -> str:
        """A file with a password alone, made where there is none."""
        self.passwords([name])
        return f"{SECRETS}/{name}.password"

    def keys(self, principals: Sequence[str], agents: Iterable[str]) -> dict[str, dict[str, str]]:
        """The key of each agent, by agent; the project's, so that its own commands can call the agents."""
        make_keys(self.project, principals)
        write_file(self.folder / PLAIN / TRUSTED, (self.project.keys / TRUSTED).read_bytes())
        own = {agent: key_file(self.project.keys, f"agent:{agent}") for agent in agents}
        return {agent: {KEY: self._secret(path.name, path.read_text())} for agent, path in own.items()}

    def _read(self, name: str) -> str:
        path = self._path(name)
        return path.read_text(encoding="utf-8").strip() if path.is_file() else ""

    def _once(self, name: str, make: Callable[[], str]) -> str:
        path = self._path(name)
        if not path.is_file():
            self._secret(name, make())
        return path.read_text(encoding="utf-8")

    def _secret(self, name: str, text: str) -> str:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        write_file(path, text.encode(), mode=0o600)
        return f"{SECRETS}/{name}"

    def _path(self, name: str) -> Path:
        return self.folder / SECRETS / name
