"""The prompt for whoever wants a language model to write the modules: plan, gates, and all inputs word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.model.artifact import RenderedTree
from l9stack.model.glue import FieldSpec
from l9stack.model.meta import GateThreshold
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.planning import drawing
from l9stack.rendering.code.operations import event_of
from l9stack.rendering.documents.overview import ModuleDoc, modules
from l9stack.rendering.environment import render_template
from l9stack.rendering.families import printing

TEMPLATE = "prompts/Universal-Schema-Extractor-v6.0.md"
_RUNS = re.compile(r"`+|~+")
_ASKED = {"percent": ">= {} %", "count_min": ">= {}", "count_max": "<= {}", "seconds": "<= {} s", "flag": "has to hold"}


@dataclass(frozen=True, slots=True)
class FencedText:
    """A text behind a fence that is longer than any run of fence characters in it: nothing in it ends the fence."""

    path: str
    info: str
    text: str

    @property
    def fence(self) -> str:
        """Backticks, three at least."""
        longest = max((len(found) for found in _RUNS.findall(self.text)), default=0)
        return "`" * max(3, longest + 1)

    def __str__(self) -> str:
        end = "" if self.text.endswith("\n") else "\n"
        return f"{self.fence}{self.info}\n{self.text}{end}{self.fence}"


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate as the prompt lists it."""

    gate: str
    phase: int
    asked: str
    description: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file to be written, what it holds, and the operations that it has to define."""

    path: str
    holds: str
    operations: tuple[str, ...]
    rules: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentSection:
    """One agent's share: its files, its operations, and the manifest that its code has to agree with."""

    id: str
    name: str
    role: str
    package: str
    wave: int
    files: tuple[FileRow, ...]
    operations: tuple[tuple[OperationPlan, FencedText], ...]
    manifest: FencedText


def attachment(path: str, text: str) -> FencedText:
    """An input, word for word."""
    kinds = {"md": "markdown", "py": "python", "yaml": "yaml", "yml": "yaml"}
    return FencedText(path, kinds.get(path.rpartition(".")[2].lower(), "text"), text)


def render_prompt(
    plan: Plan,
    tree: RenderedTree,
    gates: Iterable[GateThreshold],
    *,
    meta: Sequence[FencedText],
    collection: Sequence[FencedText],
    implementations: Sequence[FencedText] = (),
) -> str:
    """The whole prompt; the same plan and inputs give the same text.

    `gates` are all that will be measured, those without a row of their own included.
    """
    shared = [artifact.path for artifact in tree.part(None)]
    return render_template(
        TEMPLATE,
        collection=plan.collection,
        version=plan.version,
        graph=FencedText("", "text", drawing.as_text(plan)),
        agents=tuple(_agent(agent, tree) for agent in plan.agents),
        integration=tuple(path for path in shared if path.startswith("tests/codegen_integration/")),
        printed=tuple(path for path in shared if not path.startswith("tests/codegen_integration/")),
        gates=tuple(_gate(row) for row in gates),
        questions=tuple(question.message for question in plan.questions),
        meta=tuple(meta),
        inputs=tuple(collection),
        implementations=tuple(implementations),
        strict=plan.flags.get("L9_ENABLE_CODEGEN_STRICT_MODE", True),
    )


def _gate(row: GateThreshold) -> GateRow:
    return GateRow(row.gate, row.phase, _ASKED[row.unit].format(f"{row.threshold:g}"), row.description)


def _agent(agent: AgentPlan, tree: RenderedTree) -> AgentSection:
    artifacts = {artifact.path: artifact for artifact in tree.part(agent.id)}
    manifest = f"manifests/{agent.id}.json"
    code = {f"code/{agent.spec.root_path}/{module.path}": module for module in modules(agent)}
    files = [
        FileRow(path, _holds(agent, module), module.operations, module.rules, module.requires)
        for path, module in code.items()
    ]
    files += [FileRow(f"docs/{agent.id}/{name}", "document", ()) for name in agent.spec.generate_docs]
    known = {manifest, *(row.path for row in files)}
    files += [FileRow(path, _test(path), ()) for path in sorted(artifacts) if path not in known]
    return AgentSection(
        id=agent.id,
        name=agent.spec.name,
        role=agent.spec.role,
        package=agent.package,
        wave=agent.wave,
        files=tuple(files),
        operations=tuple((operation, _contract(operation)) for operation in agent.operations),
        manifest=FencedText(manifest, "json", artifacts[manifest].text),
    )


def _holds(agent: AgentPlan, doc: ModuleDoc) -> str:
    """What a file holds, with what no manifest has of it."""
    module = next(module for module in agent.modules if module.path == doc.path)
    told = f"{doc.holds}: {', '.join(doc.offers)}" if doc.offers else doc.holds
    details = printing(module).details(agent, module)
    return f"{told}: {details}" if details else told


def _test(path: str) -> str:
    return "regression tests" if "/test_regression" in path else "unit tests"


def _contract(operation: OperationPlan) -> FencedText:
    """What an operation takes, answers and does, as JSON with a line for each field."""
    behaviour = _plain(operation.behaviour.model_dump(mode="json"))
    facts: dict[str, Any] = {
        "module": operation.module,
        "criticality": operation.criticality,
        "timeout_seconds": operation.timeout_seconds,
        "reusable": operation.reusable,
        "publishes": event_of(operation) or None,
        "routes": [f"{route.method} {route.path}" for route in operation.routes],
        "packet_types": list(operation.packet_types),
        "comes_from": list(operation.sources),
        "behaviour": behaviour,
        "logic": operation.logic or None,
    }
    lines = [f"  {_json(name)}: {_json(value)}" for name, value in facts.items()]
    for side, fields in (("request", operation.request), ("response", operation.response)):
        lines.append(f"  {_json(side)}: {_fields(fields)}")
    return FencedText("", "json", "{\n" + ",\n".join(lines) + "\n}\n")


def _fields(fields: tuple[FieldSpec, ...] | None) -> str:
    if fields is None:
        return '"Payload"'
    rows = []
    for field in fields:
        facts = field.model_dump(mode="json", exclude={"name", "place"}, exclude_defaults=True)
        rows.append(f"    {_json(field.name)}: {_json({'type': field.type, 'required': field.required, **facts})}")
    return "{\n" + ",\n".join(rows) + "\n  }" if rows else "{}"


def _plain(value: Any) -> Any:
    """Data without the places that it was read from."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "place"}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
