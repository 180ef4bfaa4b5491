"""Rendered text in memory, addressed by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from l9stack.model.base import Model
from l9stack.names import AgentId


class Artifact(Model):
    """One file of an extraction. `path` is relative to it: `code/…`, `docs/…`, `tests/…`, `manifests/…`, or a config.

    `agent` is None for what belongs to the whole collection.
    """

    path: str
    text: str
    agent: AgentId | None = None

    @property
    def sha256(self) -> str:
        """The hex digest of the file's UTF-8 bytes."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def tree_digest(files: Iterable[tuple[str, str]]) -> str:
    r"""The digest of a tree: SHA-256 over `sha256  path\n` lines sorted by path, as `sha256sum` would print them."""
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


class RenderedTree(Model):
    """Everything that a plan renders to, sorted by path."""

    collection: str
    artifacts: tuple[Artifact, ...]

    @property
    def digest(self) -> str:
        """The digest of the whole tree."""
        return tree_digest((artifact.path, artifact.sha256) for artifact in self.artifacts)

    def part(self, agent: AgentId | None) -> tuple[Artifact, ...]:
        """The artifacts of one agent, or those of the collection for None."""
        return tuple(artifact for artifact in self.artifacts if artifact.agent == agent)

    def part_digest(self, agent: AgentId | None) -> str:
        """The digest of `part(agent)`."""
        return tree_digest((artifact.path, artifact.sha256) for artifact in self.part(agent))
