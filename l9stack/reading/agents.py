"""One schema document to one `AgentSpec`."""

from __future__ import annotations

import re

from pydantic import JsonValue

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, Endpoint, Governance
from l9stack.names import BUILT_IN, ModulePath, agent_id, is_document_name, is_folder_path, module_path
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section
from l9stack.reading.memory import read_memory

_IDENTITY = ("system", "module", "name", "role", "rootpath")
_KNOWN = (
    *_IDENTITY,
    "version",
    "schema_id",
    "depends_on",
    "integration",
    "governance",
    "memorytopology",
    "cursorinstructions",
    "deployment",
    "metadata",
    "settings",
    "title",
    "purpose",
    "summary",
)
_ENDPOINT = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE)\s+)?(/[A-Za-z0-9_\-./{}]*)\Z", re.IGNORECASE)


def read_agent(node: Node, problems: list[Problem]) -> AgentSpec | None:
    """The agent that a document describes, or None where an error kept it from being read; problems are collected."""
    before = sum(problem.level == "error" for problem in problems)
    top = Section(node, "", problems, node.place)
    top.where = "schema"
    identity = top.section("system") if top.child("system") and top.child("system").entries is not None else top  # type: ignore[union-attr]
    values = {name: identity.text(name, required=True) for name in _IDENTITY}
    version = top.text("version") or top.section("metadata").text("version")
    schema_id = top.text("schema_id")
    name = agent_id(values["name"]) if values["name"] else None
    if values["name"] and name is None:
        place = identity.places.get("name")
        top.error(
            "bad-name", f"no identifier can be made of the name {values['name']!r}", place, "use letters, digits, _"
        )
    root = values["rootpath"].strip("/")
    if root and (not is_folder_path(root) or values["rootpath"].startswith("/")):
        place = identity.places.get("rootpath")
        top.error(
            "bad-rootpath", f"rootpath {values['rootpath']!r} cannot be imported", place, "write it as `L9/agents/x`"
        )
        root = ""
    top.where = str(name or "schema")
    integration = top.section("integration")
    depends = top.section("depends_on")
    if not top.has("depends_on"):
        top.note("no-dependencies", f"{top.where}: no depends_on, so it depends on nothing")
    governance = _governance(top)
    memory = read_memory(top.section("memorytopology"))
    instructions = top.section("cursorinstructions")
    files = _files(instructions, root)
    docs = _docs(instructions)
    links = instructions.texts("linkexisting")
    required = instructions.text("linkexisting_mode") == "require"
    deployment = top.section("deployment")
    endpoints, health = _endpoints(deployment)
    apis = _apis(deployment)
    if not endpoints and not apis and not deployment.has("healthcheck"):
        top.error(
            "missing-field",
            f"{top.where}: deployment has neither endpoints nor apis",
            deployment.place,
            "add endpoints",
        )
    replicas = deployment.whole("replicas") or 1
    settings = top.section("settings")
    hard, soft = depends.texts("hard"), depends.texts("soft")
    depends.close(("hard", "soft"), strict=True)
    connect = integration.texts("connectto")
    top.close(_KNOWN)
    governance_node = top.section("governance")
    if sum(problem.level == "error" for problem in problems) > before or name is None or governance is None:
        return None
    description: dict[str, JsonValue] = {key: child.plain() for key, child in top.rest().items()}
    places = {
        f"{prefix}{key}": place
        for prefix, part in (
            ("", top),
            ("", identity),
            ("cursorinstructions.", instructions),
            ("governance.", governance_node),
            ("depends_on.", depends),
            ("deployment.", deployment),
            ("integration.", integration),
        )
        for key, place in part.places.items()
    }
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
        endpoints=endpoints,
        health_path=health,
        apis=apis,
        replicas=replicas,
        settings=_flat(settings),
        description=description,
        places=places,
    )


def _flat(section: Section) -> dict[str, JsonValue]:
    return {key: node.plain() for key, node in section.rest().items()}


def _governance(top: Section) -> Governance | None:
    fields = top.section("governance")
    anchors = fields.texts("anchors")
    if not anchors:
        fields.error("missing-field", f"{top.where}: governance.anchors is missing", None, "name who decides")
    governance = Governance(
        anchors=anchors,
        mode=fields.text("mode", "hybrid"),
        human_override=fields.flag("humanoverride", default=True),
        escalation_policy=fields.text("escalationpolicy"),
        audit_scope=fields.texts("auditscope"),
    )
    fields.close(("anchors", "mode", "humanoverride", "escalationpolicy", "auditscope"))
    return governance if anchors else None


def _files(instructions: Section, root: str) -> tuple[ModulePath, ...]:
    files: list[ModulePath] = []
    for number, written in enumerate(instructions.texts("generatefiles")):
        place = instructions.places.get(f"generatefiles.{number}")
        inner = written.removeprefix(f"{root}/") if root else written
        path = module_path(inner)
        if path is None:
            message = f"generatefiles: {written!r} is not a module below {root or 'the rootpath'}"
            instructions.error("bad-file", message, place, "write it as `core/name.py`, relative to rootpath")
        elif path in files:
            instructions.error("duplicate-file", f"generatefiles: {written!r} is listed twice", place)
        elif inner == written and "/" in written and root and written.split("/")[0] == root.split("/")[0]:
            message = f"generatefiles: {written!r} lies outside rootpath {root}"
            instructions.error("outside-rootpath", message, place, "list it with the agent that it belongs to")
        else:
            files.append(path)
    if not files and not instructions.has("generatefiles"):
        instructions.error("missing-field", "cursorinstructions.generatefiles is missing", None, "list the modules")
    return tuple(files)


def _docs(instructions: Section) -> tuple[str, ...]:
    docs = []
    for number, written in enumerate(instructions.texts("generatedocs")):
        if is_document_name(written) and written not in docs:
            docs.append(written)
            continue
        place = instructions.places.get(f"generatedocs.{number}")
        instructions.error(
            "bad-document", f"generatedocs: {written!r} is no document name", place, "write it as `README.md`"
        )
    return tuple(docs)


def _endpoints(deployment: Section) -> tuple[tuple[Endpoint, ...], str]:
    endpoints: list[Endpoint] = []
    for number, written in enumerate(deployment.texts("endpoints")):
        found = _ENDPOINT.match(" ".join(written.split()))
        place = deployment.places.get(f"endpoints.{number}")
        if not found or ".." in written:
            deployment.error(
                "bad-endpoint", f"endpoint {written!r} is not `METHOD /path`", place, "write `POST /evaluate`"
            )
            continue
        endpoint = Endpoint(method=(found[1] or ("GET" if _is_builtin(found[2]) else "POST")).upper(), path=found[2])
        if endpoint in endpoints:
            deployment.error("duplicate-endpoint", f"endpoint {written!r} is listed twice", place)
        endpoints.append(endpoint)
    health = deployment.text("healthcheck")
    return tuple(endpoints), health or next((e.path for e in endpoints if e.path.endswith("/health")), "/health")


def _is_builtin(path: str) -> bool:
    return path.rstrip("/").rsplit("/", 1)[-1] in BUILT_IN


def _apis(deployment: Section) -> tuple[tuple[str, str], ...]:
    child = deployment.child("apis")
    found: list[tuple[str, str]] = []
    for item in (child.items or []) if child is not None else []:
        if item.entries is not None:
            found.extend((key, node.text or str(node.plain())) for key, node in item.entries.items())
        elif item.value is not None:
            found.append(("API", item.text))
    return tuple(found)
