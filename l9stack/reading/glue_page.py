"""The words of glue and answers as a page for people, `docs/glue.md`: its tables are made from `glue_words.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from l9stack.reading.glue_words import ANSWERS, GLUE, MARKS
from l9stack.reading.word import Word

_KINDS = {
    "text": "text",
    "texts": "text, or a list of texts",
    "flag": "true or false",
    "count": "whole number",
    "number": "number",
    "mapping": "mapping",
    "list": "list",
    "any": "any value",
}
_HEAD = """# Words of glue and answers

Made by `make regen` from `l9stack/reading/glue_words.py`, by which the readers check and the JSON Schemas are printed.

A word is read in any case, and with or without `_`, `-` and spaces: `fromAgent` is `from_agent`. Each such spelling is
noted, two spellings of one word are an error, and so is a word that is not listed here, with `did you mean` where one
is like it. What "describes" is read, and sets nothing. [Wirings](wirings.md) and [behaviours](behaviours.md) have
references of their own, with examples; settings are in [theirs](settings.md).
"""
_GLUE = f"""## Glue

{GLUE.about} A document is glue where it has one of
{{marks}}
and no `rootpath`. One that continues no agent is glue as well where all its words are in this table, {{acting}} among
them. Several documents of glue are read as one; a collection without any has the project's default glue.
"""
_ANSWERS = f"""## Answers

{ANSWERS.about} What they say of an operation wins over what glue says of it, word by word.
"""


def glue_page() -> str:
    """The page in Markdown."""
    marks = ", ".join(f"`{name}`" for name in GLUE.names if name in MARKS)
    acting = " or ".join(f"`{word.name}`" for word in GLUE.fields if not (word.marks or word.descriptive))
    tables = (_section(word, paths) for word, paths in _paths(GLUE).items())
    head = _GLUE.format(marks=marks, acting=acting)
    parts = [_HEAD, head, _table(GLUE), *tables, _ANSWERS, _table(ANSWERS)]
    return "\n".join(parts)


def _paths(word: Word, path: str = "") -> dict[Word, list[str]]:
    """Every word below that has parts of its own, with all paths at which it stands."""
    found: dict[Word, list[str]] = {}
    for part in (*word.fields, *([word.each] if word.each else ())):
        below = f"{path}{part.name}" if not path or part.name == "[]" else f"{path}.{part.name}"
        if part.fields:
            found.setdefault(part, []).append(below)
        for one, paths in _paths(part, below).items():
            found.setdefault(one, []).extend(paths)
    return found


def _section(word: Word, paths: Sequence[str]) -> str:
    return f"### {', '.join(f'`{path}`' for path in paths)}\n\n{word.about}\n\n{_table(word)}"


def _table(word: Word) -> str:
    rows = [(f"`{part.name}`", _holds(part), part.about, _acts(part)) for part in word.fields]
    return _printed(("word", "holds", "means", "what acts on it"), rows)


def _holds(word: Word) -> str:
    held = ", ".join(f"`{known}`" for known in word.known) or _KINDS[word.kind]
    bounds = f", {word.bounds}" if word.bounds else ""
    return f"{held}{bounds}{'; required' if word.required else ''}"


def _acts(word: Word) -> str:
    if word.setting:
        return f"the setting `{word.setting}`"
    return word.acts or ("nothing: it describes" if word.descriptive else "its parts")


def _printed(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
