"""What a stack's own files say, read without the engine.

As the engine does, a key without a namespace is taken as one of the project's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.reading.documents import Node, parse

NAMESPACE = "l9stack"
"""Of the project's own keys; it is the project's name."""
OPEN_SALT = "v1:S2HNkjYhkwM=:v1:gyw1FAKbpub9cQXX:5n7Ev/c3zB6cn//VzIRo8enTVCug8A=="
"""What the engine writes for an empty passphrase, once: with it in the file, a deployment leaves the file as it is."""
_SHARED = "Pulumi.yaml"
_READ = (NAMESPACE, "docker", "pulumi")
"""Namespaces that something here reads: the program, the provider of Docker's resources, the engine."""
_TOP = ("config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment")
"""What the engine reads at the top of a stack's file."""


@dataclass(frozen=True, slots=True)
class StackSources:
    """Where the collection lies, relative to the project, where extractions go, and the stack's settings."""

    collection: str
    output: str
    settings: Mapping[str, JsonValue]
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each setting stands, by dotted name."""


def stack_names(root: Path) -> list[str]:
    """The stacks that have a file."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob(_file("*")))


def read_stack(root: Path, stack: str) -> StackSources | None:
    """The sources of a stack; None where they cannot be told without the engine (an encrypted setting, no project).

    Raises:
        InputError: a file is no YAML, or not what the engine takes; so do all that follow.
    """
    configs = tuple(_configs(root, stack))
    found = {name: _first(configs, f"{NAMESPACE}:{name}") for name in ("collection", "output", "settings")}
    plain: dict[str, JsonValue] = {name: node.plain() if node else None for name, node in found.items()}
    settings = plain["settings"] or {}
    if not isinstance(settings, dict) or "secure" in settings:
        return None
    if not isinstance(plain["collection"], str) or not isinstance(plain["output"], str):
        return None
    own = _own(root, stack, f"{NAMESPACE}:settings")
    return StackSources(plain["collection"], plain["output"], settings, dict(_places(own)) if own else {})


def _places(node: Node, prefix: str = "") -> Iterator[tuple[str, Place]]:
    for key, child in (node.entries or {}).items():
        if child.entries is not None:
            yield from _places(child, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", child.place


def place_of(root: Path, stack: str, key: str) -> Place | None:
    """Where a key of a stack's config, as `docker.first_port` or `docker:host`, is set: in its file, else as a default.

    A key that came by another way, as from a command line, has no place.
    """
    first, *below = key.split(".")
    named = first if ":" in first else f"{NAMESPACE}:{first}"
    for config in _configs(root, stack):
        value = config.get(named)
        if value is None:
            continue
        place = config.keys[named]
        while below and value.entries and (known := _longest(value.entries, below)):
            place, value = value.keys[known], value.entries[known]
            below = below[known.count(".") + 1 :]
        return place
    return None


def _longest(entries: Mapping[str, Node], names: list[str]) -> str:
    """The key that the most of `names` make, for a key may have dots itself; empty where there is none."""
    return next((key for end in range(len(names), 0, -1) if (key := ".".join(names[:end])) in entries), "")


def stack_values(root: Path, stack: str) -> dict[str, str]:
    """A stack's config as the engine would hand it over, without what is encrypted."""
    problems: list[Problem] = []
    values: dict[str, str] = {}
    for file in (_SHARED, _file(stack)):
        if not (root / file).is_file():
            hint = "give a stack that has a file, or make it"
            problems.append(Problem("no-stack", f"there is no {file}", Place(file), hint))
            continue
        try:
            config = _config(root, file)
        except InputError as error:
            problems += error.problems
            continue
        for key, node in ((config.entries or {}) if config else {}).items():
            value = _open(node)
            if value is not None:
                whole = isinstance(value, dict | list | bool)
                values[key] = json.dumps(value) if whole else str(value)
    if problems:
        raise InputError(problems)
    return values


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
    found = _first(_configs(root, stack), key)
    return found.text if found and found.kind == "scalar" and not found.empty else ""


def stack_entries(root: Path, stack: str, key: str) -> tuple[str, ...]:
    """The names in a mapping of a stack's config, as `l9stack:backends`; those too whose values are encrypted."""
    node = _own(root, stack, key)
    return tuple(node.entries or ()) if node else ()


def is_set(root: Path, stack: str, key: str, *below: str) -> bool:
    """Whether a stack's own file has an entry in a mapping of its config, encrypted or not."""
    node = _own(root, stack, key)
    return node is not None and node.get(*below) is not None


def stack_texts(root: Path, stack: str, key: str) -> dict[str, tuple[str, Place]]:
    """The texts in a mapping of a stack's own file, as `l9stack:docker`, by dotted name, less what is encrypted."""
    node = _own(root, stack, key)
    return dict(_texts(node)) if node else {}


def _texts(node: Node, prefix: str = "") -> Iterator[tuple[str, tuple[str, Place]]]:
    for key, child in (node.entries or {}).items():
        if child.entries is not None and list(child.entries) != ["secure"]:
            yield from _texts(child, f"{prefix}{key}.")
        elif child.kind == "scalar":
            yield f"{prefix}{key}", (child.text, child.place)


def secrets_provider(root: Path, stack: str) -> str:
    """The provider that a stack's own file names for its secrets; empty where it names none."""
    return _top(root, stack, "secretsprovider")


def keeps_no_secret(root: Path, stack: str) -> bool:
    """Whether a stack's own file says that an empty passphrase is the stack's own, as the dev stack's does."""
    return _top(root, stack, "encryptionsalt") == OPEN_SALT


def _top(root: Path, stack: str, key: str) -> str:
    document = _document(root, _file(stack))
    node = document.get(key) if document else None
    return node.text if node else ""


def unread_keys(root: Path, stack: str) -> list[Problem]:
    """A note for each key of a stack's file that nothing reads: most often a slip, which the engine passes over."""
    document, config = _document(root, _file(stack)), _config(root, _file(stack))
    top = {key: document.keys[key] for key in (document.entries or {})} if document else {}
    below = {key: config.keys[key] for key in (config.entries or {})} if config else {}
    wrong = [(key, place, _TOP) for key, place in top.items() if key not in _TOP] + [
        (key, place, tuple(f"{name}:…" for name in _READ))
        for key, place in below.items()
        if key.partition(":")[0] not in _READ
    ]
    return [
        Problem("unread-key", f"nothing reads {key!r}", place, f"what is read: {', '.join(read)}", "note")
        for key, place, read in wrong
    ]


def _configs(root: Path, stack: str) -> Iterator[Node]:
    """What a stack's own file says, then the defaults; the second is read only where it is asked for."""
    for file in (_file(stack), _SHARED):
        if (config := _config(root, file)) is not None:
            yield config


def _first(configs: Iterable[Node], key: str) -> Node | None:
    return next((node for config in configs if (node := config.get(key)) is not None), None)


def _own(root: Path, stack: str, key: str) -> Node | None:
    config = _config(root, _file(stack))
    return config.get(key) if config else None


def _file(stack: str) -> str:
    return f"Pulumi.{stack}.yaml"


def _config(root: Path, file: str) -> Node | None:
    """The values of a file's config by their whole keys; of the project's own file, the defaults."""
    document = _document(root, file)
    config = document.get("config") if document else None
    if config is None or config.entries is None:
        return None
    named = {key if ":" in key else f"{NAMESPACE}:{key}": key for key in config.entries}
    if len(named) < len(config.entries):
        twice = next(key for key in config.entries if ":" not in key and named[f"{NAMESPACE}:{key}"] != key)
        hint = "keep one of them"
        problem = Problem("stack-file", f"{NAMESPACE}:{twice} is set twice", config.keys[twice], hint)
        raise InputError([problem])
    found = {whole: (config.keys[key], config.entries[key]) for whole, key in named.items()}
    if file == _SHARED:
        found = {whole: default for whole, said in found.items() if (default := _default(*said)) is not None}
    entries = {whole: node for whole, (_, node) in found.items()}
    return replace(config, entries=entries, keys={whole: place for whole, (place, _) in found.items()})


def _default(place: Place, node: Node) -> tuple[Place, Node] | None:
    """What the project's own file gives a key: a default, or, of another namespace, a value; and where."""
    if node.entries is None:
        return place, node
    return next(((node.keys[key], node.entries[key]) for key in ("default", "value") if key in node.entries), None)


def _document(root: Path, file: str) -> Node | None:
    """The root of a file; None where there is no such file, or nothing in it."""
    path = root / file
    if not path.is_file():
        return None
    documents, problems = parse(path.read_text(encoding="utf-8", errors="replace"), file)
    problems += [_wrong(more.root.place, "one document only") for more in documents[1:]]
    if documents:
        found = documents[0].root
        for part in (found, found.get("config")):
            if part is not None and part.entries is None and not part.empty:
                problems.append(_wrong(part.place, "a mapping"))
    if problems:
        raise InputError(problems)
    return documents[0].root if documents else None


def _wrong(place: Place, wanted: str) -> Problem:
    return Problem("stack-file", f"expected {wanted}", place, "as `config: {l9stack:runtime: docker}`")
