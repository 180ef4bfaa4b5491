"""What containers of a Compose file are handed: passwords and keys that are made once, URLs, the unified config."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from l9stack.agent.keys import TRUSTED, ensure_keys, key_file
from l9stack.errors import InputError, Place, Problem
from l9stack.files import write_file
from l9stack.infra.compose.document import PLAIN
from l9stack.infra.runtimes.base import VARIABLES
from l9stack.infra.runtimes.containers.services import SERVICES
from l9stack.infra.runtimes.containers.spec import CONFIG, ENVIRONMENT, KEY, PUBLIC_KEYS, backend_variables, env_file
from l9stack.model.monitoring import DEPLOYED
from l9stack.project import Project

SECRETS = "secrets"


@dataclass(frozen=True)
class Handed:
    """The folder that is exported to; every file of `secrets/` is its owner's alone."""

    folder: Path
    project: Project

    def passwords(self, services: Iterable[str]) -> dict[str, str]:
        """A password for each backend, made where there is none; one that is there stays, as the data that it opens."""
        return {service: self._once(f"{service}.password", lambda: secrets.token_hex(24)) for service in services}

    def given(self, services: Sequence[str], plain: Mapping[str, str]) -> dict[str, str]:
        """URLs of backends that somebody else runs: of the stack's config, or of a file where that is encrypted.

        Raises:
            InputError: with every URL that is encrypted and in no file.
        """
        found = {service: self._given(service, plain.get(service, "")) for service in services}
        missing = [self._path(f"{service}.url") for service, url in found.items() if not url]
        if missing:
            message = "the stack's config has it encrypted, and only the engine can read that"
            hint = "write the URL into this file, readable by you alone, and export again"
            raise InputError([Problem("no-url", message, Place(str(path)), hint) for path in missing])
        return found

    def backend(self, service: str, password: str) -> dict[str, str]:
        """The file of a backend's container, by its name."""
        return {service: self._secret(f"{service}.conf", SERVICES[service].secret(password))}

    def agents(self, passwords: Mapping[str, str], urls: Mapping[str, str], config: str, text: str) -> dict[str, str]:
        """The files that all agents have."""
        told = {variable: url for service, url in urls.items() for variable in VARIABLES[service]}
        write_file(self.folder / PLAIN / config, text.encode())
        return {
            ENVIRONMENT: self._secret("agents.env", env_file({**backend_variables(passwords), **told})),
            CONFIG: f"{PLAIN}/{config}",
            PUBLIC_KEYS: f"{PLAIN}/{TRUSTED}",
        }

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
        ensure_keys(self.project.keys, principals)
        write_file(self.folder / PLAIN / TRUSTED, (self.project.keys / TRUSTED).read_bytes())
        own = {agent: key_file(self.project.keys, f"agent:{agent}") for agent in agents}
        return {agent: {KEY: self._secret(path.name, path.read_text())} for agent, path in own.items()}

    def _given(self, service: str, url: str) -> str:
        path = self._path(f"{service}.url")
        return url or (path.read_text(encoding="utf-8").strip() if path.is_file() else "")

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
