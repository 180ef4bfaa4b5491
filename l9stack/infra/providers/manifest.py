"""`deployment_manifest.json`: what is deployed, where it answers, and from which code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from l9stack.files import write_file
from l9stack.infra import deployed
from l9stack.infra.providers.base import Props, Provider


class DeploymentManifestProvider(Provider):
    """Written from the outputs of everything else, last of all."""

    inputs = ("stack", "document", "state")
    carried = ("file",)
    watched = ("stack", "document", "state")
    desired = {"state": "written"}
    key = "stack"

    def make(self, props: Props) -> dict[str, Any]:
        """Write the file."""
        path = self._path(props)
        write_file(path, manifest_text(props["document"]).encode())
        return {"file": deployed.shown(self.project(), path)}

    def observe(self, props: Props) -> dict[str, Any]:
        """Whether the file is as it was written."""
        path = self._path(props)
        if not path.is_file():
            return {"state": "missing"}
        wanted = hashlib.sha256(manifest_text(props["document"]).encode()).digest()
        return {"state": "written" if hashlib.sha256(path.read_bytes()).digest() == wanted else "edited"}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the file, and the stack's folder where it is empty."""
        path = self._path(_props)
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def _path(self, props: Props) -> Path:
        return deployed.folder(self.project(), props["stack"]) / deployed.MANIFEST


def manifest_text(document: dict[str, Any]) -> str:
    """The manifest as JSON; keys sorted."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
