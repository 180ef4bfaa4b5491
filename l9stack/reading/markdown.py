"""Fenced blocks of a Markdown file, as texts that know where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from l9stack.errors import Place, Problem
from l9stack.names import name_key
from l9stack.reading.source_text import SourceText
from l9stack.reading.vocabulary import AGENT

_OPENING = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}(?=[^`]*\Z)|~{3,})[ \t]*(?P<info>.*)\Z")
_KEY = re.compile(r"([a-z][A-Za-z_-]{0,40}):(?=\s|\Z)")
_YAML = ("yaml", "yml")
_OWN_KEYS = frozenset(name_key(field.name) for field in AGENT.fields if field.required or field.kind == "mapping")
"""Keys that say much; words like `title` and `purpose` begin lines of prose as well."""
_SHOWN_RANGES = 6
MAX_BLOCKS = 1_000


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its content and the language that its fence names, if any."""

    text: SourceText
    opening: Place
    language: str

    @property
    def labelled(self) -> bool:
        """Whether the fence says that it holds YAML."""
        return self.language in _YAML


@dataclass(frozen=True, slots=True)
class Markdown:
    """A Markdown file cut into its blocks; `prose` has the first and last line of each stretch of the rest."""

    blocks: tuple[Block, ...]
    prose: tuple[tuple[int, int], ...]
    bare_yaml: bool
    """Whether keys of an agent stand outside of all blocks: the whole file is YAML then."""

    def prose_note(self, file: str) -> Problem | None:
        """A remark that says which lines were not read because they are prose."""
        if not self.prose:
            return None
        shown = [f"{first}-{last}" if last > first else str(first) for first, last in self.prose]
        rest = f" and {len(shown) - _SHOWN_RANGES} more stretches" if len(shown) > _SHOWN_RANGES else ""
        lines = "line" if len(self.prose) == 1 and shown[0].isdigit() else "lines"
        message = f"not an agent: prose, {lines} {', '.join(shown[:_SHOWN_RANGES])}{rest}"
        return Problem("not-an-agent", message, Place(file, self.prose[0][0]), level="note")


def read_markdown(text: SourceText, problems: list[Problem]) -> Markdown:
    """Cut a Markdown file into its fenced blocks; one that is never closed is a problem, and is left out."""
    lines = text.text.split("\n")
    blocks: list[Block] = []
    prose: list[int] = []
    keys: set[str] = set()
    number = found = 0
    while number < len(lines):
        opened = _OPENING.match(lines[number])
        if not opened:
            if lines[number].strip():
                prose.append(number + 1)
            if key := _KEY.match(lines[number]):
                keys.add(name_key(key[1]))
            number += 1
            continue
        found += 1
        opening = Place(text.file, number + 1, len(opened["indent"]) + 1)
        if found > MAX_BLOCKS:
            message = f"more than {MAX_BLOCKS} blocks in one file"
            problems.append(Problem("too-many-blocks", message, opening, "split the collection into files"))
            break
        end, closed = _end(lines, number + 1, opened)
        if closed:
            language = re.sub(r"[^a-z0-9+#-]", " ", opened["info"].lower()).split()
            content = _content(lines[number + 1 : end], text.file, number + 2, len(opened["indent"]))
            blocks.append(Block(content, opening, language[0] if language else ""))
        else:
            hint = f"close it with a line {opened['fence']}"
            problems.append(Problem("unclosed-fence", "the block that begins here is never closed", opening, hint))
        number = end + closed
    return Markdown(tuple(blocks), tuple(_ranges(prose)), len(keys & _OWN_KEYS) > 1)


def _end(lines: list[str], start: int, opened: re.Match[str]) -> tuple[int, bool]:
    """The line that ends a block, and whether it closes it; a block that names a language ends an unclosed one."""
    fence, deepest = opened["fence"], len(opened["indent"]) + 3
    for number in range(start, len(lines)):
        line = lines[number].strip()
        if not line.startswith(fence) or len(lines[number]) - len(lines[number].lstrip()) > deepest:
            continue
        if not line.strip(fence[0]):
            return number, True
        if _OPENING.match(lines[number]):
            return number, False
    return len(lines), False


def _content(lines: list[str], file: str, first_line: int, indent: int) -> SourceText:
    """The lines without the indentation of their fence."""
    margins = [min(indent, len(line) - len(line.lstrip(" \t"))) for line in lines]
    cut = [line[margin:] for line, margin in zip(lines, margins, strict=True)]
    return SourceText("".join(f"{line}\n" for line in cut), file, first_line, margins)


def _ranges(lines: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and line - ranges[-1][1] <= 2:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return ranges
