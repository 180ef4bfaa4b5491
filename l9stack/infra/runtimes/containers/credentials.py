"""What agents are handed on every runtime of containers: a port, the URLs of their stores, everybody's keys."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

import pulumi

from l9stack.infra.container_specs import FileContent
from l9stack.infra.runtimes.containers.spec import backend_variables, certificate_name
from l9stack.infra.specs import Workload
from l9stack.project import Project


class PortRange:
    """Ports of a host, from `first` on."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._taken: dict[str, int] = {}

    def of(self, name: str) -> int:
        """A port that stays the name's when others come and go, unless two of them meet."""
        wanted = self._first + zlib.crc32(name.encode()) % 1000
        while wanted in self._taken.values():
            wanted += 1
        self._taken[name] = wanted
        return wanted


def urls(passwords: Mapping[str, pulumi.Output[str]], spec: Workload) -> pulumi.Output[Mapping[str, str]]:
    """The URLs of all backends, with the passwords of those in containers; those of other people's servers win.

    With them goes what the one who deploys has set.
    """
    # Without any, `all` has a list.
    told = pulumi.Output.all(**passwords).apply(lambda known: backend_variables(known or {}))
    given = pulumi.Output.all(**spec.variables()).apply(lambda known: known or {})
    return pulumi.Output.secret(
        pulumi.Output.all(told, given).apply(lambda both: {**both[0], **spec.passed, **both[1]})
    )


def certificates(project: Project, spec: Workload) -> dict[str, FileContent]:
    """The contents of `certificate_files`, by the files' names."""
    return {
        certificate_name(service): FileContent(file, hashlib.sha256((project.root / file).read_bytes()).hexdigest())
        for service, file in sorted(spec.certificates.items())
    }


def engine_host() -> str:
    """The engine that the program talks to, as `docker:host` names it; empty for the machine's own."""
    return pulumi.Config("docker").get("host") or ""
