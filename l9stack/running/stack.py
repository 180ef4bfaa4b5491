"""A deployed stack, found by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from l9stack.errors import InputError, NotDeployedError, Place, Problem, ServiceError
from l9stack.local.strays import find_strays
from l9stack.model.deployment import DeployedBackend, Deployment, UnfinishedDeployment
from l9stack.project import Project
from l9stack.reading.stack import stack_names, stack_text
from l9stack.running.deployment_note import read_note
from l9stack.running.docker import DockerHost
from l9stack.running.docker_engine import ON_ENGINES, DockerEngine
from l9stack.running.hosts import LocalHost, NoHost, PartHost
from l9stack.running.manifest import MANIFEST, read_manifest
from l9stack.running.part_status import HostedPart, PartKind, PartStatus, agent_part, external_backend, hosted_part
from l9stack.running.queries import ask_all, reachable
from l9stack.running.swarm import SwarmHost

_MISSING = {
    "local": HostedPart("missing", "it was not started"),
    "docker": HostedPart("missing", "there is no container of it"),
    "swarm": HostedPart("missing", "there is no service of it"),
    "external": HostedPart("unknown"),
}


@dataclass(frozen=True)
class RunningStack:
    """What was deployed, and the host that runs it."""

    stack: str
    runtime: str
    host: PartHost
    agents: Mapping[str, str]
    """Endpoints by name."""
    backends: Mapping[str, DeployedBackend]
    inside: frozenset[str] = frozenset()
    """Agents that are not published: their host alone tells of them."""
    unfinished: UnfinishedDeployment | None = None
    """The last deployment, where it has not ended well, or goes on."""

    def parts(self) -> tuple[PartStatus, ...]:
        """Every agent and backend, asked now; nothing is taken from what was true when it was deployed.

        Raises:
            ServiceError: the host does not answer.
        """
        hosted = self.host.hosted()
        answers = ask_all({name: url for name, url in self.agents.items() if url and name not in self.inside})

        def known(kind: PartKind, name: str) -> HostedPart:
            return hosted.get((kind, name), _MISSING[self.runtime])

        agents = [
            agent_part(name, url, answers[name], known("agent", name))
            if name in answers
            else hosted_part("agent", name, url, known("agent", name))
            for name, url in self.agents.items()
        ]
        backends = [
            hosted_part("backend", name, backend.address, known("backend", name))
            if backend.managed
            else external_backend(
                name,
                backend.address,
                answers,
                None if any(name in answer.backends for answer in answers.values()) else reachable(backend.address),
            )
            for name, backend in self.backends.items()
        ]
        return (*agents, *backends)

    def endpoint(self, agent: str) -> str:
        """The base URL of an agent.

        Raises:
            InputError: the stack has no such agent; the hint says which it has.
            ServiceError: it is not there yet, or not published.
        """
        if agent not in self.agents:
            hint = f"agents of the stack: {', '.join(sorted(self.agents)) or 'none'}"
            raise InputError([Problem("unknown-agent", f"stack {self.stack} has no agent {agent}", hint=hint)])
        if not self.agents[agent]:
            raise ServiceError(f"agent {agent} of stack {self.stack} is not there yet; `l9 status` says what is")
        if agent in self.inside:
            message = f"agent {agent} of stack {self.stack} is not published: only its own networks reach it"
            raise ServiceError(f"{message}; l9stack:swarm.publish of the stack's config says so")
        return self.agents[agent]

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """See `PartHost.logs`."""
        return self.host.logs(agent, lines, follow)


def find_running(project: Project, stack: str) -> RunningStack:
    """A stack by its manifest; the local runtime knows its own without one.

    Raises:
        InputError: the project has no such stack, or the manifest is not one of ours.
        NotDeployedError: nothing is deployed to it, or from elsewhere, and no manifest tells where it answers.
    """
    manifest = read_manifest(project, stack)
    local = LocalHost(project, stack)
    known = stack_names(project.root)
    if manifest is None and known and stack not in known and not local.agents():
        hint = f"stacks of this project: {', '.join(known)}"
        raise InputError([Problem("no-such-stack", f"there is no stack {stack}", Place(f"Pulumi.{stack}.yaml"), hint)])
    runtime = manifest.runtime if manifest else stack_text(project.root, stack, "l9stack:runtime") or "local"
    if runtime == "local":
        return _local(local, manifest, read_note(project, stack))
    if manifest is None:
        message = f"stack {stack} has no deployments/{stack}/{MANIFEST}, which says where it is"
        elsewhere = f"where another machine did, `l9 manifest --stack {stack}` writes that file"
        hint = f"`l9 up --stack {stack}` deploys it; {elsewhere}"
        raise NotDeployedError([Problem("not-deployed", message, hint=hint)])
    hosts: Mapping[str, PartHost] = {"external": NoHost(stack)}
    if runtime in ON_ENGINES:
        engine = DockerEngine(stack_text(project.root, stack, "docker:host"))
        kind = DockerHost if runtime == "docker" else SwarmHost
        hosts = {runtime: kind(engine, stack, manifest.collection)}
    agents = {name: agent.endpoint for name, agent in manifest.agents.items()}
    inside = frozenset(name for name, agent in manifest.agents.items() if not agent.published)
    return RunningStack(stack, runtime, hosts[runtime], agents, manifest.backends, inside)


def _local(host: LocalHost, manifest: Deployment | None, pending: UnfinishedDeployment | None) -> RunningStack:
    """What the manifest names, and whatever else the supervisor runs: a first `up` writes its manifest last."""
    status = host.status()
    agents = {name: agent.endpoint for name, agent in manifest.agents.items()} if manifest else {}
    agents |= {agent.agent: agent.endpoint for agent in status.agents if agent.stack == host.stack}
    if not (manifest or pending or agents):
        hint = f"`l9 up{'' if host.stack == 'dev' else f' --stack {host.stack}'}` deploys it"
        message = f"nothing is deployed to stack {host.stack}"
        if strays := find_strays(host.project.run):
            message = (
                f"{message}; process {', '.join(map(str, strays))} still runs the agents of a .l9 that was removed"
            )
            hint = "`l9 down` ends what still runs; `l9 up` ends it and deploys anew"
        raise NotDeployedError([Problem("not-deployed", message, hint=hint)])
    backends = dict(manifest.backends) if manifest else {}
    for service in status.services:
        address = f"127.0.0.1:{service.port}" if service.port else "local folder"
        backends.setdefault(service.name, DeployedBackend(address=address, managed=True))
    if pending:
        agents |= {name: "" for name in pending.agents if name not in agents}
        absent = [name for name in pending.backends if name not in backends]
        backends |= {name: DeployedBackend(address="", managed=True) for name in absent}
    return RunningStack(host.stack, "local", host, agents, backends, unfinished=pending)
