"""Backends and agents that somebody else runs: only their addresses are known, from the stack's config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from l9stack.errors import InputError, Place, Problem
from l9stack.infra.resources import ExternalService
from l9stack.infra.runtimes.base import AgentSpec, Endpoint, ServiceSpec


def external_service(name: str, spec: ServiceSpec, url: pulumi.Input[str], parent: pulumi.Resource) -> Endpoint:
    """A backend by URL, in any stack; the URL is a secret."""
    service = ExternalService(
        name, {"service": spec.name, "url": pulumi.Output.secret(url)}, pulumi.ResourceOptions(parent=parent)
    )
    return Endpoint(service, service.endpoint, service.instance)


@dataclass(frozen=True)
class ExternalRuntime:
    """`endpoints` are base URLs of agents that run already; their health is asked as everywhere."""

    endpoints: Mapping[str, str]
    name: str = "external"

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """What the plan uses."""
        return tuple(used)

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> Endpoint:
        """There is none to run: its URL has to be given.

        Raises:
            InputError: with the command that sets it.
        """
        raise InputError([_unset("backends", spec.name, "--secret ")])

    def agent(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> Endpoint:
        """An agent by URL.

        Raises:
            InputError: its URL is not given; with the command that sets it.
        """
        if spec.agent not in self.endpoints:
            raise InputError([_unset("endpoints", spec.agent, "")])
        url = self.endpoints[spec.agent].rstrip("/")
        return Endpoint(parent, url, spec.digest)


def _unset(setting: str, name: str, options: str) -> Problem:
    return Problem(
        "no-address",
        f"runtime external: nobody says where {name} is",
        Place("Pulumi config"),
        f"pulumi config set {options}--path 'l9stack:{setting}.{name}' URL",
    )
