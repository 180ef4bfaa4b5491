"""All that `Pulumi.<stack>.yaml` says, typed, as the engine reads it or without the engine."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import pulumi
from pulumi.runtime import config as raw_config, set_all_config
from pydantic import JsonValue

from l9stack.errors import InputError, Problem
from l9stack.infra.settings.addresses import read_backends, read_certificates, read_endpoints
from l9stack.infra.settings.archive import ArchiveSettings, read_archive
from l9stack.infra.settings.checks import name_list
from l9stack.infra.settings.docker import DockerSettings, hold_engine, read_docker
from l9stack.infra.settings.monitoring import MonitoringSettings, read_monitoring
from l9stack.infra.settings.plain_secrets import plain_secrets
from l9stack.infra.settings.reader import Reader
from l9stack.infra.settings.swarm import SwarmSettings, read_swarm
from l9stack.project import Project
from l9stack.reading.stack import NAMESPACE, secrets_provider, stack_values, unread_keys
from l9stack.running.docker_engine import ON_ENGINES

_DIGEST = re.compile(r"[0-9a-f]{64}")
RUNTIMES = ("local", "docker", "swarm", "external")


@dataclass(frozen=True)
class StackSettings:
    """What `Pulumi.<stack>.yaml` says; each field is a key of the namespace `l9stack`."""

    collection: str
    """The collection that is deployed: a file or a folder, relative to the project."""
    runtime: str = "local"
    """Where it runs."""
    output: str = "extractions"
    """The folder where extractions are published."""
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    """Settings of all agents by dotted name, over all others; never a secret."""
    backends: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    """By service, the URL of a server that the stack does not run itself: a secret."""
    certificates: Mapping[str, str] = field(default_factory=dict)
    """By service, a file of the project with the certificates (PEM) of whom to trust."""
    archive: ArchiveSettings | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """By agent, its URL, on the external runtime."""
    docker: DockerSettings = field(default_factory=DockerSettings)
    swarm: SwarmSettings = field(default_factory=SwarmSettings)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    protect: bool = False
    """Whether the engine refuses to delete what cannot be made again; people are asked before anything changes."""
    release: str = ""
    """The digest of the release that is deployed in place of the working files."""

    @classmethod
    def read(cls, config: pulumi.Config, root: Path | None = None, stack: str = "") -> StackSettings:
        """Read the namespace `l9stack`; of the project and stack that the engine runs, where no other is named.

        Raises:
            InputError: with every key and value that nobody understands.
        """
        root, stack = root or Project.find().root, stack or pulumi.get_stack()
        reader = Reader(config, root, stack)
        reader.known_keys(tuple(key.name for key in fields(cls)))
        runtime = config.get("runtime") or "local"
        reader.hold(runtime in RUNTIMES, "runtime", f"unknown runtime {runtime!r}", f"one of {name_list(RUNTIMES)}")
        reader.hold(
            not raw_config.is_config_secret(f"{NAMESPACE}:settings"),
            "settings",
            "settings are printed into generated files, and none of them can be a secret",
            "write them plainly; passwords belong to backends, which are encrypted",
        )
        if runtime in ON_ENGINES:
            hold_engine(reader)
        backends = read_backends(reader)
        read = cls(
            collection=config.get("collection") or "input_schemas/claims_desk",
            runtime=runtime,
            output=config.get("output") or "extractions",
            settings=reader.mapping("settings", "{logging.level: DEBUG}"),
            backends={name: pulumi.Output.secret(url) for name, url in backends.items()},
            certificates=read_certificates(reader),
            archive=read_archive(reader, str(backends.get("archive", ""))),
            endpoints=read_endpoints(reader),
            docker=read_docker(reader),
            swarm=read_swarm(reader),
            monitoring=read_monitoring(reader),
            protect=reader.flag("protect", False),
            release=_release(reader),
        )
        reader.hold(
            runtime == "local" or not _unprotected(secrets_provider(root, stack)),
            "runtime",
            f"the {runtime} runtime keeps secrets in the stack's state, and an empty passphrase encrypts nothing",
            "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to one that you keep, without the line "
            "`encryptionsalt` of the dev stack, or name another provider: pulumi stack change-secrets-provider",
        )
        if reader.problems:
            raise InputError(reader.problems)
        return read


def _unprotected(provider: str) -> bool:
    """Whether the stack's secrets are encrypted with an empty passphrase, as `l9 env` sets it for the dev stack."""
    return os.environ.get("PULUMI_CONFIG_PASSPHRASE") == "" and provider in ("", "passphrase")


def _release(reader: Reader) -> str:
    """The digest of a release; empty where the stack deploys the working files."""
    given = reader.config.get("release") or ""
    hint = "a digest that `l9 releases` lists; `l9 promote` and `l9 rollback` set it, `l9 up --unpin` takes it away"
    return given if reader.hold(not given or bool(_DIGEST.fullmatch(given)), "release", "no digest", hint) else ""


def stack_file_notes(root: Path, stack: str) -> list[Problem]:
    """Notes of what better did not stand in the file: keys that nothing reads, passwords in plain text."""
    return [*unread_keys(root, stack), *plain_secrets(root, stack)]


def check_stack(root: Path, stack: str) -> StackSettings:
    """The settings of a stack, less its secrets, which only the engine can read.

    Raises:
        InputError: with everything that is wrong in the stack's file.
    """
    set_all_config(stack_values(root, stack))

    async def read() -> StackSettings:  # outputs want a loop, and the engine's is not here
        return StackSettings.read(pulumi.Config(NAMESPACE), root, stack)

    return asyncio.run(read())
