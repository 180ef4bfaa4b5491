"""The history of a stack: which release was healthy on it, since when, and who deployed it."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from datetime import UTC, datetime
from typing import Any

from l9stack import __version__
from l9stack.evidence.records import Records, evidence_json, iso
from l9stack.infra.providers.base import Props, Provider
from l9stack.model.release import DeployedRelease
from l9stack.project import Project

MOST = 50
"""How many entries a stack's history has; the oldest go first."""


class ReleaseProvider(Provider):
    """Written last, when every agent is healthy: a deployment that failed half-way leaves what was written before it.

    The history lies in the stack's state, so that whoever can deploy the stack sees all of it.
    """

    inputs = ("stack", "release", "tree", "images")
    watched = ("release", "tree")
    key = "stack"

    def make(self, props: Props) -> dict[str, Any]:
        """Begin a history."""
        return {"history": [self._entry(props)]}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Add to the history."""
        return {"history": [*(olds.get("history") or ()), self._entry(news)][-MOST:]}

    def _entry(self, props: Props) -> dict[str, Any]:
        gates, evidence = _proof(self.project(), props["tree"])
        entry = DeployedRelease(
            release=props["release"],
            tree=props["tree"],
            at=iso(datetime.now(UTC)),
            by=_deployer(),
            l9stack=__version__,
            gates=gates,
            evidence=evidence,
            images={name: image for name, image in (props.get("images") or {}).items() if image},
        )
        return entry.model_dump(mode="json")


def _proof(project: Project, tree: str) -> tuple[str, str]:
    """How many gates held, and the digest of the record that says so."""
    build = Records(project).build(tree)
    if build is None:
        return "not recorded here", ""
    results = [*build.results, *(result for agent in build.agents for result in agent.results)]
    held = sum(result.passed for result in results)
    return f"{held} of {len(results)}", hashlib.sha256(evidence_json(build)).hexdigest()


def _deployer() -> str:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
