"""Backends and agents that somebody else runs: only their addresses are known, from the stack's config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from l9stack.errors import InputError, Place, Problem
from l9stack.infra.archive.buckets import S3_KEYS
from l9stack.infra.resources import ArchiveBucket, ExternalService
from l9stack.infra.settings.archive import ArchiveSettings
from l9stack.infra.specs import AgentWorkload, RunningWorkload, ServiceSpec


@dataclass(frozen=True)
class Bucket:
    """An archive in S3 that the stack looks after."""

    settings: ArchiveSettings
    scope: str
    """The prefix of what the stack's agents keep there."""
    kept_days: Mapping[str, int]
    """By prefix, for how long; what has none is kept for ever."""


def external_service(
    name: str, spec: ServiceSpec, url: pulumi.Input[str], certificate: str, parent: pulumi.Resource
) -> RunningWorkload:
    """A backend by URL, in any stack; the URL is a secret."""
    props = {"service": spec.name, "url": pulumi.Output.secret(url)}
    given = {"certificate": certificate} if certificate else {}
    service = ExternalService(name, props | given, pulumi.ResourceOptions(parent=parent))
    return RunningWorkload(service, service.endpoint, service.instance)


def archive_bucket(name: str, bucket: Bucket, certificate: str, parent: pulumi.Resource) -> RunningWorkload:
    """The archive as a bucket with the settings that agents need, those aside that its server does not offer."""
    settings = bucket.settings
    wanted: dict[str, Any] = {
        "versioning": "enabled",
        "encryption": f"aws:kms {settings.kms_key}" if settings.kms_key else S3_KEYS,
        "public_access": "blocked",
        "lifecycle": dict(bucket.kept_days),
    }
    props: dict[str, Any] = {
        "bucket": settings.bucket,
        "scope": bucket.scope,
        "server": settings.endpoint,
        "region": settings.region,
        **({"access_key": settings.access_key, "secret_key": settings.secret_key} if settings.secret_key else {}),
        **({"certificate": certificate} if certificate else {}),
        **{setting: value for setting, value in wanted.items() if setting not in settings.without},
    }
    made = ArchiveBucket(name, props, pulumi.ResourceOptions(parent=parent))
    return RunningWorkload(made, made.endpoint, made.instance)


@dataclass(frozen=True)
class ExternalRuntime:
    """`endpoints` are base URLs of agents that run already; their health is asked as everywhere."""

    endpoints: Mapping[str, str]
    name: str = "external"

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """What the plan uses."""
        return tuple(used)

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> RunningWorkload:
        """There is none to run: its URL has to be given.

        Raises:
            InputError: with the command that sets it.
        """
        raise InputError([_unset("backends", spec.name, "--secret ")])

    def agent(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> RunningWorkload:
        """An agent by URL.

        Raises:
            InputError: its URL is not given; with the command that sets it.
        """
        if spec.agent not in self.endpoints:
            raise InputError([_unset("endpoints", spec.agent, "")])
        url = self.endpoints[spec.agent].rstrip("/")
        return RunningWorkload(parent, url, spec.digest)


def _unset(setting: str, name: str, options: str) -> Problem:
    return Problem(
        "no-address",
        f"runtime external: nobody says where {name} is",
        Place("Pulumi config"),
        f"pulumi config set {options}--path 'l9stack:{setting}.{name}' URL",
    )
