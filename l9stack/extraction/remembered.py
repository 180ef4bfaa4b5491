"""Rendered trees that are in the store already, by the digest of what they are rendered from.

Rendering is deterministic and its inputs' digest covers templates and generator, so a known input needs no rendering:
the engine's commands each prepare the collection anew, and most of them find nothing changed. The note is only a hint:
every part is held against its digest, and what is missing or changed is rendered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from l9stack.files import write_file
from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.names import AgentId
from l9stack.output.store import Store
from l9stack.project import Project

_SHARED = ""
"""The key of the collection's own part: no agent has that name."""


def recall(project: Project, input_digest: str) -> RenderedTree | None:
    """The tree that was rendered from these inputs, or None where not all of it is in the store as it was."""
    try:
        note = json.loads((project.rendered / f"{input_digest}.json").read_bytes())
        parts: Mapping[str, str] = note["parts"]
        collection = str(note["collection"])
    except (OSError, ValueError, KeyError):
        return None
    store, artifacts = Store(project), list[Artifact]()
    for owner, digest in parts.items():
        found = store.read(digest, AgentId(owner) if owner != _SHARED else None)
        if found is None:
            return None
        artifacts += found
    return RenderedTree(collection=collection, artifacts=tuple(sorted(artifacts, key=lambda item: item.path)))


def remember(project: Project, input_digest: str, tree: RenderedTree, parts: Mapping[AgentId | None, str]) -> None:
    """Note where the parts of a tree lie."""
    note = {"collection": tree.collection, "parts": {owner or _SHARED: digest for owner, digest in parts.items()}}
    path = project.rendered / f"{input_digest}.json"
    text = json.dumps(note, sort_keys=True).encode()
    if not path.is_file() or path.read_bytes() != text:
        write_file(path, text)
