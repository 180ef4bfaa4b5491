"""The content-addressed store: one folder for each digest, never changed, checked whenever it is read.

An entry's name is the digest of its files (`l9stack.model.artifact.tree_digest`), so an entry proves itself: no
index is needed, and an entry that was edited, torn or cut short is no entry.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.files import digests_below, files_below, publish, sweep, temporary_folder, write_file, write_files
from l9stack.model.artifact import Artifact, RenderedTree, tree_digest
from l9stack.names import AgentId
from l9stack.project import Project

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SHARED = ""
"""The key of the collection's own part in a note of a rendering: no agent has that name."""


class Store:
    """Parts of rendered trees below `.l9/store/<digest>/`, at their paths within an extraction; and kept inputs."""

    def __init__(self, project: Project) -> None:
        self.folder = project.store
        self._rendered = project.rendered

    def put(self, artifacts: Iterable[Artifact]) -> str:
        """Store `artifacts`, as `put_files`."""
        return self.put_files({artifact.path: artifact.text.encode() for artifact in artifacts})

    def put_files(self, files: Mapping[str, bytes]) -> str:
        """Store files and return their digest. An intact entry is reused; a broken one is set aside and replaced.

        Safe against being killed at any point, and against several writers at once.
        """
        digest = tree_digest((path, hashlib.sha256(data).hexdigest()) for path, data in files.items())
        if self.has(digest):
            return digest
        target = self.folder / digest
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        while True:
            with temporary_folder(target) as temporary:
                write_files(temporary, sorted(files.items()))
                if publish(temporary, target) or self.has(digest):
                    return digest
            self._set_aside(digest)

    def has(self, digest: str) -> bool:
        """Whether an intact entry of that digest is there."""
        folder = self._folder(digest)
        return folder.is_dir() and not folder.is_symlink() and tree_digest(digests_below(folder).items()) == digest

    def path(self, digest: str) -> Path:
        """The folder of an entry, checked; InputError where it is absent or was changed."""
        folder = self._folder(digest)
        if not self.has(digest):
            state = "was changed" if folder.exists() else "is absent"
            raise InputError(
                [Problem("store-entry", f"store entry {digest} {state}", Place(str(folder)), "extract again")]
            )
        return folder

    def read(self, digest: str, agent: AgentId | None) -> tuple[Artifact, ...] | None:
        """The artifacts of an entry, which is an agent's part; None where it is absent or was changed."""
        folder = self._folder(digest)
        if not folder.is_dir() or folder.is_symlink():
            return None
        try:
            found = tuple(
                Artifact(path=path, text=(folder / path).read_bytes().decode(), agent=agent)
                for path in files_below(folder)
            )
        except (OSError, UnicodeDecodeError):
            return None
        return found if tree_digest((artifact.path, artifact.sha256) for artifact in found) == digest else None

    def recall(self, key: str) -> RenderedTree | None:
        """The tree that was rendered under `key`, or None where not all of it is here as it was.

        The note is only a hint: every part is held against its digest, and what is missing or changed is rendered.
        """
        try:
            note = json.loads((self._rendered / f"{key}.json").read_bytes())
            parts: Mapping[str, str] = note["parts"]
            collection = str(note["collection"])
        except (OSError, ValueError, KeyError):
            return None
        artifacts = list[Artifact]()
        for owner, digest in parts.items():
            found = self.read(digest, AgentId(owner) if owner != _SHARED else None)
            if found is None:
                return None
            artifacts += found
        return RenderedTree(collection=collection, artifacts=tuple(sorted(artifacts, key=lambda item: item.path)))

    def remember(self, key: str, tree: RenderedTree, parts: Mapping[AgentId | None, str]) -> None:
        """Note where the parts of a tree lie; `key` covers all that it is rendered from."""
        note = {"collection": tree.collection, "parts": {owner or _SHARED: digest for owner, digest in parts.items()}}
        path, text = self._rendered / f"{key}.json", json.dumps(note, sort_keys=True).encode()
        if not path.is_file() or path.read_bytes() != text:
            write_file(path, text)

    def remove(self, digest: str) -> None:
        """Forget an entry; an absent one is no error."""
        shutil.rmtree(self._folder(digest), ignore_errors=True)

    def _folder(self, digest: str) -> Path:
        if not _DIGEST.match(digest):
            raise InputError([Problem("store-entry", f"{digest!r} is no SHA-256 digest", Place(str(self.folder)))])
        return self.folder / digest

    def _set_aside(self, digest: str) -> None:
        """Move a broken entry into a temporary folder, which goes away with it."""
        target = self.folder / digest
        # Another writer may have been quicker, and an intact entry is not to be touched.
        with temporary_folder(target) as rubbish, contextlib.suppress(FileNotFoundError):
            if not self.has(digest):
                publish(target, rubbish / "entry")
