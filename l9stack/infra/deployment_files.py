"""Files of a deployed stack: where its config and manifest lie, and who uses which server."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from l9stack.agent._variables import variables
from l9stack.agent.backends import VARIABLES
from l9stack.project import Project


def config_name(collection: str) -> str:
    """The file name of a collection's unified config."""
    return f"{collection}_config.yaml"


def forwarded_variables(environ: Mapping[str, str], config: str) -> dict[str, str]:
    """What the person who deploys has set: flags, which win over the config, and variables that the config names."""
    named = set(variables(config)) - set(VARIABLES.values())
    return {name: value for name, value in environ.items() if name.startswith("L9_ENABLE_") or name in named}


def register_use(project: Project, service: str, stack: str) -> None:
    """Note that a stack uses a server: the project's stacks share one set."""
    path = _leases(project, service) / stack
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def unregister_use(project: Project, service: str, stack: str) -> bool:
    """Take the note away; true where no stack uses the server any more."""
    (_leases(project, service) / stack).unlink(missing_ok=True)
    return not any(_leases(project, service).glob("*"))


@contextmanager
def provider_lock(project: Project, name: str) -> Iterator[None]:
    """Hold a lock among this project's providers, threads and processes alike."""
    project.locks.mkdir(parents=True, exist_ok=True)
    with (project.locks / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _leases(project: Project, service: str) -> Path:
    return project.leases / service
