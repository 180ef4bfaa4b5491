"""Runs a program against mocks, and keeps every registration as the engine would get it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.settings import set_root_resource

SECRET = "<secret>"
UNKNOWN = "<unknown>"
_MARK = "4dabf18193072939515e22adb298388d"
_SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Recorded:
    """One registration. `inputs` show secrets as `<secret>`; `secrets` are their values by path."""

    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    secrets: Mapping[str, Any]
    after: frozenset[str]
    by_property: Mapping[str, frozenset[str]]
    secret_outputs: frozenset[str]
    protect: bool


@dataclass
class World:
    """What a run registered, in its order."""

    resources: dict[tuple[str, str], Recorded] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Recorded]:
        return {name: found for (type_, name), found in self.resources.items() if type_ == kind}

    def __getitem__(self, key: str) -> Recorded:
        kind, _, name = key.partition(" ")
        return self.resources[kind, name]

    def names(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for kind, name in self.resources:
            found.setdefault(kind, set()).add(name)
        return found

    def before(self, key: str) -> set[str]:
        """Everything that has to be there before a resource: its dependencies, theirs, and what lies in a component."""
        seen: set[str] = set()
        todo = [key]
        while todo:
            found = self[todo.pop()]
            fresh = (found.after | frozenset().union(*found.by_property.values())) - seen
            seen |= fresh
            todo += fresh
        return seen


class _Outputs(Mocks):
    """Outputs that providers would give."""

    def call(self, args: Any) -> Any:
        raise AssertionError(f"no call is expected: {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        kind, known = short(args.typ), {key: value for key, value in args.inputs.items() if value is not None}
        made: dict[str, Any] = {
            "Service": {"endpoint": f"127.0.0.1:{len(args.name)}", "instance": "41"},
            "ExternalService": {"endpoint": f"where {args.name} is", "instance": "there"},
            "Agent": {"endpoint": f"http://127.0.0.1/{args.name}", "instance": "42"},
            "HealthCheck": {"health": "ok"},
            "ExtractionGate": {"folder": "extractions/claims_desk_1"},
            "DeploymentManifest": {"file": "deployments/manifest.json"},
            "MonitoringFiles": {"folder": "deployments/monitoring", "files": {}},
            "Release": {"history": []},
            "Password": {"value": f"word-of-{args.name}"},
            "PreflightGate": {"tests": {"passed": 9, "failed": 0, "skipped": 1, "seconds": 2.5}},
            "Container": {"exitCode": 0, "containerLogs": f"what {args.name} printed"} if "logs" in known else {},
            "Image": {"repoDigest": f"{known.get('imageName')}@sha256:2"},
            "SwarmCluster": {"node": "node-1"},
            "SwarmService": {"endpoint": known.get("address"), "instance": "43", "health": "ok"},
            "RemoteImage": {"imageId": f"sha256:{known.get('name')}", "repoDigest": f"{known.get('name')}@sha256:1"},
        }.get(kind, {})
        return f"id-of-{args.name}" if args.custom else None, {**known, **made}


class _Monitor(MockMonitor):
    def __init__(self) -> None:
        super().__init__(_Outputs())
        self.world = World()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response
        secrets: dict[str, Any] = {}
        inputs = _plain(json_format.MessageToDict(request.object), secrets, ())
        inputs.pop("__provider", None)
        kind = short(request.type)
        assert (kind, request.name) not in self.world.resources, f"two of {kind} {request.name}"
        self.world.resources[kind, request.name] = Recorded(
            kind,
            request.name,
            shown(request.parent),
            inputs,
            secrets,
            frozenset(map(shown, request.dependencies)),
            {key: frozenset(map(shown, value.urns)) for key, value in request.propertyDependencies.items()},
            frozenset(request.additionalSecretOutputs),
            bool(request.protect),
        )
        for name in request.additionalSecretOutputs:
            if name in response.object.fields:
                value = json_format.MessageToDict(response.object.fields[name])
                json_format.ParseDict({_MARK: _SECRET_MARK, "value": value}, response.object.fields[name])
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's own name
        self.world.outputs[shown(request.urn)] = _plain(json_format.MessageToDict(request.outputs), {}, ())
        return super().RegisterResourceOutputs(request)


def run(program: Callable[[], Any], stack: str = "dev", *, preview: bool = False) -> World:
    """Run a program to its end; what it raises is raised."""
    monitor = _Monitor()
    set_root_resource(None)
    pulumi.runtime.set_mocks(monitor.mocks, "l9stack", stack, preview, monitor=monitor)
    failures: list[Exception] = []

    def whole() -> None:
        try:
            program()
        except Exception as error:
            failures.append(error)

    pulumi.runtime.test(whole)()
    if failures:
        raise failures[0]
    return monitor.world


def short(kind: str) -> str:
    """The last part of a type token."""
    return kind.rsplit(":", 1)[-1]


def shown(urn: str) -> str:
    """`Type name` of a URN."""
    *_, kinds, name = urn.split("::")
    return f"{short(kinds.rsplit('$', 1)[-1])} {name}"


def _plain(value: Any, secrets: dict[str, Any], path: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        if value.get(_MARK) == _SECRET_MARK:
            inner = value["value"]
            secrets[".".join(path)] = json.loads(inner) if isinstance(inner, str) and inner[:1] in '"{[' else inner
            return SECRET
        return {key: _plain(item, secrets, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, secrets, (*path, str(index))) for index, item in enumerate(value)]
    if value == rpc.UNKNOWN:
        return UNKNOWN
    return int(value) if isinstance(value, float) and value.is_integer() else value
