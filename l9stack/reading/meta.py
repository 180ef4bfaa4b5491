"""The four meta templates of a folder: what they set, by canonical dotted names, with places.

Nothing in them is passed over: a key is read, or it is an error with the nearest known one, or, for the sections that
templates in the wild have beside ours, a note that says it is not read.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from pydantic import JsonValue

from l9stack.errors import InputError, Place, Problem
from l9stack.model.meta import ALWAYS_ON, FLAGS, Meta, Sequence
from l9stack.reading.documents import Node, parse
from l9stack.reading.fields import TYPO_RATIO, Section
from l9stack.reading.gates import described, read_gates
from l9stack.reading.glue import Places, Settings, read_settings
from l9stack.reading.protocols import read_protocols

FILES = (
    "meta.codegen.schema.yaml",
    "meta.extraction.sequence.yaml",
    "meta.validation.checklist.yaml",
    "meta.dependency.integration.yaml",
)
PHASES = (
    "research_and_lock",
    "baseline",
    "implementation",
    "enforcement",
    "validation",
    "recursive_verification",
    "finalisation",
)
_TOP = {
    FILES[0]: ("shared_configuration",),
    FILES[1]: ("sequence",),
    FILES[2]: ("gates",),
    FILES[3]: ("protocols", "integration_test"),
}
_STEPS = ("steps", "failures")
_CHECKLIST = "validation_checklist"
_ELSEWHERE = ("integration_tests",)
"""Sections of templates in the wild whose names are near to ours, and which are no slips of the pen."""
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
_SECTIONS = {
    "governance": {
        "mode": "governance.mode",
        "unbound_operations": "governance.unbound_operations",
        "timeout_seconds": "governance.timeout_seconds",
        "shared_escalation_triggers": "governance.shared_triggers",
    },
    "communication": {"primary_protocol": "communication.protocol", "max_retries": "communication.max_retries"},
    "logging": {"level": "logging.level", "root_folder": "logging.root"},
    "monitoring": {"enabled": "monitoring.enabled", "dashboards_root": "monitoring.dashboards"},
    "limits": {"rate": "limits.rate", "max_payload_bytes": "limits.max_payload_bytes"},
}
_DESCRIBED = {
    "memory_topology": ("extensions", "prefix", "retention"),
    "governance": ("human_override", "compliance_auditor", "escalation_policy"),
    "communication": ("secondary_protocol", "tertiary_protocol", "authentication"),
    "logging": ("per_agent", "structured_logging", "audit_trail"),
    "monitoring": ("metrics",),
}
"""Keys that templates in the wild have, and that set nothing here: they are told, once each."""


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.settings: Settings = {}
        self.places: Places = {}
        self.texts: dict[str, str] = {}

    def sections(self, file: str) -> dict[str, Section]:
        """The known top-level mappings of all documents of a file, by key; the others are told."""
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
            if document.root.entries is None and len(documents) == 1:
                hint = f"begin with `{_TOP[file][0]}:`"
                self.problems.append(Problem("not-a-mapping", "the file is no mapping", document.root.place, hint))
            for key, node in (document.root.entries or {}).items():
                if key in _TOP[file]:
                    found[key] = self._once(file, key, node, found)
                else:
                    self._unknown_top(file, key, document.root, whole=len(documents) == 1)
        return found

    def _once(self, file: str, key: str, node: Node, found: dict[str, Section]) -> Section:
        if key in found:
            message = f"`{key}` is given twice, first at {found[key].place}"
            self.problems.append(Problem("duplicate-key", message, node.place, "keep one of them"))
        return Section(node, key, self.problems, Place(file))

    def _unknown_top(self, file: str, key: str, root: Node, *, whole: bool) -> None:
        """A key that is not ours: a typo, or, in a file of one document, a mistake; else a section that is told."""
        place, known = root.keys[key], _TOP[file]
        near = difflib.get_close_matches(key, known, 1, TYPO_RATIO)
        if (near and key not in _ELSEWHERE) or whole:
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            self.problems.append(Problem("unknown-field", f"{file}: unknown key `{key}`", place, hint))
        elif key == _CHECKLIST:
            self.problems.append(described(root.entries[key] if root.entries else root, key))
        else:
            message = f"`{key}` is a section of another form, and is not read"
            self.problems.append(Problem("not-read", message, place, f"read here: {', '.join(known)}", "note"))

    def put(self, section: Section, names: dict[str, str], described: tuple[str, ...], *also: str) -> None:
        """Take the fields of a section into their canonical settings, and refuse what it has besides."""
        for field, canonical in names.items():
            value: JsonValue = section.value(field)
            if value is not None:
                self.settings[canonical], self.places[canonical] = value, section.places[field]
        for key in described:
            if section.has(key):
                section.child(key)
                section.note("not-read", f"{section.where}.{key} describes, and sets nothing", section.places[key])
        section.close((*names, *described, *also), strict=True)


def read_meta(folder: Path) -> Meta:
    """Read the meta templates.

    Raises:
        InputError: with every problem of the four files.
    """
    reader = _Reader(folder)
    codegen, ordering, checklist, integration = (reader.sections(file) for file in FILES)
    nothing = Section(None, "", reader.problems, Place(str(folder)))
    flags = _shared(reader, codegen.get("shared_configuration", nothing))
    sequence = _sequence(ordering.get("sequence", nothing))
    gates = read_gates(checklist.get("gates", nothing))
    protocols = read_protocols(integration.get("protocols", nothing))
    _steps(integration.get("integration_test", nothing))
    if any(problem.level == "error" for problem in reader.problems):
        raise InputError(problem for problem in reader.problems if problem.level == "error")
    return Meta(
        folder=str(folder),
        settings=reader.settings,
        settings_places=reader.places,
        flags=flags,
        gates=gates,
        protocols=protocols,
        sequence=sequence,
        notes=tuple(reader.problems),
        texts=reader.texts,
    )


def _shared(reader: _Reader, shared: Section) -> dict[str, bool]:
    memory = shared.section("memory_topology")
    for layer, names in _MEMORY.items():
        part = memory.section(layer)
        part.text("type")
        reader.put(part, names, _DESCRIBED["memory_topology"], "type")
    memory.close(_MEMORY, strict=True)
    governance = shared.section("governance")
    anchors = governance.child("anchors")
    if anchors is not None:
        _anchors(reader, anchors, governance)
    for name, names in _SECTIONS.items():
        section, also = (governance, ["anchors"]) if name == "governance" else (shared.section(name), [])
        reader.put(section, names, _DESCRIBED.get(name, ()), *also)
    read_settings(shared.section("settings"), reader.settings, reader.places)
    flags = _flags(shared.section("feature_flags"))
    shared.close(("memory_topology", *_SECTIONS, "settings", "feature_flags"), strict=True)
    return flags


def _anchors(reader: _Reader, anchors: Node, governance: Section) -> None:
    """`anchors:` as a list of names, or of mappings with a `name` (and `role`, `contact`, `members` for the reader)."""
    names: list[JsonValue] = []
    for item in anchors.items or ():
        if item.entries is None:
            names.append(item.text)
            continue
        entry = Section(item, "governance.anchors", governance.problems, item.place)
        names.append(entry.text("name", required=True))
        entry.child("role"), entry.child("contact"), entry.child("members")
        entry.close(("name", "role", "contact", "members"), strict=True)
    if anchors.items is None or not names:
        hint = "list `- name: WHO`"
        governance.error("not-a-list", "governance.anchors has to be a list of people", anchors.place, hint)
        return
    reader.settings["governance.anchors"], reader.places["governance.anchors"] = names, anchors.place


def _flags(section: Section) -> dict[str, bool]:
    flags: dict[str, bool] = {}
    for name, node in section.rest().items():
        if name not in FLAGS:
            near = difflib.get_close_matches(name, FLAGS, 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(FLAGS)}"
            place = section.node.keys[name] if section.node else node.place
            section.error("unknown-flag", f"{name} is no flag: nothing would follow it", place, hint)
        elif not isinstance(node.value, bool):
            section.error("bad-flag", f"{name} has to be true or false", node.place, f"write `{name}: true`")
        elif not node.value and name in ALWAYS_ON:
            section.error("bad-flag", f"{name} cannot be off: {ALWAYS_ON[name]}", node.place, "remove the line")
        else:
            flags[name] = node.value
    return flags


def _sequence(section: Section) -> Sequence:
    order = section.choice("order", ("hard_dependencies", "hard_and_soft_dependencies"), "hard_dependencies")
    parallel = section.flag("parallel_agents", default=True)
    most = section.whole("max_parallel_agents")
    if most == 0:
        place = section.places["max_parallel_agents"]
        section.error("out-of-bounds", f"{section.where}.max_parallel_agents has to be 1 or more", place)
    phases = section.texts("phases")
    if section.has("phases") and phases != PHASES:
        hint = f"[{', '.join(PHASES)}], or remove the line"
        section.error("bad-phases", "phases are gone through in one order, all of them", section.places["phases"], hint)
    section.close(("order", "parallel_agents", "max_parallel_agents", "phases"), strict=True)
    return Sequence.model_validate({"order": order, "parallel_agents": parallel, "max_parallel_agents": most or None})


def _steps(section: Section) -> None:
    """`integration_test` describes what tests of an edge go through; it is checked, and sets nothing."""
    for name in _STEPS:
        section.texts(name)
    section.close(_STEPS, strict=True)
