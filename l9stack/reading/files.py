"""The files of a collection as text; what cannot be read is refused by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.model.collection import SourceFile
from l9stack.reading.limits import most_of_file
from l9stack.reading.texts import Text
from l9stack.sources import collection_files, schema_names, source_bytes


@dataclass(frozen=True, slots=True)
class Source:
    """One file: what is known of its bytes, and its text where it has one."""

    file: SourceFile
    text: Text | None
    markdown: bool
    answers: bool


def read_files(path: Path, problems: list[Problem]) -> Iterator[Source]:
    """Every file of the collection that can be read, in the order of names."""
    base = path if path.is_dir() else path.parent
    if path.is_dir():
        problems.extend(_unread(path))
    for file in collection_files(path):
        shown = file.relative_to(base).as_posix()
        # A link may lead anywhere, and what is read of a schema is printed, stored and put into prompts.
        if file != path and not file.resolve().is_relative_to(base.resolve()):
            message = f"{shown} is a link that leads out of the collection's folder"
            problems.append(Problem("link-outside", message, Place(shown), "put the file itself there"))
            continue
        try:
            raw = source_bytes(file, most_of_file())
        except InputError as error:
            problems.extend(error.problems)
            continue
        yield Source(
            file=SourceFile(path=shown, sha256=hashlib.sha256(raw).hexdigest()),
            text=_decoded(raw, shown, problems),
            markdown=file.suffix.lower() == ".md",
            answers=file.stem == "answers" or file.stem.endswith(".answers"),
        )


def _unread(folder: Path) -> Iterator[Problem]:
    """What is called like a schema, but is no file."""
    for file in schema_names(folder):
        if file.is_symlink() and not file.exists():
            message = f"{file.name} is a link to nothing"
            yield Problem("unreadable", message, Place(file.name), "put the file there, or remove the link")
        elif not file.is_file():
            kind = "a folder" if file.is_dir() else "no regular file"
            yield Problem("not-read", f"{file.name} is {kind}, and is not read", Place(file.name), level="note")


def _decoded(raw: bytes, shown: str, problems: list[Problem]) -> Text | None:
    """The text, with every line end as a line feed, so that lines are counted as editors count them."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        place = Text(before, shown).place_at(len(before))
        problems.append(Problem("not-utf8", "the file is not UTF-8 text", place, "save it as UTF-8"))
        return None
    return Text(text.replace("\r\n", "\n").replace("\r", "\n"), shown)
