"""Every scalar of a YAML text, values and keys, by its position; one of them replaced by another text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Leaf:
    """A scalar: where it stands, its path, and what it says."""

    path: str
    start: int
    end: int
    text: str

    def replaced(self, whole: str, text: str) -> str:
        """`whole` with this scalar replaced by `text`, quoted so that YAML reads back exactly that."""
        ending = "\n" if whole[self.start : self.end].endswith("\n") else ""
        return whole[: self.start] + quoted(text) + ending + whole[self.end :]


def leaves(text: str) -> list[Leaf]:
    """All scalars of all documents; the path of a key ends in `?`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [leaf for number, node in enumerate(yaml.compose_all(text, loader)) for leaf in _walk(node, str(number))]


def _walk(node: yaml.Node, path: str) -> Iterator[Leaf]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = f"{path}.{key.value}"
            yield Leaf(f"{below}?", key.start_mark.index, key.end_mark.index, key.value)
            yield from _walk(value, below)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _walk(item, f"{path}.{number}")
    else:
        yield Leaf(path, node.start_mark.index, node.end_mark.index, node.value)


def quoted(text: str) -> str:
    """A double-quoted YAML scalar in ASCII."""
    plain = (char if " " <= char <= "~" and char not in '"\\' else f"\\U{ord(char):08X}" for char in text)
    return f'"{"".join(plain)}"'
