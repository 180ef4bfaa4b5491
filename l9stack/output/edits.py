"""Hand edits in an extraction folder: found by digest, kept as a patch, and set right."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from l9stack.files import contained_path, digests_below, write_file
from l9stack.model.base import Model
from l9stack.output.patch import patchable, unified_diff

COLLECTION = "collection"
"""The patch folder of files that belong to no single agent."""


class Edits(Model):
    """How a folder differs from what was published, as relative paths in order."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def none(self) -> bool:
        """Whether the folder is as it was published."""
        return not (self.changed or self.missing or self.extra)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that differs, sorted."""
        return tuple(sorted((*self.changed, *self.missing, *self.extra)))


def find_edits(view: Path, expected: Mapping[str, str]) -> Edits:
    """Compare the folder with `expected` (relative path → SHA-256). Caches of Python tools do not count."""
    found = digests_below(view) if view.is_dir() else {}
    return Edits(
        changed=tuple(sorted(path for path in found.keys() & expected.keys() if found[path] != expected[path])),
        missing=tuple(sorted(expected.keys() - found.keys())),
        extra=tuple(sorted(found.keys() - expected.keys())),
    )


def restore(
    view: Path,
    texts: Mapping[str, str],
    edits: Edits,
    patches: Path,
    now: datetime,
    agent_of: Callable[[str], str | None] = lambda _path: None,
) -> tuple[Path, ...]:
    """Set the edited files of `view` right and return the patches that keep the person's version.

    `patches` is the collection's folder of patches; each agent concerned gets one `<agent>/<timestamp>-<n>.patch`,
    which `git apply` or `patch -p1` in the folder brings back. What a text patch cannot say (binary files, links, odd
    names) is moved into `<timestamp>-<n>.files/` beside it. The patch is on disk before the first file is touched, so
    a run that is killed in between loses nothing.
    """
    by_agent: dict[str, list[str]] = {}
    for path in edits.paths:
        by_agent.setdefault(agent_of(path) or COLLECTION, []).append(path)
    saved = []
    for agent, paths in sorted(by_agent.items()):
        patch = _free_name(patches / agent, now)
        body, whole = _saved(view, texts, paths)
        write_file(patch, body.encode())
        saved.append(patch)
        for path in whole:
            keep = patch.with_suffix(".files") / path
            keep.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(view / path, keep, follow_symlinks=False)
        for path in paths:
            _set_right(view, path, texts.get(path))
    return tuple(saved)


def _saved(view: Path, texts: Mapping[str, str], paths: list[str]) -> tuple[str, list[str]]:
    """The patch text, and the paths that have to be kept as files instead."""
    hunks, whole = [], []
    for path in paths:
        before, present = texts.get(path), _is_file_or_link(view / path)
        after = _text(view / path) if present else None
        if present and (after is None or not patchable(path)):
            whole.append(path)
            continue
        hunks.append(unified_diff(path, before, after))
    return "".join(hunks), whole


def _is_file_or_link(path: Path) -> bool:
    # A folder in a file's place counts as a missing file: what lies in it is listed by itself.
    return path.is_symlink() or (path.exists() and not path.is_dir())


def _text(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return None
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _set_right(view: Path, path: str, text: str | None) -> None:
    # A path below a link to a folder is not found by the walk, which stops at links: `contained_path` holds for others.
    target = view / path
    if text is None or target.is_symlink():
        with contextlib.suppress(NotADirectoryError):  # its folder was a file's place, and is gone
            target.unlink(missing_ok=True)
    elif target.is_dir():
        shutil.rmtree(target)
    if text is not None:
        for parent in reversed(target.relative_to(view).parents[:-1]):
            if (view / parent).is_symlink() or (view / parent).is_file():
                (view / parent).unlink()
        write_file(contained_path(view, path), text.encode())


def _free_name(folder: Path, now: datetime) -> Path:
    number = 1
    while (path := folder / f"{now:%Y%m%d_%H%M%S}-{number}.patch").exists():
        number += 1
    return path
