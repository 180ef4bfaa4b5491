"""An agent's process on the local runtime."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from l9stack.agent._security.addresses import AUTHORITIES
from l9stack.agent.backends import VARIABLES
from l9stack.errors import ServiceError
from l9stack.extraction.packages import Packages, install
from l9stack.infra import deployment_files
from l9stack.infra.principals import make_keys, principals_of
from l9stack.infra.providers.base import Props, Provider
from l9stack.local.client import SupervisorClient
from l9stack.local.host import AgentStatus
from l9stack.output.store import Store
from l9stack.project import Project


class LocalAgentProvider(Provider):
    """Its inputs are its own: the digest of its files, of its implementations and of the settings that it reads.

    The digest of the whole collection is none of them, so that editing one schema restarts one agent.
    """

    inputs = (
        *("stack", "agent", "collection", "digest", "implementations", "packages"),
        *("shared", "folder", "lock", "urls", "certificates", "state"),
    )
    watched = (
        *("stack", "agent", "digest", "implementations", "packages"),
        *("shared", "folder", "urls", "certificates", "state"),
    )
    carried = ("endpoint",)
    desired = {"state": "running"}
    key = "agent"

    def make(self, props: Props) -> dict[str, Any]:
        """Start the agent and wait until it is healthy; one that runs as it should is left alone.

        Raises:
            ServiceError: it did not become healthy; the message names the log and ends with its last lines.
        """
        project, stack, agent = self.project(), props["stack"], props["agent"]
        daemon = SupervisorClient.connect(project.run)
        part = Store(project).path(props["digest"])
        manifest = part / "manifests" / f"{agent}.json"
        anchors = json.loads(manifest.read_bytes())["governance"]["anchors"]
        make_keys(project, principals_of([agent], anchors))
        given = props.get("urls") or {}
        # Where all of them are somebody else's, none is started for the namespace's sake.
        urls = given if given.keys() >= set(VARIABLES.values()) else {**daemon.namespace(stack).environ(), **given}
        parts = ("digest", "implementations", "packages", "shared")
        identity = "-".join(props[name][:12] for name in parts if props.get(name))
        config = project.deployment(stack) / deployment_files.config_name(props["collection"])
        trusted = (props.get("certificates") or {}).items()
        environ = {
            **urls,
            **{AUTHORITIES[service]: str(project.root / found["file"]) for service, found in trusted},
            **deployment_files.forwarded_variables(os.environ, config.read_text(encoding="utf-8")),
            "L9_MANIFEST": str(manifest),
            "L9_CODE": str(part / "code"),
            "L9_CONFIG": str(config),
            "L9_NAMESPACE": stack,
            "L9_KEYS": str(project.keys),
            "L9_IMPLEMENTATIONS": os.pathsep.join(_implementations(project, props)),
            "L9_SETTINGS_DIGEST": identity,
        }
        status = daemon.start_agent(stack, agent, environ, props["digest"])
        if status.state != "running":
            raise ServiceError(
                f"agent {agent} did not start ({status.state}); its log is "
                f"{project.shown(daemon.log_path(stack, agent))}\n{status.detail}"
            )
        return _outputs(status)

    def observe(self, props: Props) -> dict[str, Any]:
        """Running, or not and why; a preview starts nothing."""
        daemon = SupervisorClient.find(self.project().run)
        for status in daemon.status().agents if daemon else ():
            if (status.stack, status.agent) == (props["stack"], props["agent"]):
                if status.state != "running":
                    return {"state": f"{status.state}: {_first_line(status.detail)}".rstrip(": ")}
                return {**_outputs(status), "digest": status.code_digest}
        return {"state": "stopped"}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Stop the agent."""
        if daemon := SupervisorClient.find(self.project().run):
            daemon.stop_agent(_props["stack"], _props["agent"])


def _implementations(project: Project, props: Props) -> list[str]:
    """Import roots of the user's own functions, as they were proven, and of their packages."""
    folder, lock = props.get("folder"), props.get("lock")
    packages = Packages(Path(lock).name, (project.root / lock).read_bytes(), props["packages"]) if lock else None
    own = [project.root / folder] if folder else []
    return [str(path) for path in (*own, *install(project, packages))]


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:160]


def _outputs(status: AgentStatus) -> dict[str, Any]:
    return {"state": "running", "endpoint": status.endpoint, "instance": f"{status.pid}"}
