"""What a stack's own files say about its extraction, read without the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from l9stack.errors import Place, Problem
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


def place_of(root: Path, stack: str, key: str) -> Place | None:
    """Where a key of a stack's config, as `docker.first_port`, is set: in the stack's file, else as a default.

    A key whose file cannot be read, or that came by another way, as from a command line, has no place.
    """
    own, shared = _document(root / f"Pulumi.{stack}.yaml"), _document(root / "Pulumi.yaml")
    first, *below = key.split(".")
    for node, path in ((own, ("config", f"l9stack:{first}")), (shared, ("config", first, "default"))):
        *above, last = path
        parent = node.get(*above) if node else None
        if parent is None or parent.entries is None or last not in parent.entries:
            continue
        place, value = parent.keys[last], parent.entries[last]
        while below and value.entries and (known := _longest(value.entries, below)):
            place, value = value.keys[known], value.entries[known]
            below = below[known.count(".") + 1 :]
        return place
    return None


def _longest(entries: Mapping[str, Node], names: list[str]) -> str:
    """The key that the most of `names` make, for a key may have dots itself; empty where there is none."""
    return next((key for end in range(len(names), 0, -1) if (key := ".".join(names[:end])) in entries), "")


def stack_values(root: Path, stack: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """A stack's config as the engine would hand it over, without what is encrypted; and what is no YAML."""
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for path in (root / "Pulumi.yaml", root / f"Pulumi.{stack}.yaml"):
        if not path.is_file():
            hint = "give a stack that has a file, or make it"
            problems.append(Problem("no-stack", f"there is no {path.name}", Place(path.name), hint))
            continue
        documents, found = parse(path.read_text(encoding="utf-8", errors="replace"), path.name)
        problems += found
        config = documents[0].root.get("config") if documents else None
        for key, node in ((config.entries or {}) if config else {}).items():
            default = path.name == "Pulumi.yaml"
            value = _open((node.get("default") or Node(node.place)) if default else node)
            if value is not None:
                whole = isinstance(value, dict | list | bool)
                values[f"l9stack:{key}" if default else key] = json.dumps(value) if whole else str(value)
    return values, tuple(problems)


def _open(node: Node) -> JsonValue:
    """A value as plain data, less what is encrypted in it."""
    if node.entries is not None:
        if list(node.entries) == ["secure"]:
            return None
        opened = {key: _open(child) for key, child in node.entries.items()}
        return {key: value for key, value in opened.items() if value is not None}
    value: JsonValue = node.plain()
    return value


def stack_text(root: Path, stack: str, key: str) -> str:
    """A text of a stack's config by its whole key, as `docker:host`; empty where it is encrypted or set nowhere."""
    own, shared = _document(root / f"Pulumi.{stack}.yaml"), _document(root / "Pulumi.yaml")
    node = own.get("config", key) if own else None
    default = shared.get("config", key.removeprefix("l9stack:"), "default") if shared else None
    found = node or default
    return found.text if found and found.kind == "scalar" and not found.empty else ""


def stack_entries(root: Path, stack: str, key: str) -> tuple[str, ...]:
    """The names in a mapping of a stack's config, as `l9stack:backends`; those too whose values are encrypted."""
    own = _document(root / f"Pulumi.{stack}.yaml")
    node = own.get("config", key) if own else None
    return tuple(node.entries or ()) if node else ()


def stack_texts(root: Path, stack: str, key: str) -> dict[str, tuple[str, Place]]:
    """The texts in a mapping of a stack's own file, as `l9stack:docker`, by dotted name, less what is encrypted."""
    own = _document(root / f"Pulumi.{stack}.yaml")
    node = own.get("config", key) if own else None
    return dict(_texts(node)) if node else {}


def _texts(node: Node, prefix: str = "") -> Iterator[tuple[str, tuple[str, Place]]]:
    for key, child in (node.entries or {}).items():
        if child.entries is not None and list(child.entries) != ["secure"]:
            yield from _texts(child, f"{prefix}{key}.")
        elif child.kind == "scalar":
            yield f"{prefix}{key}", (child.text, child.place)


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
