"""One stack: from a prepared collection to healthy agents and a deployment manifest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pulumi

from l9stack.errors import InputError
from l9stack.extraction.input_store import keep_inputs, kept_lock
from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra import deployment_files
from l9stack.infra.components.agents import Agents, AgentsArgs
from l9stack.infra.components.backends import Backends, BackendsArgs, managed_bucket
from l9stack.infra.components.document import deployment_document
from l9stack.infra.components.extraction import Extraction, ExtractionArgs
from l9stack.infra.components.monitoring import Monitoring, MonitoringArgs
from l9stack.infra.needed_services import services_used, unplaced_services
from l9stack.infra.preflight import preflight_spec
from l9stack.infra.principals import principals_of
from l9stack.infra.protection import protection_transform
from l9stack.infra.resources import Baseline, DeploymentManifest, ReleaseHistory
from l9stack.infra.runtimes.choose import make_runtime
from l9stack.infra.settings import StackSettings
from l9stack.infra.settings.stack import stack_file_notes
from l9stack.infra.specs import AgentWorkload, PreflightRuntime, RunningWorkload, Runtime
from l9stack.infra.stack_inputs import prepare_for_stack
from l9stack.model.monitoring import DEPLOYED
from l9stack.model.plan import AgentPlan, Plan
from l9stack.project import Project
from l9stack.releases.snapshots import Snapshots, release_digest, release_of

T = TypeVar("T")


@dataclass(frozen=True)
class StackArgs:
    """A prepared collection, whose parts are in the store, and the stack that it goes to."""

    prepared: PreparedCollection
    settings: StackSettings
    stack: str

    @classmethod
    def of(cls, settings: StackSettings, stack: str, project: Project | None = None) -> StackArgs:
        """Read, plan and render the collection; in a preview as well, for resources carry digests only.

        A stack that is pinned to a release takes the collection from there. `up` keeps what it deploys as a release.

        Raises:
            InputError: with every problem of the input, and backends that nobody has given a place.
        """
        project = project or Project.find()
        prepared = prepare_for_stack(project, settings)
        for note in stack_file_notes(project.root, stack):
            pulumi.log.warn(str(note))
        if problems := unplaced_services(settings, prepared.plan, project.root, stack):
            raise InputError(problems)
        prepared.stored()
        if not settings.release and not pulumi.runtime.is_dry_run():
            Snapshots(project).keep(prepared)
        return cls(prepared, settings, stack)

    @cached_property
    def release(self) -> str:
        """The digest of the release that is deployed."""
        return self.settings.release or release_digest(release_of(self.prepared))


class Stack(pulumi.ComponentResource):
    """Extraction, backends, baseline, agents, health and manifest of one collection; `outputs` is all of it."""

    def __init__(self, name: str, args: StackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        protected = pulumi.ResourceOptions(transformations=[protection_transform] if args.settings.protect else [])
        super().__init__("l9stack:index:Stack", name, {}, pulumi.ResourceOptions.merge(opts, protected))
        own = pulumi.ResourceOptions(parent=self)
        plan, settings, stack = args.prepared.plan, args.settings, args.stack
        runtime = make_runtime(settings)
        used = services_used(plan)
        bucket = managed_bucket(settings.archive, plan, stack)
        wanted = BackendsArgs(runtime, stack, used, settings.backends, settings.certificates, bucket)
        backends = Backends(f"{name}-backends", wanted, own)
        servers = [endpoint.resource for endpoint in backends.services.values()]
        extraction = Extraction(f"{name}-extraction", _extraction_args(args, runtime, servers), own)
        anchors = _all_anchors(plan)
        services = sorted(backends.services)
        instances = {name: backends.services[name].instance for name in services}
        baseline = Baseline(
            f"{name}-baseline",
            {"stack": stack, "runtime": runtime.name, "services": services, "anchors": anchors}
            | {"agents": [agent.id for agent in plan.agents]}
            | ({"external": external} if (external := sorted(backends.external & set(services))) else {})
            | ({} if pulumi.runtime.is_dry_run() else {"instances": instances}),
            pulumi.ResourceOptions(parent=self, depends_on=servers),
        )
        specs: dict[str, AgentWorkload] = {
            agent.id: agent_spec(args, agent, backends.services) for agent in plan.agents
        }
        after = [*servers, baseline, extraction.config]
        tests = preflight_spec(args.prepared, specs, after) if isinstance(runtime, PreflightRuntime) else None
        agents = Agents(f"{name}-agents", AgentsArgs(runtime, plan, specs, after, tests), own)
        watched = _watched(name, args, runtime, agents, own)
        ready = pulumi.Output.all(*agents.healthy).apply(lambda health: all(item == "ok" for item in health))
        facts: dict[str, Any] = {
            "agents": agents.summary,
            "backends": backends.addresses,
            "extraction": extraction.folder,
            "deployment_ready": ready,
            **({"monitoring": watched.summary} if watched else {}),
            **({"tests": agents.tests} if agents.tests is not None else {}),
        }
        document = deployment_document(facts, plan, specs, agents, backends, extraction) | {
            "stack": stack,
            "runtime": runtime.name,
            "release": args.release,
            "tree_digest": args.prepared.tree.digest,
            "anchors": anchors,
        }
        manifest = DeploymentManifest(
            f"{name}-manifest", {"stack": stack, "document": document}, pulumi.ResourceOptions(parent=self)
        )
        images = pulumi.Output.all(**{agent: endpoint.image for agent, endpoint in agents.endpoints.items()})
        release = ReleaseHistory(
            f"{name}-release",
            {
                "stack": stack,
                "release": _after(ready, args.release),
                "tree": args.prepared.tree.digest,
                "images": _untracked(images),
            },
            own,
        )
        shown = {"deployment": document, "manifest": manifest.file, "releases": release.history}
        self.outputs = facts | shown | (watched.secrets if watched else {})
        self.register_outputs(self.outputs)


def _watched(
    name: str, args: StackArgs, runtime: Runtime, agents: Agents, opts: pulumi.ResourceOptions
) -> Monitoring | None:
    """What watches the stack; None where monitoring is switched off."""
    prepared = args.prepared
    if prepared.plan.monitoring is None:
        return None
    watching = MonitoringArgs(
        runtime=runtime,
        settings=args.settings.monitoring,
        planned=prepared.plan.monitoring,
        tree=prepared.tree,
        stack=args.stack,
        folder=prepared.project.shown(prepared.project.deployment(args.stack) / DEPLOYED),
        endpoints=agents.endpoints,
    )
    return Monitoring(f"{name}-monitoring", watching, opts)


def _after(ready: pulumi.Output[bool], value: str) -> pulumi.Output[str]:
    """`value`, as soon as everything is ready; see `_untracked`."""

    async def waited() -> str:
        await ready.future()
        return value

    return pulumi.Output.from_input(waited())


def _untracked(value: pulumi.Output[T]) -> pulumi.Output[T | None]:
    """A value without the dependencies that the engine would note; None while it is unknown.

    Where the history of a stack depended on its agents, the engine could not keep the one without the others.
    """
    return pulumi.Output.from_input(value.future())


def _extraction_args(args: StackArgs, runtime: Runtime, servers: list[pulumi.Resource]) -> ExtractionArgs:
    prepared, settings = args.prepared, args.settings
    name = deployment_files.config_name(prepared.plan.collection)
    config = next((artifact.sha256 for artifact in prepared.tree.artifacts if artifact.path == name), "")
    own_code = _digest(prepared.inputs.own_code)
    return ExtractionArgs(
        plan=prepared.plan,
        digests=prepared.digests(),
        tree=prepared.tree.digest,
        config=config,
        implementations={agent.id: own_code for agent in prepared.plan.agents if _implemented(agent)},
        own_code=own_code,
        inputs=keep_inputs(prepared.inputs),
        stack=args.stack,
        path=prepared.project.shown(prepared.inputs.path),
        output=settings.output,
        servers=servers if runtime.name == "local" else (),
    )


def agent_spec(args: StackArgs, agent: AgentPlan, services: Mapping[str, RunningWorkload]) -> AgentWorkload:
    """What one agent of a stack is run from."""
    prepared = args.prepared
    implemented = _implemented(agent)
    folder = prepared.implementations if implemented else None
    return AgentWorkload(
        agent=agent.id,
        stack=args.stack,
        collection=prepared.plan.collection,
        digest=prepared.tree.part_digest(agent.id),
        shared=_shared(prepared),
        longest_seconds=max((operation.timeout_seconds for operation in agent.operations), default=0.0),
        principals=principals_of((each.id for each in prepared.plan.agents), _all_anchors(prepared.plan)),
        implementations=_digest(prepared.inputs.own_code) if implemented else "",
        folder=prepared.project.shown(folder) if folder else "",
        packages=prepared.packages.digest if prepared.packages else "",
        lock=prepared.project.shown(kept_lock(prepared.project, prepared.packages)) if prepared.packages else "",
        services=services,
        urls=args.settings.backends,
        archive=args.settings.archive.variables() if args.settings.archive else {},
        certificates=_certificates(args.settings),
        passed=deployment_files.forwarded_variables(os.environ, _config_text(prepared)),
    )


def _config_text(prepared: PreparedCollection) -> str:
    name = deployment_files.config_name(prepared.plan.collection)
    return next((artifact.text for artifact in prepared.tree.artifacts if artifact.path == name), "")


def _certificates(settings: StackSettings) -> dict[str, str]:
    """Of servers by URL alone: those that the stack runs itself show none."""
    return {service: file for service, file in settings.certificates.items() if service in settings.backends}


def _implemented(agent: AgentPlan) -> bool:
    return any(operation.behaviour.kind == "implementation" for operation in agent.operations)


def _all_anchors(plan: Plan) -> list[str]:
    return sorted({anchor for agent in plan.agents for anchor in agent.anchors})


def _shared(prepared: PreparedCollection) -> str:
    """A digest of what agents read in the unified config.

    Anchors are those of all agents together and would restart everybody when one agent changes; each agent has its
    own in its manifest.
    """
    plan = prepared.plan
    settings = {item.name: item.value for item in plan.shared if not item.name.startswith("governance.")}
    return _digest({"settings": settings, "flags": plan.flags})


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
