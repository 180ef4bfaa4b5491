"""The four meta templates of a folder: what they set, by canonical dotted names, with places."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.model.meta import GateThreshold, Meta, Protocol
from l9stack.reading.documents import Node, parse
from l9stack.reading.fields import Section
from l9stack.reading.glue import Places, Settings, read_settings

FILES = (
    "meta.codegen.schema.yaml",
    "meta.extraction.sequence.yaml",
    "meta.validation.checklist.yaml",
    "meta.dependency.integration.yaml",
)
UNITS = ("percent", "count_max", "count_min", "flag")
_MEMORY = {
    "working_memory": {
        "connection": "memory.redis.url",
        "keyspace_prefix": "memory.redis.keyspace_prefix",
        "ttl_seconds": "memory.redis.ttl_seconds",
    },
    "episodic_memory": {"connection": "memory.postgres.url"},
    "semantic_memory": {"connection": "memory.neo4j.url"},
    "causal_memory": {"connection": "memory.hypergraph.url"},
    "archive": {"bucket": "memory.archive.bucket"},
}
_GOVERNANCE = {
    "mode": "governance.mode",
    "unbound_operations": "governance.unbound_operations",
    "timeout_seconds": "governance.timeout_seconds",
}


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.settings: Settings = {}
        self.places: Places = {}
        self.texts: dict[str, str] = {}

    def sections(self, file: str) -> dict[str, Section]:
        """Top-level mappings of all documents of a file, by key."""
        path = self.folder / file
        if not path.is_file():
            hint = "the shipped templates lie in templates/meta/"
            self.problems.append(Problem("no-meta-template", f"{file} is missing", Place(str(path)), hint))
            return {}
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.problems.append(Problem("not-utf8", "the file is not UTF-8 text", Place(file), "save it as UTF-8"))
            return {}
        self.texts[file] = text
        documents, problems = parse(text, file)
        self.problems.extend(problems)
        found: dict[str, Section] = {}
        for document in documents:
            for key, node in (document.root.entries or {}).items():
                if node.entries is not None:
                    found[key] = Section(node, key, self.problems, node.place)
        return found

    def put(self, section: Section, names: dict[str, str]) -> None:
        """Take the fields of a section that are there into their canonical settings."""
        for field, canonical in names.items():
            value: JsonValue = section.value(field)
            if value is not None:
                self.settings[canonical], self.places[canonical] = value, section.places[field]


def read_meta(folder: Path) -> Meta:
    """Read the meta templates.

    Raises:
        InputError: with every problem of the four files.
    """
    reader = _Reader(folder)
    codegen = reader.sections(FILES[0])
    flags = _shared(reader, codegen.get("shared_configuration"))
    sequence = reader.sections(FILES[1]).get("sequence")
    parallel = sequence.flag("parallel_agents", default=True) if sequence else True
    gates = _gates(reader.sections(FILES[2]).get("gates"))
    integration = reader.sections(FILES[3])
    protocols = _protocols(integration.get("protocols"))
    if any(problem.level == "error" for problem in reader.problems):
        raise InputError(reader.problems)
    return Meta(
        folder=str(folder),
        settings=reader.settings,
        settings_places=reader.places,
        flags=flags,
        gates=gates,
        protocols=protocols,
        parallel_agents=parallel,
        texts=reader.texts,
    )


def _shared(reader: _Reader, shared: Section | None) -> dict[str, bool]:
    if shared is None:
        return {}
    memory = shared.section("memory_topology")
    for layer, names in _MEMORY.items():
        reader.put(memory.section(layer), names)
    governance = shared.section("governance")
    reader.put(governance, _GOVERNANCE)
    anchors = governance.child("anchors")
    if anchors is not None and anchors.items:
        reader.settings["governance.anchors"] = [_anchor(item, governance) for item in anchors.items]
        reader.places["governance.anchors"] = anchors.place
    reader.put(
        shared.section("communication"),
        {"primary_protocol": "communication.protocol", "max_retries": "communication.max_retries"},
    )
    reader.put(shared.section("logging"), {"level": "logging.level", "root_folder": "logging.root"})
    reader.put(
        shared.section("monitoring"), {"enabled": "monitoring.enabled", "dashboards_root": "monitoring.dashboards"}
    )
    reader.put(shared.section("limits"), {"rate": "limits.rate", "max_payload_bytes": "limits.max_payload_bytes"})
    read_settings(shared.section("settings"), reader.settings, reader.places)
    return _flags(shared.section("feature_flags"))


def _anchor(item: Node, governance: Section) -> str:
    if item.entries is not None:
        return Section(item, "governance.anchors", governance.problems, item.place).text("name", required=True)
    return item.text


def _flags(section: Section) -> dict[str, bool]:
    flags: dict[str, bool] = {}
    for name, node in section.rest().items():
        if not name.startswith("L9_ENABLE_") or not isinstance(node.value, bool):
            section.error("bad-flag", f"{name} is no flag", node.place, "write `L9_ENABLE_NAME: true`")
        else:
            flags[name] = node.value
    return flags


def _gates(section: Section | None) -> tuple[GateThreshold, ...]:
    gates: list[GateThreshold] = []
    for phase_name, phase_node in section.rest().items() if section else ():
        if not phase_name.startswith("phase_") or not phase_name[6:7].isdigit():
            if section:
                section.error(
                    "bad-phase", f"{phase_name} is no phase", phase_node.place, "name it `phase_0` to `phase_6`"
                )
            continue
        for gate, node in (phase_node.entries or {}).items():
            entry = Section(node, f"gates.{phase_name}.{gate}", section.problems if section else [], node.place)
            unit, threshold = entry.text("unit", "flag"), entry.number("threshold")
            if unit not in UNITS:
                entry.error(
                    "bad-unit", f"{entry.where}: unit {unit!r}", entry.places.get("unit"), f"known: {', '.join(UNITS)}"
                )
            gates.append(
                GateThreshold(
                    gate=gate,
                    phase=int(phase_name[6]),
                    threshold=1.0 if threshold is None else threshold,
                    unit=unit,
                    description=" ".join(entry.text("description").split()),
                    place=node.place,
                )
            )
            entry.close(("unit", "threshold", "description"), strict=True)
    return tuple(gates)


def _protocols(section: Section | None) -> tuple[Protocol, ...]:
    protocols = []
    for name, node in section.rest().items() if section else ():
        entry = Section(node, f"protocols.{name}", section.problems if section else [], node.place)
        fields: dict[str, dict[str, str]] = {}
        for part in ("required", "optional"):
            child = entry.child(part)
            fields[part] = {key: value.text for key, value in (child.entries or {}).items()} if child else {}
        entry.child("description")
        entry.close(("required", "optional", "description"), strict=True)
        if not fields["required"]:
            entry.error(
                "bad-protocol", f"{entry.where} has no required fields", node.place, "list `required: {field: type}`"
            )
        protocols.append(Protocol(name=name, required=fields["required"], optional=fields["optional"]))
    return tuple(protocols)
