"""The unified config of a deployed stack, and its twin in the published view."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi

from l9stack.extraction.published_view import CONFIG
from l9stack.files import write_file
from l9stack.infra import deployment_files
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.code import edits, restore_owner
from l9stack.output.edits import find_edits, restore
from l9stack.output.store import Store
from l9stack.project import Project


class UnifiedConfigProvider(Provider):
    """Agents read `deployments/<stack>/<collection>_config.yaml`; an edited or missing file is drift of this alone."""

    inputs = ("stack", "collection", "digest", "part", "edited")
    watched = ("stack", "collection", "digest", "edited")
    desired = {"edited": []}
    key = "collection"

    def make(self, props: Props) -> dict[str, Any]:
        """Write the file from the store."""
        project = self.project()
        path = _file(project, props)
        write_file(path, _source(project, props).read_bytes())
        return {"file": project.shown(path)}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Keep hand edits as patches, and write the file anew."""
        project = self.project()
        path = _file(project, news)
        written = olds if olds.get("part") and _source(project, olds).is_file() else news
        if path.is_file() and _differs(path, written["digest"]) and _differs(path, news["digest"]):
            text = _source(project, written).read_text(encoding="utf-8")
            own = find_edits(path.parent, {path.name: written["digest"]}).model_copy(update={"extra": ()})
            patches = project.patches / news["collection"]
            for patch in restore(path.parent, {path.name: text}, own, patches, datetime.now(UTC), lambda _: CONFIG):
                pulumi.log.info(f"{path.name}: the edit is kept in {project.shown(patch)}")
        if olds.get("edited"):
            restore_owner(self, news["collection"], CONFIG)
        return self.make(news)

    def observe(self, props: Props) -> dict[str, Any]:
        """Which of the two files are missing or edited."""
        project = self.project()
        path = _file(project, props)
        found = edits(self, props["collection"], CONFIG)
        if _differs(path, props["digest"]):
            found.append(project.shown(path))
            pulumi.log.info(f"config: {'not as generated' if path.exists() else 'missing'}: {found[-1]}")
        return {"edited": found}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the stack's own file."""
        _file(self.project(), _props).unlink(missing_ok=True)


def _file(project: Project, props: Props) -> Path:
    return project.deployment(props["stack"]) / deployment_files.config_name(props["collection"])


def _source(project: Project, props: Props) -> Path:
    return Store(project).path(props["part"]) / deployment_files.config_name(props["collection"])


def _differs(path: Path, digest: str) -> bool:
    return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest
