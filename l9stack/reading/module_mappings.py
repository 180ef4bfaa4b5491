"""`schema_to_code` of glue: what single files hold, and the rules and quality gates beside it."""

from __future__ import annotations

import re

from l9stack.errors import Place
from l9stack.model.agent import Endpoint
from l9stack.model.glue import FieldSpec, FunctionSpec, ModelSpec, ModuleMapping, Sentence
from l9stack.reading.bindings import read_fields
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section
from l9stack.reading.glue_words import FUNCTION, MAPPING, SENTENCES
from l9stack.reading.vocabulary import METHODS

_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_TAKEN = ("Field", "JsonValue", "Literal", "None", "Payload", "Record", "True", "False")
"""Names that the module of the models uses itself."""
_FIELD = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*:\s*(int|float|bool|str)\s*=\s*\S.*\Z")


def read_mappings(top: Section) -> tuple[ModuleMapping, ...]:
    """Every entry of `schema_to_code`."""
    mappings, told = [], dict[str, Place]()
    for key, node in top.section("schema_to_code").rest().items():
        entry = Section(node, f"schema_to_code.{key}", top.problems, node.place)
        target = entry.text("target", required=True)
        if target and (target.startswith("/") or ".." in target.split("/")):
            entry.error("bad-path", f"{entry.where}.target leaves the agent's folder", entry.places["target"])
        mappings.append(
            ModuleMapping(
                key=key,
                target=target,
                template=entry.text("template"),
                requires=entry.texts("requires"),
                fields=_settings(entry),
                functions=_functions(entry),
                models=_models(entry),
                endpoints=_endpoints(entry),
                rules=tuple(sentence.text for sentence in read_rules(entry, "validation_rules")),
                place=node.place,
            )
        )
        for word in MAPPING.fields:
            if word.descriptive and entry.child(word.name) is not None:
                told.setdefault(word.name, entry.places[word.name])
        entry.close(MAPPING.names, strict=MAPPING.closed)
    if told:
        message = f"schema_to_code: what is said by {', '.join(told)} describes, and sets nothing"
        top.note("not-read", message, next(iter(told.values())))
    return tuple(mappings)


def _settings(entry: Section) -> tuple[str, ...]:
    """Fields as `name: type = default` text, whether written as text or as one-key mappings."""
    child = entry.child("fields")
    found: list[str] = []
    for item in _list(entry, child, "fields"):
        for text in [f"{key}: {node.text}" for key, node in item.entries.items()] if item.entries else [item.text]:
            if _FIELD.match(text):
                found.append(text)
            else:
                hint = "write `name: type = default`; types are int, float, bool and str"
                entry.error("bad-field", f"{entry.where}.fields: {text!r} is no typed default", item.place, hint)
    return tuple(found)


def _list(entry: Section, child: Node | None, name: str) -> list[Node]:
    if child is not None and child.items is None:
        entry.error("not-a-list", f"{entry.where}.{name} has to be a list", child.place)
    return (child.items or []) if child is not None else []


def _functions(entry: Section) -> tuple[FunctionSpec, ...]:
    functions: list[FunctionSpec] = []
    for item in _list(entry, entry.child("functions"), "functions"):
        named = item.entries if item.entries is not None else {item.text: Node(item.place)}
        for name, node in named.items():
            fields = Section(node, f"{entry.where}.functions.{name}", entry.problems, node.place)
            if not _NAME.match(name):
                fields.error("bad-function", f"{name!r} is no function name", node.place, "use letters, digits and _")
                continue
            functions.append(
                FunctionSpec(
                    name=name,
                    signature=fields.text("signature"),
                    docstring=fields.text("docstring"),
                    logic=fields.text("logic"),
                    place=node.place,
                )
            )
            fields.close(FUNCTION.names, strict=FUNCTION.closed)
    return tuple(functions)


def _models(entry: Section) -> tuple[ModelSpec, ...]:
    """Models by name, `- Name`, or with typed fields, `- Name: {field: type}`, as in `operations:`."""
    models: list[ModelSpec] = []
    for item in _list(entry, entry.child("models"), "models"):
        named: dict[str, Node | None] = dict(item.entries) if item.entries is not None else {item.text: None}
        for name, node in named.items():
            if not _CLASS.match(name) or name in _TAKEN or name in [model.name for model in models]:
                message = f"{entry.where}.models: {name!r} is no class name, or is taken"
                entry.error("bad-model", message, item.place, "write it in CapWords, once")
                continue
            fields: tuple[FieldSpec, ...] | None = None
            if node is not None:
                fields = read_fields(node, entry, f"{entry.where}.models.{name}")
            models.append(ModelSpec(name=name, fields=fields, place=item.place))
    return tuple(models)


def _endpoints(entry: Section) -> tuple[Endpoint, ...]:
    found = []
    for number, text in enumerate(entry.texts("endpoints")):
        method, _, path = text.partition(" ")
        if method.upper() not in METHODS or not path.strip().startswith("/"):
            place = entry.places.get(f"endpoints.{number}")
            entry.error("bad-endpoint", f"{entry.where}: {text!r} is no endpoint", place, "write `POST /path`")
            continue
        found.append(Endpoint(method=method.upper(), path=path.strip()))
    return tuple(found)


def read_rules(section: Section, name: str) -> tuple[Sentence, ...]:
    """Sentences of a list, of `rule:` or `gate:` keys in one, or of several such lists by topic."""
    child = section.child(name)
    found: list[Sentence] = []

    def take(node: Node) -> None:
        if node.kind == "scalar":
            found.append(Sentence(text=node.text.strip(), place=node.place))
        elif node.items is not None:
            for item in node.items:
                take(item)
        else:
            for key, item in (node.entries or {}).items():
                if key not in SENTENCES.names and item.kind == "scalar":
                    hint = "write `- rule: TEXT`, or plain text"
                    section.error("unknown-field", f"{section.where}.{name}: unknown key `{key}`", item.place, hint)
                else:
                    take(item)

    if child is not None:
        take(child)
    return tuple(sentence for sentence in found if sentence.text)
