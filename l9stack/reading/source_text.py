"""Pieces of files that know where they stand, and the cut of a text into its YAML documents.

Documents are cut apart before they are parsed, so that a malformed one hides none of the others. YAML reserves `---`
and `...` at the beginning of a line, also inside text, so that the cut is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from l9stack.errors import Place, Problem

_MARK = re.compile(r"^(?:---|\.\.\.)(?=\s|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceText:
    """A piece of a file: where it begins there, and how much was cut off each of its lines."""

    text: str
    file: str
    first_line: int = 1
    margins: Sequence[int] = ()

    def place(self, line: int, column: int) -> Place:
        """The place in the file of a line and column that count from 0 in this piece."""
        return Place(
            self.file, self.first_line + line, column + 1 + (self.margins[line] if line < len(self.margins) else 0)
        )

    def place_at(self, position: int) -> Place:
        """The place in the file of a character of this piece."""
        return self.place(self.text.count("\n", 0, position), position - self.text.rfind("\n", 0, position) - 1)


def decode_text(raw: bytes, shown: str, problems: list[Problem]) -> SourceText | None:
    """The text of a file, with every line end as a line feed, so that lines are counted as editors count them."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        place = SourceText(before, shown).place_at(len(before))
        problems.append(Problem("not-utf8", "the file is not UTF-8 text", place, "save it as UTF-8"))
        return None
    return SourceText(text.replace("\r\n", "\n").replace("\r", "\n"), shown)


def split_documents(text: SourceText) -> Iterator[SourceText]:
    """The text cut at its document marks; comments and directives before a mark stay with what follows."""
    whole, start, scanned, line = text.text, 0, 0, 0

    def cut(end: int) -> SourceText:
        return SourceText(whole[start:end], text.file, text.first_line + line, text.margins[line:])

    for mark in _MARK.finditer(whole):
        closes = mark[0] == "..."
        if closes or _has_content(whole[scanned : mark.start()]):
            yield cut(mark.start())
            line += whole.count("\n", start, mark.start())
            start = mark.start()
        scanned = mark.end()
        if closes:
            scanned = whole.find("\n", mark.end()) + 1 or len(whole)
            line += whole.count("\n", start, scanned)
            start = scanned
    yield cut(len(whole))


def _has_content(text: str) -> bool:
    return any(line and not line.startswith(("#", "%")) for line in map(str.strip, text.split("\n")))
