"""One schema document to one `AgentSpec`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import JsonValue

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec, Governance
from l9stack.names import AgentId, agent_id, is_folder_path, name_key, shadowed_module
from l9stack.reading.deployment import read_deployment
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section, quote
from l9stack.reading.glue_words import MARKS
from l9stack.reading.instructions import read_documents, read_files, read_links, root_hint
from l9stack.reading.memory import read_memory
from l9stack.reading.vocabulary import AGENT, IDENTITY, MODES

_SECTIONS = (
    "depends_on",
    "integration",
    "governance",
    "memorytopology",
    "cursorinstructions",
    "deployment",
    "settings",
)
_MAX_NAME = 200
_MAX_POLICY = 4_000


def read_agent(node: Node, problems: list[Problem]) -> AgentSpec | None:
    """The agent that a document describes, or None where an error kept it from being read; problems are collected."""
    before = _errors(problems)
    top = Section(node, "", problems, node.place)
    top.where = "schema"
    identity = _identity(top)
    values = {field.name: identity.text(field.name, required=field.required) for field in IDENTITY}
    name = _name(values["name"], identity)
    root = _root(values["rootpath"], identity)
    top.where = str(name or "schema")
    version, schema_id = (_beside(top, identity, key) for key in ("version", "schema_id"))
    parts = {key: top.section(key) for key in _SECTIONS}
    metadata = top.child("metadata")
    written = metadata.get("version") if metadata is not None else None
    version = version or (written.text if written is not None and written.kind == "scalar" else "")
    parts["system"] = identity
    depends, instructions = parts["depends_on"], parts["cursorinstructions"]
    hard, soft = depends.texts("hard"), depends.texts("soft")
    depends.close(AGENT["depends_on"].names, strict=AGENT["depends_on"].closed)
    connect = parts["integration"].texts("connectto")
    parts["integration"].close(AGENT["integration"].names)
    governance = _governance(parts["governance"], top.where)
    memory = read_memory(parts["memorytopology"])
    files = read_files(instructions, root, top.where)
    docs = read_documents(instructions)
    links, required = read_links(instructions)
    instructions.close(AGENT["cursorinstructions"].names)
    deployment = read_deployment(parts["deployment"], top.where)
    top.close(AGENT.names)
    for key in sorted(MARKS & top.rest().keys()):
        message = f"{top.where}: `{key}` describes here; it has effect in a document of its own, as glue"
        top.note("not-read", message, node.keys[key])
    _note_absent(top, parts)
    if _errors(problems) > before or name is None or governance is None:
        return None
    return AgentSpec(
        id=name,
        system=values["system"],
        module=values["module"],
        name=values["name"],
        role=" ".join(values["role"].split()),
        root_path=root,
        version=version,
        schema_id=schema_id,
        place=node.place,
        depends_hard=hard,
        depends_soft=soft,
        connect_to=connect,
        governance=governance,
        memory=memory,
        generate_files=files,
        generate_docs=docs,
        link_existing=links,
        link_existing_required=required,
        endpoints=deployment.endpoints,
        health_path=deployment.health_path,
        apis=deployment.apis,
        replicas=deployment.replicas,
        settings={key: child.plain() for key, child in parts["settings"].rest().items()},
        description=_description(top, parts),
        places=_places(top, identity, parts),
    )


def _errors(problems: Iterable[Problem]) -> int:
    return sum(problem.level == "error" for problem in problems)


def _identity(top: Section) -> Section:
    """Where the identity stands: below `system`, or at the top. What stands in both places has to be the same."""
    system = top.child("system")
    if system is None or system.entries is None:
        return top
    nested = Section(system, "system", top.problems, top.place)
    for field in IDENTITY[1:]:
        if top.has(field.name) and nested.has(field.name):
            first, second = nested.text(field.name), top.text(field.name)
            place = top.places[field.name]
            if first != second:
                message = f"{field.name} is {quote(first)} below `system`, and {quote(second)} beside it"
                top.error("two-values", message, place, "keep one of them")
            else:
                top.note("repeated", f"{field.name} is also given below `system`, with the same value", place)
    nested.close((*(field.name for field in IDENTITY), "version", "schema_id"))
    return nested


def _beside(top: Section, identity: Section, key: str) -> str:
    """A text that stands at the top, or below `system` with the identity."""
    return top.text(key) or (identity.text(key) if identity is not top else "")


def _name(written: str, identity: Section) -> AgentId | None:
    name = agent_id(written) if written and len(written) <= _MAX_NAME else None
    if written and name is None:
        message = f"no identifier can be made of the name {quote(written)}"
        hint = "use letters, digits and `_`, at most 63, with a letter first"
        identity.error("bad-name", message, identity.places.get("name"), hint)
    return name


def _root(written: str, identity: Section) -> str:
    root = written.strip("/")
    if written and (not is_folder_path(root) or written.startswith("/")):
        place = identity.places.get("rootpath")
        identity.error("bad-rootpath", f"rootpath {quote(written)} cannot be imported", place, root_hint(written))
        return ""
    if hidden := shadowed_module(root):
        message = f"rootpath {quote(written)} would hide the package {hidden} that generated code imports"
        identity.error("bad-rootpath", message, identity.places.get("rootpath"), f"write it as `L9/agents/{hidden}`")
        return ""
    return root


def _governance(fields: Section, agent: str) -> Governance | None:
    anchors = fields.texts("anchors")
    if not anchors:
        hint = fields.missing("anchors") if fields.node and not fields.has("anchors") else "name who decides"
        fields.error("missing-field", f"{agent}: governance.anchors is missing", None, hint)
    governance = Governance(
        anchors=anchors,
        mode=fields.choice("mode", MODES, "hybrid"),
        human_override=fields.flag("humanoverride", default=True),
        escalation_policy=(policy := _policy(fields)),
        policy_words=_policy_words(fields) if len(policy) <= _MAX_POLICY else (),
        audit_scope=fields.texts("auditscope"),
    )
    fields.close(AGENT["governance"].names)
    return governance if anchors else None


def _policy(fields: Section) -> str:
    """The policy as prose; a list counts as prose with dashes. Runs of blanks say nothing, and take long to match."""
    child = fields.child("escalationpolicy")
    if child is not None and child.items is not None:
        policy = "\n".join(f"- {' '.join(text.split())}" for text in fields.texts("escalationpolicy"))
    else:
        policy = re.sub(r"[ \t]+", " ", fields.text("escalationpolicy"))
    if len(policy) > _MAX_POLICY:
        message = f"{fields.where}.escalationpolicy has more than {_MAX_POLICY} characters"
        fields.error("too-long", message, fields.places.get("escalationpolicy"), "say it shorter")
    return policy


def _policy_words(fields: Section) -> tuple[Place, ...]:
    """Where each word of `_policy` stands; the dash of an item stands where the item does."""
    child = fields.child("escalationpolicy")
    if child is None or child.empty:
        return ()
    items = [item for item in child.items or () if item.kind == "scalar" and item.value is not None]
    return child.words() if child.items is None else tuple(w for item in items for w in (item.place, *item.words()))


def _note_absent(top: Section, parts: dict[str, Section]) -> None:
    """What may be absent means none, and is told: nothing is assumed in silence."""
    if not top.has("depends_on"):
        top.note("no-dependencies", f"{top.where}: no depends_on, so it depends on nothing")
    absent = [
        name
        for name, section in (
            ("generatedocs", parts["cursorinstructions"]),
            ("linkexisting", parts["cursorinstructions"]),
            ("auditscope", parts["governance"]),
            ("memorytopology", top),
        )
        if not section.has(name)
    ]
    if absent:
        top.note("absent", f"{top.where}: no {', '.join(absent)}: read as none")


def _description(top: Section, parts: dict[str, Section]) -> dict[str, JsonValue]:
    """What the schema says beside what is used, by section, in its order and as it is written."""
    described: dict[str, JsonValue] = {}
    by_node = {id(section.node): section for section in parts.values() if section.node is not None}
    for key, node in (top.node.entries or {}).items() if top.node is not None else ():
        section = by_node.get(id(node))
        if section is not None:
            rest = {name: child.written() for name, child in section.rest().items()}
            if rest and section is not parts["settings"]:
                described[key] = rest
        elif key not in top.used or name_key(key) == "metadata":
            described[key] = node.written()
    return described


def _places(top: Section, identity: Section, parts: dict[str, Section]) -> dict[str, Place]:
    """Where each field stands, by dotted name."""
    places = {**top.places, **identity.places}
    for name in _SECTIONS:
        places.update({f"{name}.{key}": place for key, place in parts[name].places.items()})
    return places
