"""The extraction as a whole: edges, tests across agents, and the published view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult

from l9stack.extraction import published_view
from l9stack.extraction.extract import extract
from l9stack.extraction.input_store import kept_inputs
from l9stack.infra import deployment_files
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.code import edits, restore_owner


class ExtractionGateProvider(Provider):
    """Holds when every gate of every agent and of the collection holds; then, and only then, the view is published."""

    inputs = ("collection", "inputs", "path", "output", "digest", "implementations", "edited", "view")
    watched = ("collection", "output", "digest", "implementations", "edited", "view")
    carried = ("folder",)
    desired = {"edited": [], "view": "published"}
    key = "collection"

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """The folder is known beforehand only while the tree and the view stay as they are."""
        settled = {**news, **self.desired}
        same = all(_olds.get(name) == settled.get(name) for name in self.watched if name != "edited")
        return super().check(_olds if same else {}, news)

    def make(self, props: Props) -> dict[str, Any]:
        """Gate and publish; what is known already is reused.

        Raises:
            GateError: gates did not hold; each is named with its figure, threshold and place.
        """
        project = self.project()
        with deployment_files.provider_lock(project, "gates"):
            inputs = kept_inputs(project, props["inputs"], project.root / props["path"], self.settings)
            done = extract(inputs, project.root / props["output"], pulumi.log.info)
        return {"folder": project.shown(done.folder)}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Keep edits of the collection's own files as patches, then publish what is missing."""
        if olds.get("view") == "published":
            for owner in (published_view.COLLECTION, published_view.CONFIG):
                restore_owner(self, news["collection"], owner)
        return self.make(news)

    def observe(self, props: Props) -> dict[str, Any]:
        """Whether the view is there, and which of the collection's files in it were edited; the config has its own."""
        project, view = self.project(), published_view.published_view(self.project(), props["collection"])
        if view is None or not Path(view.folder).is_dir():
            return {"view": f"missing: {project.shown(Path(view.folder)) if view else 'never published'}"}
        return {"edited": edits(self, props["collection"], published_view.COLLECTION)}
