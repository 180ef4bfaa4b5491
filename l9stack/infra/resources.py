"""The dynamic resources, with the outputs that the rest of the program reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from l9stack.infra.providers.agent import LocalAgentProvider
from l9stack.infra.providers.archive import ArchiveBucketProvider
from l9stack.infra.providers.baseline import BaselineProvider
from l9stack.infra.providers.code import AgentCodeProvider
from l9stack.infra.providers.config import UnifiedConfigProvider
from l9stack.infra.providers.container import ContainerReadyProvider, EngineClaimProvider
from l9stack.infra.providers.gate import ExtractionGateProvider
from l9stack.infra.providers.health import HealthCheckProvider
from l9stack.infra.providers.manifest import DeploymentManifestProvider
from l9stack.infra.providers.monitoring import MonitoringFilesProvider
from l9stack.infra.providers.preflight import PreflightProvider
from l9stack.infra.providers.release import ReleaseProvider
from l9stack.infra.providers.secret import PasswordProvider
from l9stack.infra.providers.service import ExternalServiceProvider, LocalServiceProvider
from l9stack.infra.providers.swarm import SwarmClusterProvider, SwarmServiceProvider

Properties = Mapping[str, Any]
Options = pulumi.ResourceOptions | None


class AgentCode(Resource, module="l9stack", name="AgentCode"):
    """See `AgentCodeProvider`."""

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(AgentCodeProvider(), name, {**props, "gates": None}, opts)


class ExtractionGate(Resource, module="l9stack", name="ExtractionGate"):
    """See `ExtractionGateProvider`."""

    folder: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(ExtractionGateProvider(), name, {**props, "folder": None}, opts)


class UnifiedConfigFile(Resource, module="l9stack", name="UnifiedConfig"):
    """See `UnifiedConfigProvider`."""

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(UnifiedConfigProvider(), name, {**props, "file": None}, opts)


class Service(Resource, module="l9stack", name="Service"):
    """A server of the local runtime; see `LocalServiceProvider`."""

    endpoint: pulumi.Output[str]
    instance: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(LocalServiceProvider(), name, {**props, "endpoint": None, "instance": None}, opts)


class ExternalService(Resource, module="l9stack", name="ExternalService"):
    """A backend by URL; see `ExternalServiceProvider`."""

    endpoint: pulumi.Output[str]
    instance: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["url"])
        super().__init__(
            ExternalServiceProvider(),
            name,
            {**props, "endpoint": None, "instance": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )


class ArchiveBucket(Resource, module="l9stack", name="ArchiveBucket"):
    """See `ArchiveBucketProvider`."""

    endpoint: pulumi.Output[str]
    instance: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["access_key", "secret_key"])
        super().__init__(
            ArchiveBucketProvider(),
            name,
            {**props, "endpoint": None, "instance": None, "created": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )


class Baseline(Resource, module="l9stack", name="Baseline"):
    """See `BaselineProvider`."""

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(BaselineProvider(), name, {**props, "online": None, "anchors_reachable": None}, opts)


class Agent(Resource, module="l9stack", name="Agent"):
    """An agent of the local runtime; see `LocalAgentProvider`."""

    endpoint: pulumi.Output[str]
    instance: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["urls"])
        super().__init__(
            LocalAgentProvider(),
            name,
            {**props, "endpoint": None, "instance": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )


class PreflightGate(Resource, module="l9stack", name="PreflightGate"):
    """See `PreflightProvider`."""

    tests: pulumi.Output[Mapping[str, float]]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(PreflightProvider(), name, {**props, "tests": None}, opts)


class HealthCheck(Resource, module="l9stack", name="HealthCheck"):
    """See `HealthCheckProvider`."""

    health: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(HealthCheckProvider(), name, {**props, "health": None}, opts)


class DeploymentManifest(Resource, module="l9stack", name="DeploymentManifest"):
    """See `DeploymentManifestProvider`."""

    file: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(DeploymentManifestProvider(), name, {**props, "file": None}, opts)


class ReleaseHistory(Resource, module="l9stack", name="Release"):
    """See `ReleaseProvider`."""

    history: pulumi.Output[list[dict[str, Any]]]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(ReleaseProvider(), name, {**props, "history": None}, opts)


class MonitoringFiles(Resource, module="l9stack", name="MonitoringFiles"):
    """See `MonitoringFilesProvider`."""

    folder: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(MonitoringFilesProvider(), name, {**props, "folder": None, "files": None}, opts)


class EngineClaim(Resource, module="l9stack", name="EngineClaim"):
    """See `EngineClaimProvider`."""

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(EngineClaimProvider(), name, dict(props), opts)


class ContainerReady(Resource, module="l9stack", name="ContainerReady"):
    """See `ContainerReadyProvider`."""

    instance: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(ContainerReadyProvider(), name, {**props, "instance": None}, opts)


class SwarmCluster(Resource, module="l9stack", name="SwarmCluster"):
    """See `SwarmClusterProvider`."""

    node: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(SwarmClusterProvider(), name, {**props, "node": None}, opts)


class SwarmService(Resource, module="l9stack", name="SwarmService"):
    """See `SwarmServiceProvider`."""

    endpoint: pulumi.Output[str]
    instance: pulumi.Output[str]
    health: pulumi.Output[str]

    def __init__(self, name: str, props: Properties, opts: Options = None) -> None:
        super().__init__(
            SwarmServiceProvider(), name, {**props, "endpoint": None, "instance": None, "health": None}, opts
        )


class Password(Resource, module="l9stack", name="Password"):
    """See `PasswordProvider`."""

    value: pulumi.Output[str]

    def __init__(self, name: str, opts: Options = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(
            PasswordProvider(), name, {"name": name, "value": None}, pulumi.ResourceOptions.merge(opts, secret)
        )
