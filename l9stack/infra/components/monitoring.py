"""What watches a stack: rules, dashboards and targets as files; Prometheus and Grafana where the runtime runs them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from l9stack.infra.container_specs import FileContent
from l9stack.infra.resources import MonitoringFiles, Password
from l9stack.infra.runtimes.containers.monitors import PASSWORD, grafana_container, prometheus_container
from l9stack.infra.runtimes.containers.spec import AGENT_PORT, host_name
from l9stack.infra.settings.monitoring import MonitoringSettings
from l9stack.infra.specs import MonitoringRuntime, RunningWorkload, Runtime
from l9stack.model.artifact import RenderedTree, tree_digest
from l9stack.model.monitoring import CONFIG, DATASOURCE, PROVIDER, TARGETS, MonitoringPlan as Planned


@dataclass(frozen=True)
class MonitoringArgs:
    """What is watched, the tree with its files, and the agents that run."""

    runtime: Runtime
    settings: MonitoringSettings
    planned: Planned
    tree: RenderedTree
    stack: str
    folder: str
    """Of the deployed stack's monitoring, relative to the project."""
    endpoints: Mapping[str, RunningWorkload]
    after: Sequence[pulumi.Resource] = ()


class Monitoring(pulumi.ComponentResource):
    """`summary`: where dashboards and rules lie, and where Prometheus and Grafana answer, if the stack runs them.

    `secrets`: the password of Grafana's user `admin`, which is no part of a summary that is written to a file.
    """

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("l9stack:monitoring:Monitoring", name, {}, opts)
        base, planned = name.removesuffix("-monitoring"), args.planned
        runtime = args.runtime if isinstance(args.runtime, MonitoringRuntime) and args.settings.servers else None
        scraped = _scraped(args, runtime)
        generated = {
            planned.placed(artifact.path): artifact.sha256
            for artifact in args.tree.part(None)
            if artifact.path.startswith(f"{planned.source}/")
        }
        files = MonitoringFiles(
            f"{base}-monitoring",
            {
                "stack": args.stack,
                "collection": args.tree.collection,
                "digest": tree_digest(generated.items()),
                "part": args.tree.part_digest(None),
                "source": planned.source,
                "scraped": scraped,
                "servers": runtime is not None,
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.summary: dict[str, Any] = {"dashboards": f"{planned.folder}/", "files": files.folder}
        self.secrets: dict[str, pulumi.Output[str]] = {}
        if runtime is None and args.settings.prometheus:
            self.summary["prometheus"] = args.settings.prometheus
        if runtime is not None:
            self.summary |= self._servers(base, args, runtime, scraped, generated, files)
        self.register_outputs({"monitoring": self.summary})

    def _servers(
        self,
        base: str,
        args: MonitoringArgs,
        runtime: MonitoringRuntime,
        scraped: Mapping[str, Any],
        generated: Mapping[str, str],
        files: MonitoringFiles,
    ) -> dict[str, pulumi.Input[str]]:
        """Prometheus, then Grafana; each is started anew where one of its own files changes."""
        written = hashlib.sha256(json.dumps(scraped, sort_keys=True).encode()).hexdigest()
        configured = (CONFIG, DATASOURCE, PROVIDER, *(() if runtime.replicated else (TARGETS,)))
        digests = {**generated, **dict.fromkeys(configured, written)}
        contents = {path: FileContent(f"{args.folder}/{path}", digest) for path, digest in digests.items()}
        password = Password(f"{base}-grafana-password", pulumi.ResourceOptions(parent=self)).value
        contents[PASSWORD] = FileContent(secret=password)
        self.secrets = {"grafana_password": pulumi.Output.secret(password)}
        who = (args.tree.collection, args.stack, args.settings, digests)
        prometheus_spec, grafana_spec = prometheus_container(*who), grafana_container(*who)
        prometheus = runtime.watch(f"{base}-prometheus", prometheus_spec, contents, self, [files])
        grafana = runtime.watch(f"{base}-grafana", grafana_spec, contents, self, [files, prometheus.resource])
        return {"prometheus": prometheus.address, "grafana": grafana.address}


def _scraped(args: MonitoringArgs, runtime: MonitoringRuntime | None) -> dict[str, Any]:
    """Where agents are: as a server of the stack reaches them, or as this machine does."""
    found: dict[str, Any] = {"interval_seconds": args.settings.interval_seconds, "port": AGENT_PORT}
    found |= {"alertmanager": args.settings.alertmanager} if args.settings.alertmanager else {}
    if runtime is None:
        return found | {"urls": {agent: endpoint.address for agent, endpoint in args.endpoints.items()}}
    if runtime.replicated:
        return found | {"discovered": {f"tasks.{host_name(agent)}": agent for agent in args.endpoints}}
    return found | {"urls": {agent: f"http://{host_name(agent)}:{AGENT_PORT}" for agent in args.endpoints}}
