"""`shared_configuration` of `meta.codegen.schema.yaml`: settings by their canonical names, and feature flags."""

from __future__ import annotations

import difflib

from pydantic import JsonValue

from l9stack.model.meta import ALWAYS_ON, FLAGS
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section
from l9stack.reading.glue import read_settings
from l9stack.reading.meta_files import MetaReader

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


def read_shared(reader: MetaReader, shared: Section) -> dict[str, bool]:
    """Take the settings of the section into the reader; the flags."""
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


def _anchors(reader: MetaReader, anchors: Node, governance: Section) -> None:
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
