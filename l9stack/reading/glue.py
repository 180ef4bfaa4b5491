"""Glue and answers: wirings, module mappings, operation bindings, harmonised settings."""

from __future__ import annotations

import re

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.glue import Answers, ConnectionType, FunctionSpec, Glue, ModuleMapping, Wiring
from l9stack.reading.bindings import read_bindings
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section

GLUE_KEYS = frozenset({"wirings", "schema_to_code", "operations"})
_TOP = (
    "wirings",
    "schema_to_code",
    "operations",
    "memory_harmonization",
    "governance_harmonization",
    "communication_harmonization",
    "enforcement",
    "quality_gates",
    "settings",
    "version",
    "title",
    "purpose",
)
_SHARED = {
    "redis": "memory.redis.url",
    "postgres": "memory.postgres.url",
    "neo4j": "memory.neo4j.url",
    "hypergraph": "memory.hypergraph.url",
    "s3": "memory.archive.bucket",
}
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
Settings = dict[str, JsonValue]
Places = dict[str, Place]


def is_glue(node: Node) -> bool:
    """Whether a document is glue: it has a key of one of the dialects and no identity of an agent."""
    entries = node.entries or {}
    return bool(GLUE_KEYS & entries.keys()) and "rootpath" not in entries


def read_glue(node: Node, file: str, problems: list[Problem]) -> Glue:
    """A glue document of either dialect."""
    top = Section(node, "glue", problems, node.place)
    settings: Settings = {}
    places: Places = {}
    _harmonised(top, settings, places)
    read_settings(top.section("settings"), settings, places)
    glue = Glue(
        file=file,
        wirings=_wirings(top),
        mappings=_mappings(top),
        bindings=read_bindings(top),
        settings=settings,
        settings_places=places,
        rules=_rules(top.child("enforcement")),
        quality_gates=_rules(top.child("quality_gates")),
    )
    top.close(_TOP)
    return glue


def read_answers(node: Node, file: str, problems: list[Problem]) -> Answers:
    """An `answers.yaml`: `operations:` and `settings:`."""
    top = Section(node, "answers", problems, node.place)
    settings: Settings = {}
    places: Places = {}
    read_settings(top.section("settings"), settings, places)
    answers = Answers(file=file, bindings=read_bindings(top), settings=settings, settings_places=places)
    top.close(("operations", "settings"), strict=True)
    return answers


def read_settings(section: Section, settings: Settings, places: Places) -> None:
    """Settings by dotted name; `governance: {anchors: []}` and `governance.anchors: []` are the same."""

    def take(node: Node, prefix: str) -> None:
        if node.entries is not None:
            for key, child in node.entries.items():
                take(child, f"{prefix}.{key}" if prefix else key)
        else:
            settings[prefix] = node.plain()
            places[prefix] = node.place

    for key, node in section.rest().items():
        take(node, key)
        section.used.add(key)


def _harmonised(top: Section, settings: Settings, places: Places) -> None:
    backends = top.section("memory_harmonization").section("shared_backends")
    for key, canonical in _SHARED.items():
        if value := backends.text(key):
            settings[canonical], places[canonical] = value, backends.places[key]
    governance = top.section("governance_harmonization")
    if anchors := governance.texts("anchors"):
        settings["governance.anchors"] = list(anchors)
        places["governance.anchors"] = governance.places["anchors"]
    if triggers := governance.texts("shared_escalation_triggers"):
        settings["governance.shared_triggers"] = list(triggers)
        places["governance.shared_triggers"] = governance.places["shared_escalation_triggers"]
    communication = top.section("communication_harmonization")
    if protocol := communication.text("protocol"):
        settings["communication.protocol"], places["communication.protocol"] = (
            protocol,
            communication.places["protocol"],
        )
    retries = communication.section("retry_policy").whole("max_retries")
    if retries is not None:
        settings["communication.max_retries"], places["communication.max_retries"] = retries, communication.place


def _wirings(top: Section) -> tuple[Wiring, ...]:
    child = top.child("wirings")
    wirings = []
    for item in (child.items or []) if child is not None else []:
        entry = Section(item, "wiring", top.problems, item.place)
        source, target = entry.text("from_agent", required=True), entry.text("to_agent", required=True)
        kind = entry.text("connection_type", required=True)
        names = entry.texts("method_names") + entry.texts("packet_types") + entry.texts("event_subscriptions")
        path = entry.text("import_path")
        entry.child("description")
        entry.close(
            (
                "from_agent",
                "to_agent",
                "connection_type",
                "import_path",
                "method_names",
                "packet_types",
                "event_subscriptions",
                "description",
            ),
            strict=True,
        )
        if kind and kind not in tuple(ConnectionType):
            message, known = f"connection_type {kind!r} is not known", f"known: {', '.join(ConnectionType)}"
            entry.error("bad-connection-type", message, entry.places["connection_type"], known)
        elif source and target and kind:
            wirings.append(
                Wiring(
                    from_agent=source,
                    to_agent=target,
                    connection_type=ConnectionType(kind),
                    import_path=path,
                    names=names,
                    place=item.place,
                )
            )
    return tuple(wirings)


def _mappings(top: Section) -> tuple[ModuleMapping, ...]:
    child = top.child("schema_to_code")
    mappings = []
    for key, node in (child.entries or {}).items() if child is not None else ():
        entry = Section(node, f"schema_to_code.{key}", top.problems, node.place)
        mappings.append(
            ModuleMapping(
                key=key,
                target=entry.text("target", required=True),
                template=entry.text("template"),
                requires=entry.texts("requires"),
                fields=_pairs(entry.child("fields")),
                functions=_functions(entry),
                models=entry.texts("models"),
                endpoints=entry.texts("endpoints"),
                rules=_rules(entry.child("validation_rules")),
                place=node.place,
            )
        )
    return tuple(mappings)


def _pairs(node: Node | None) -> tuple[str, ...]:
    """Fields as `name: type = default` text, whether written as text or as one-key mappings."""
    found: list[str] = []
    for item in (node.items or []) if node is not None else []:
        if item.entries is not None:
            found.extend(f"{key}: {child.text}" for key, child in item.entries.items())
        else:
            found.append(item.text)
    return tuple(found)


def _functions(entry: Section) -> tuple[FunctionSpec, ...]:
    child = entry.child("functions")
    functions = []
    for item in (child.items or []) if child is not None else []:
        for name, node in (item.entries or {}).items():
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
    return tuple(functions)


def _rules(node: Node | None) -> tuple[str, ...]:
    """Every text below `rule:` or `gate:` keys, in order."""
    found: list[str] = []
    for item in node.walk() if node is not None else ():
        for key, child in (item.entries or {}).items():
            if key in ("rule", "gate") and child.kind == "scalar":
                found.append(child.text)
    return tuple(found)
