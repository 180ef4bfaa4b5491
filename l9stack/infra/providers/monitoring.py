"""What watches a deployed stack, as files: for its own Prometheus and Grafana, and for anybody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi

from l9stack.extraction.published_view import COLLECTION
from l9stack.files import files_below, write_file
from l9stack.infra.providers.base import Props, Provider
from l9stack.model.monitoring import DEPLOYED, deployed_path
from l9stack.output.edits import find_edits, restore
from l9stack.output.store import Store


class MonitoringFilesProvider(Provider):
    """`deployments/<stack>/monitoring/`: rules and dashboards as generated, targets as they are deployed.

    A file that is edited or missing is drift of this alone; other files there are somebody else's, and stay.
    """

    inputs = ("stack", "collection", "digest", "part", "source", "scraped", "servers", "edited")
    watched = ("stack", "collection", "digest", "scraped", "servers", "edited")
    carried = ("folder",)
    desired = {"edited": []}
    key = "collection"

    def make(self, props: Props) -> dict[str, Any]:
        """Write what is there now, and remove what is there no more."""
        project, texts = self.project(), self._texts(props)
        folder = self._folder(props)
        for path, text in texts.items():
            write_file(folder / path, text.encode())
        files = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
        return {"folder": project.shown(folder), "files": files}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Keep hand edits as patches, and write everything anew."""
        project, folder, texts = self.project(), self._folder(news), self._texts(news)
        known: Mapping[str, str] = olds.get("files") or {}
        own = find_edits(folder, known).model_copy(update={"extra": (), "missing": ()})
        patches = project.patches / news["collection"]
        for patch in restore(folder, texts, own, patches, datetime.now(UTC), lambda _: COLLECTION):
            pulumi.log.info(f"monitoring: the edit is kept in {project.shown(patch)}")
        for path in known.keys() - texts.keys():
            _remove(folder, path)
        return self.make(news)

    def observe(self, props: Props) -> dict[str, Any]:
        """Which files are missing or edited."""
        project, folder = self.project(), self._folder(props)
        edits = find_edits(folder, props.get("files") or {})
        found = [project.shown(folder / path) for path in sorted((*edits.changed, *edits.missing))]
        for path in found:
            pulumi.log.info(f"monitoring: not as deployed: {path}")
        return {"edited": found}

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove the stack's own files."""
        for path in _props.get("files") or {}:
            _remove(self._folder(_props), path)

    def _folder(self, props: Props) -> Path:
        return self.project().deployment(props["stack"]) / DEPLOYED

    def _texts(self, props: Props) -> dict[str, str]:
        # Imported here: most commands find everything as it should be, and render nothing.
        from l9stack.infra.settings.monitoring import DASHBOARD_FOLDER, PROMETHEUS_URL
        from l9stack.rendering.monitoring.provisioning import ScrapeTargets, grafana_files, prometheus_files

        store, source = Store(self.project()).path(props["part"]), props["source"]
        texts = {
            deployed_path(path, source): (store / path).read_bytes().decode()
            for path in files_below(store)
            if path.startswith(f"{source}/")
        }
        found = props["scraped"]
        scraped = ScrapeTargets(
            collection=props["collection"],
            stack=props["stack"],
            interval_seconds=int(found["interval_seconds"]),  # the engine gives floats
            urls=found.get("urls", {}),
            discovered=found.get("discovered", {}),
            port=int(found["port"]),
            alertmanager=found.get("alertmanager", ""),
        )
        texts |= prometheus_files(scraped)
        return texts | (grafana_files(scraped, PROMETHEUS_URL, DASHBOARD_FOLDER) if props["servers"] else {})


def _remove(folder: Path, path: str) -> None:
    """Remove a file, and the folders that it leaves empty, up to the stack's."""
    target = folder / path
    target.unlink(missing_ok=True)
    for parent in target.parents:
        if not parent.is_relative_to(folder.parent) or (parent.is_dir() and any(parent.iterdir())):
            return
        if parent.is_dir():
            parent.rmdir()
