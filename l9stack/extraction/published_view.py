"""The published view of a collection: where it is, what was edited in it, and how it is set right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from l9stack.files import write_file
from l9stack.model.base import Model
from l9stack.output.edits import Edits, find_edits, restore
from l9stack.output.store import Store
from l9stack.project import Project

CONFIG = "config"
"""The owner of the unified config; what belongs to nobody else is the collection's."""
COLLECTION = "collection"


class PublishedView(Model):
    """The last published view of a collection: file digests, their owners, and the store's entries with their texts."""

    collection: str
    folder: str
    input_digest: str
    tree_digest: str
    files: dict[str, str]
    owners: dict[str, str]
    parts: tuple[str, ...]

    def edits(self, owner: str | None = None) -> Edits:
        """What differs in the folder now; of one owner, or of all."""
        found = find_edits(Path(self.folder), self.files)
        if owner is None:
            return found
        return Edits(
            **{
                kind: tuple(path for path in getattr(found, kind) if self.owner(path) == owner)
                for kind in ("changed", "missing", "extra")
            }
        )

    def owner(self, path: str) -> str:
        """The owner of a path; a file that nobody published belongs to whose folder it is in."""
        if path in self.owners:
            return self.owners[path]
        folders = [(known.rpartition("/")[0], owner) for known, owner in self.owners.items()]
        inside = [(folder, owner) for folder, owner in folders if folder and path.startswith(f"{folder}/")]
        return max(inside, key=lambda pair: len(pair[0]))[1] if inside else COLLECTION


def _pointer(project: Project, collection: str) -> Path:
    return project.views / f"{collection}.json"


def publish_pointer(project: Project, view: PublishedView) -> None:
    """Remember a view as the collection's current one."""
    write_file(_pointer(project, view.collection), f"{view.model_dump_json(indent=1)}\n".encode())


def published_view(project: Project, collection: str) -> PublishedView | None:
    """The collection's current view, or None."""
    try:
        return PublishedView.model_validate(json.loads(_pointer(project, collection).read_bytes()))
    except (OSError, ValueError):
        return None


def view_texts(project: Project, view: PublishedView) -> dict[str, str]:
    """The texts of a view as they were published, from the store; InputError where an entry is absent or changed."""
    store, texts = Store(project), dict[str, str]()
    for digest in view.parts:
        folder = store.path(digest)
        found = (path for path in view.files if (folder / path).is_file())
        texts.update({path: (folder / path).read_bytes().decode() for path in found})
    return texts


def view_edits(project: Project, collection: str, owner: str) -> list[str]:
    """Paths of an owner (an agent's id, `config` or `collection`) that differ from what was published."""
    view = published_view(project, collection)
    return list(view.edits(owner).paths) if view else []


def restore_view(project: Project, collection: str, owner: str) -> list[Path]:
    """Set an owner's edited files right; patches that keep what was there."""
    view = published_view(project, collection)
    if view is None or (edits := view.edits(owner)).none:
        return []
    texts = view_texts(project, view)
    patches = project.patches / collection
    folder = Path(view.folder)
    folder.mkdir(parents=True, exist_ok=True)
    return list(restore(folder, texts, edits, patches, datetime.now(UTC), lambda _: owner))
