"""`deployment_manifest.json` and `deployment_readiness.md`: what is deployed, where it answers, and how it was then."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from l9stack.evidence.readiness import ReadinessReport, readiness
from l9stack.evidence.records import Records, iso
from l9stack.files import write_file
from l9stack.infra.providers.base import Props, Provider
from l9stack.model.deployment import Deployment
from l9stack.project import Project
from l9stack.running.manifest import MANIFEST, READINESS, manifest_path, manifest_text
from l9stack.running.queries import ask_all, codes_of


class DeploymentManifestProvider(Provider):
    """Written from the outputs of everything else, last of all; what the readiness says beyond them is asked then."""

    inputs = ("stack", "document", "state")
    carried = ("file",)
    watched = ("stack", "document", "state")
    desired = {"state": "written"}
    key = "stack"

    def make(self, props: Props) -> dict[str, Any]:
        """Write both files."""
        project, deployment = self.project(), Deployment.model_validate(props["document"])
        build = Records(project).build(deployment.tree_digest)
        path = manifest_path(project, props["stack"])
        files = {
            MANIFEST: manifest_text(deployment).encode(),
            READINESS: readiness(deployment, build, _measured(project, deployment)).encode(),
        }
        for name, data in files.items():
            write_file(path.with_name(name), data)
        digests = {name: _digest(data) for name, data in files.items()}
        return {"file": project.shown(path), "digests": digests}

    def observe(self, props: Props) -> dict[str, Any]:
        """Whether both files are as they were written, and which one is not."""
        folder, digests = self.project().deployment(props["stack"]), props.get("digests") or {}
        found = [_state(folder / name, digests.get(name, "")) for name in (MANIFEST, READINESS)]
        return {"state": "; ".join(filter(None, found)) or "written"}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the files, and the stack's folder where it is empty."""
        folder = self.project().deployment(_props["stack"])
        for name in (MANIFEST, READINESS):
            (folder / name).unlink(missing_ok=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _measured(project: Project, deployment: Deployment) -> ReadinessReport:
    endpoints = {name: agent.endpoint for name, agent in deployment.agents.items() if agent.published}
    ready = {name: agent.health for name, agent in deployment.agents.items() if not agent.published} | {
        name: answer.silent or answer.wrong or ", ".join(answer.failing) or "ok"
        for name, answer in ask_all(endpoints).items()
    }
    config = project.root / deployment.config
    found = _digest(config.read_bytes()) if config.is_file() else ""
    return ReadinessReport(iso(datetime.now(UTC)), ready, codes_of(endpoints), found)


def _state(path: Path, wanted: str) -> str:
    """Empty where the file is as it was written."""
    if not path.is_file():
        return f"missing: {path.name}"
    return "" if _digest(path.read_bytes()) == wanted else f"edited: {path.name}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
