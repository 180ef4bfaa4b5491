"""A YAML document from plain data, in blocks that people read; texts of several lines stay lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from l9stack.rendering.quoting import yaml, yaml_key

_STEP = "  "


def yaml_text(value: Mapping[str, Any], head: str = "") -> str:
    """The document; `head` is a comment in front of it."""
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    return comment + "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, pad: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{pad}{yaml_key(str(key))}:", item, pad + _STEP)
    else:
        for item in value:
            yield from _entry(f"{pad}-", item, pad + _STEP)


def _entry(lead: str, item: Any, pad: str) -> Iterator[str]:
    if _nested(item):
        yield lead
        yield from _lines(item, pad)
    elif isinstance(item, str) and _literal(item):
        yield f"{lead} |"
        yield from (f"{pad}{line}".rstrip() for line in item.removesuffix("\n").split("\n"))
    else:
        yield f"{lead} {yaml(item)}"


def _nested(item: Any) -> bool:
    return bool(item) and (isinstance(item, Mapping) or (isinstance(item, Sequence) and not isinstance(item, str)))


def _literal(text: str) -> bool:
    """Whether a text can stand as it is: whole lines, none of them with what a block would lose or hide."""
    lines = text.removesuffix("\n").split("\n")
    whole = text.endswith("\n") and len(lines) > 1 and not lines[0].startswith(" ")
    return whole and all(line.isprintable() and line == line.rstrip() for line in lines) and all(lines)
