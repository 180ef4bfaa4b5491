"""Extraction folders: `<output>/<collection>_<YYYYmmdd_HHMMSS>/`, assembled whole and published by one rename.

An index beside the folders says which of them holds which tree, so that a second extraction finds its folder without
looking into every one. The index is only a hint: a folder is reused when each of its files still has its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from l9stack.files import publish, sweep, temporary_folder, write_file, write_files
from l9stack.model.artifact import RenderedTree
from l9stack.model.base import Model
from l9stack.output.edits import Edits, find_edits

INDEX = ".l9-index"


class View(Model):
    """A published extraction folder. `files` are the digests of everything in it, by relative path."""

    path: Path
    key: str
    files: dict[str, str]
    reused: bool = False

    def edits(self) -> Edits:
        """What was changed in the folder since it was published."""
        return find_edits(self.path, self.files)


def find(output: Path, collection: str, key: str) -> View | None:
    """The folder of `output` that was published under `key`, also where it was edited since; None where there is none.

    `key` is the digest that the folder stands for: the tree's, or one that also covers the evidence's inputs.
    """
    entry = _read_index(output, collection).get(key)
    if not isinstance(entry, dict):
        return None
    folder, files = entry.get("folder"), entry.get("files")
    if not isinstance(folder, str) or not isinstance(files, dict) or Path(folder).name != folder:
        return None
    path = output / folder
    return View(path=path, key=key, files=files, reused=True) if path.is_dir() and not path.is_symlink() else None


def assemble(
    output: Path, tree: RenderedTree, extra: Mapping[str, str], now: datetime, *, key: str | None = None
) -> View:
    """Publish `tree` and `extra` (report, manifest, attestation: path → text) as a folder named after `now`.

    An intact folder with the same `key` (the tree's digest where none is given) is returned as it is, and nothing is
    written. Where a folder of that second exists already, the next free second names this one.
    """
    key = key or tree.digest
    known = find(output, tree.collection, key)
    if known is not None and known.edits().none:
        return known
    output.mkdir(parents=True, exist_ok=True)
    sweep(output)
    texts = {artifact.path: artifact.text for artifact in tree.artifacts} | dict(extra)
    files = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in sorted(texts.items())}
    target = output / _folder_name(tree.collection, now)
    with temporary_folder(target) as temporary:
        write_files(temporary, ((path, text.encode()) for path, text in sorted(texts.items())))
        while True:
            while target.exists():
                now += timedelta(seconds=1)
                target = output / _folder_name(tree.collection, now)
            view = View(path=target, key=key, files=files)
            # The index goes first: a run that is killed right after the rename is found again, and one that is killed
            # before it leaves an entry for a folder that is not there, which `find` ignores.
            _write_index(output, tree.collection, view)
            if publish(temporary, target):
                return view


def write_tree(tree: RenderedTree, folder: Path) -> None:
    """Write the tree's files below `folder`, plainly: for a temporary copy that tests run in."""
    write_files(folder, ((artifact.path, artifact.text.encode()) for artifact in tree.artifacts))


def _folder_name(collection: str, now: datetime) -> str:
    return f"{collection}_{now:%Y%m%d_%H%M%S}"


def _index_file(output: Path, collection: str) -> Path:
    return output / INDEX / f"{collection}.json"


def _read_index(output: Path, collection: str) -> dict[str, object]:
    try:
        data = json.loads(_index_file(output, collection).read_bytes())
    except (OSError, ValueError):
        return {}  # lost or torn: the next extraction publishes anew and writes it again
    views = data.get("views") if isinstance(data, dict) else None
    return views if isinstance(views, dict) else {}


def _write_index(output: Path, collection: str, view: View) -> None:
    views = _read_index(output, collection)
    # Folders that somebody removed are forgotten here, so the index stays as small as the output.
    kept = {
        key: entry
        for key, entry in views.items()
        if isinstance(entry, dict) and (output / str(entry.get("folder", "\0"))).is_dir()
    }
    kept[view.key] = {"folder": view.path.name, "files": view.files}
    text = json.dumps({"schema_version": 1, "views": kept}, indent=1, sort_keys=True)
    write_file(_index_file(output, collection), f"{text}\n".encode())
