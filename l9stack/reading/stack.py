"""What a stack's own files say about its extraction, read without the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from l9stack.errors import Place
from l9stack.reading.documents import Node, parse


@dataclass(frozen=True, slots=True)
class StackSources:
    """Where the collection lies, relative to the project, where extractions go, and the stack's settings."""

    collection: str
    output: str
    settings: Mapping[str, JsonValue]
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each setting stands, by dotted name."""


def read_stack(root: Path, stack: str) -> StackSources | None:
    """The sources of a stack; None where they cannot be told without the engine (an encrypted setting, odd files)."""
    shared, own = _document(root / "Pulumi.yaml"), _document(root / f"Pulumi.{stack}.yaml")
    if shared is None:
        return None
    found: dict[str, JsonValue] = {}
    for name in ("collection", "output", "settings"):
        node = own.get("config", f"l9stack:{name}") if own else None
        default = shared.get("config", name, "default")
        found[name] = node.plain() if node else default.plain() if default else None
    settings = found["settings"] or {}
    if not isinstance(settings, dict) or "secure" in settings:
        return None
    if not isinstance(found["collection"], str) or not isinstance(found["output"], str):
        return None
    node = own.get("config", "l9stack:settings") if own else None
    return StackSources(found["collection"], found["output"], settings, dict(_places(node)) if node else {})


def _places(node: Node, prefix: str = "") -> Iterator[tuple[str, Place]]:
    for key, child in (node.entries or {}).items():
        if child.entries is not None:
            yield from _places(child, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", child.place


def secrets_provider(root: Path, stack: str) -> str:
    """The provider that a stack's own file names for its secrets; empty where it names none."""
    own = _document(root / f"Pulumi.{stack}.yaml")
    node = own.get("secretsprovider") if own else None
    return node.text if node else ""


def _document(path: Path) -> Node | None:
    if not path.is_file():
        return None
    documents, problems = parse(path.read_text(encoding="utf-8", errors="replace"), path.name)
    return documents[0].root if len(documents) == 1 and not problems else None
