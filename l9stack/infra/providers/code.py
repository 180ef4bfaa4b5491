"""The generated files of one agent: its gates, and its part of the published view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from l9stack.extraction import published_view
from l9stack.infra import deployment_files
from l9stack.infra.providers.base import Props, Provider
from l9stack.infra.providers.prepared import prepare_once
from l9stack.names import AgentId


class AgentCodeProvider(Provider):
    """Runs or reuses the gates of one agent's part, and keeps its files in the view as they were generated."""

    inputs = ("collection", "inputs", "path", "agent", "digest", "implementations", "edited", "proven")
    watched = ("collection", "agent", "digest", "implementations", "edited", "proven")
    desired = {"edited": [], "proven": True}
    key = "agent"

    def make(self, props: Props) -> dict[str, Any]:
        """Gate the part. That a test did not hold is data: ExtractionGate reports all of them at once.

        Raises:
            GateError: a static gate did not hold.
        """
        # Imported here: most commands find everything as it should be, and need no gate.
        from l9stack.extraction.prove import gate_agent

        project, agent = self.project(), AgentId(props["agent"])
        plan = prepare_once(project, props["inputs"], props["path"], self.settings, agent, props["digest"])
        # One at a time: the tests of several agents at once would only take the processors from each other.
        with deployment_files.provider_lock(project, "gates"):
            evidence = gate_agent(plan, agent, pulumi.log.info)
        held = sum(result.passed for result in evidence.results)
        return {"proven": evidence.passed, "gates": f"{held} of {len(evidence.results)}"}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Set edited files of the view right, keeping the edits as patches, and gate what was not gated."""
        if olds.get("edited"):
            restore_owner(self, news["collection"], news["agent"])
        same = all(olds.get(name) == news.get(name) for name in ("digest", "implementations"))
        return {"gates": olds["gates"]} if same and olds.get("proven") else self.make(news)

    def observe(self, props: Props) -> dict[str, Any]:
        """Files of this agent in the view that are not as generated."""
        return {"edited": edits(self, props["collection"], props["agent"])}


def edits(provider: Provider, collection: str, owner: str) -> list[str]:
    """Edited files of an owner, said aloud; a view that is gone altogether is ExtractionGate's to report."""
    project = provider.project()
    view = published_view.published_view(project, collection)
    if view is None or not Path(view.folder).is_dir():
        return []
    found = published_view.view_edits(project, collection, owner)
    for path in found:
        pulumi.log.info(f"{owner}: not as generated: {path}")
    return found


def restore_owner(provider: Provider, collection: str, owner: str) -> None:
    """Set an owner's files right, and name the patches that keep what was there."""
    project = provider.project()
    for patch in published_view.restore_view(project, collection, owner):
        pulumi.log.info(f"{owner}: the edit is kept in {project.shown(patch)}")
