"""Three-way merges, by `git merge-file`; it needs no repository."""

from __future__ import annotations

import difflib
import re
import subprocess
from typing import Literal

from l9stack.local.scratch import scratch_folder
from l9stack.model.base import Model

Favour = Literal["mine", "new"] | None
"""Whose lines win where both sides changed the same ones; None: nobody's, it is a conflict."""

_SIZE = 31
"""Longer than any marker that a text would hold."""
_MARK = re.compile(rb"([<|=>])\1{30}(?: .*)?\r?\n?\Z")
_OPTIONS = {"mine": "--ours", "new": "--theirs", None: "--diff3"}


class Conflict(Model):
    """Where both sides changed the same lines. `line` counts from 1 in the person's text; `text` shows both sides."""

    line: int
    text: str


class MergeResult(Model):
    """The merged bytes, or None with the conflicts that stand against it."""

    data: bytes | None
    conflicts: tuple[Conflict, ...] = ()


def merge(base: bytes, mine: bytes, new: bytes, favour: Favour = None) -> MergeResult:
    """What a person made of `base`, joined with what the generator makes of it now.

    Binary data, and a machine without git, count as one conflict at the first line.
    """
    if mine == new or new == base:
        return MergeResult(data=mine)
    if mine == base:
        return MergeResult(data=new)
    with scratch_folder("l9-merge-") as folder:
        files = [folder / side for side in ("mine", "base", "new")]
        for file, data in zip(files, (mine, base, new), strict=True):
            file.write_bytes(data)
        command = ["git", "merge-file", "-p", "-q", _OPTIONS[favour], f"--marker-size={_SIZE}", *map(str, files)]
        try:
            done = subprocess.run(command, capture_output=True, check=False, cwd=folder)
        except FileNotFoundError:
            return _whole("git, which merges texts, is not installed")
    if done.returncode == 0:
        return MergeResult(data=done.stdout)
    if done.returncode > 127:
        return _whole("the file is no text that could be merged")
    return MergeResult(data=None, conflicts=_conflicts(done.stdout, mine))


def _whole(why: str) -> MergeResult:
    return MergeResult(data=None, conflicts=(Conflict(line=1, text=why),))


def _conflicts(marked: bytes, mine: bytes) -> tuple[Conflict, ...]:
    """The conflicts of a text with markers, each with the line at which it stands in the person's own text."""
    kept: list[bytes] = []
    found: list[tuple[int, dict[bytes, list[bytes]]]] = []
    side = b""
    for line in marked.splitlines(keepends=True):
        mark = _MARK.match(line)
        if mark:
            side = mark[1] if mark[1] != b">" else b""
            if mark[1] == b"<":
                found.append((len(kept), {b"<": [], b"|": [], b"=": []}))
            continue
        if side:
            found[-1][1][side].append(line)
        if side in (b"", b"<"):
            kept.append(line)
    # `kept` is the person's text but for the lines that merged without a conflict.
    blocks = difflib.SequenceMatcher(None, kept, mine.splitlines(keepends=True), autojunk=False).get_matching_blocks()
    conflicts = []
    for start, sides in found:
        block = max((block for block in blocks if block.a <= start), key=lambda block: block.a, default=blocks[-1])
        number = block.b + min(max(start - block.a, 0), block.size) + 1
        conflicts.append(Conflict(line=number, text=_shown(sides)))
    return tuple(conflicts)


def _shown(sides: dict[bytes, list[bytes]]) -> str:
    names = ((b"<", "<<<<<<< on disk"), (b"|", "||||||| before"), (b"=", "======= now"))
    parts = [(title, b"".join(sides[side]).decode(errors="backslashreplace")) for side, title in names]
    body = "".join(f"{title}\n{text}{'' if text.endswith(chr(10)) or not text else chr(10)}" for title, text in parts)
    return f"{body}>>>>>>>"
