"""Phase 3: requests are checked, answers are bounded, calls are limited, audited and governed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from l9stack.errors import Place
from l9stack.gates.operations import CodeOperation, find_operations, record_fields
from l9stack.gates.registry import GateMeasurement, agent_gate, first_few, percent
from l9stack.gates.syntax import CODE, MANIFESTS, ParsedTree
from l9stack.model.glue import FieldSpec
from l9stack.model.plan import AgentPlan

_RATE = re.compile(r"[1-9]\d*\s*(/|per)\s*\d*\s*(second|minute|hour|day)s?\Z")
_BOUNDS = {"minimum": "ge", "maximum": "le", "min_length": "min_length", "max_length": "max_length"}
LIBRARY = "l9stack.agent"


@agent_gate("input_validation")
def input_validation(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """Percent of operations whose request is a checked model with the fields and bounds that were planned."""
    return _models(scene, agent, "request")


@agent_gate("output_bounds")
def output_bounds(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """Percent of operations whose response is a checked model with the fields and bounds that were planned."""
    return _models(scene, agent, "response")


def _models(scene: ParsedTree, agent: AgentPlan, side: str) -> GateMeasurement:
    found = find_operations(scene, agent)
    wrong: list[tuple[str, Place]] = []
    for planned in agent.operations:
        operation = found.get(planned.name)
        if operation is None:
            wrong.append((f"{planned.name} is not in the code", agent.spec.place))
            continue
        fields = planned.request if side == "request" else planned.response
        model = operation.request if side == "request" else operation.response
        for fault in _faults(scene, operation, model, fields):
            wrong.append((f"{planned.name}: {fault}", operation.place))
            break
    total = len(agent.operations)
    detail = first_few(text for text, _ in wrong) or f"{total} of {total} operations"
    return GateMeasurement(percent(total - len(wrong), total), detail, wrong[0][1] if wrong else None)


def _faults(
    scene: ParsedTree, operation: CodeOperation, model: str, fields: tuple[FieldSpec, ...] | None
) -> Iterator[str]:
    if fields is None:
        if model != "Payload":
            yield f"{model or 'nothing'} where Payload is due"
        return
    written = record_fields(scene, operation.source, model)
    if written is None:
        yield f"{model or 'nothing'} is no Record of this agent"
        return
    for field in fields:
        if field.name not in written:
            yield f"{model} has no field {field.name}"
            continue
        text = ast.unparse(written[field.name])
        for bound, keyword in _BOUNDS.items():
            value = getattr(field, bound)
            if value is not None and not re.search(rf"\b{keyword}=", text):
                yield f"{model}.{field.name} does not enforce {bound} {value}"
        if field.choices and not all(repr(choice) in text for choice in field.choices):
            yield f"{model}.{field.name} does not enforce its choices"
    if extra := set(written) - {field.name for field in fields}:
        yield f"{model} has fields that nobody declared: {first_few(sorted(extra))}"


def _manifest_place(agent: AgentPlan) -> Place:
    return Place(f"{MANIFESTS}{agent.id}.json")


@agent_gate("rate_limits")
def rate_limits(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when the manifest sets a rate and a payload size that the library enforces."""
    limits = scene.manifest(agent.id).get("limits") or {}
    rate, size = str(limits.get("rate", "")), limits.get("max_payload_bytes")
    good = bool(_RATE.match(rate)) and isinstance(size, int) and size > 0
    return GateMeasurement(good, f"{rate or 'no rate'}, {size or 'no'} bytes", None if good else _manifest_place(agent))


@agent_gate("audit")
def audit(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when the audit scope of the schema stands in the manifest; the library audits every call, scoped or not."""
    written = (scene.manifest(agent.id).get("governance") or {}).get("audit_scope")
    good = isinstance(written, list) and list(agent.spec.governance.audit_scope) == written
    detail = (
        f"every call, and {len(agent.spec.governance.audit_scope)} named items" if good else f"audit_scope is {written}"
    )
    return GateMeasurement(good, detail, None if good else _manifest_place(agent))


@agent_gate("governance_wired")
def governance_wired(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when rules, triggers and anchors are in force; the detail says by which module, or that the library does it."""
    governance = scene.manifest(agent.id).get("governance") or {}
    wrong = []
    if [rule.name for rule in agent.rules] != [rule.get("name") for rule in governance.get("rules", [])]:
        wrong.append("the manifest's rules are not the plan's")
    if [trigger.name for trigger in agent.triggers] != [item.get("name") for item in governance.get("triggers", [])]:
        wrong.append("the manifest's triggers are not the plan's")
    anchors = governance.get("anchors") or []
    if not anchors:
        wrong.append("no anchors")
    by = governance.get("declared_by")
    if by:
        wrong += _declaration_faults(scene, agent, str(by), [*anchors])
    elif agent.module_of("governance_bridge") is not None:
        wrong.append("the governance bridge is not named by the manifest")
    detail = first_few(wrong) or f"by {by or LIBRARY}: {len(agent.rules)} rules, {len(agent.triggers)} triggers"
    return GateMeasurement(not wrong, detail, _manifest_place(agent) if wrong else None)


def _declaration_faults(scene: ParsedTree, agent: AgentPlan, by: str, anchors: list[str]) -> Iterator[str]:
    module, _, name = by.partition(":")
    source = scene.modules.get(module)
    if source is None or source.tree is None or source.artifact.agent != agent.id:
        yield f"{by} is no module of this agent below {CODE}"
        return
    if name not in module_names(source.tree):
        yield f"{module} defines no {name}"
    words = {node.value for node in ast.walk(source.tree) if isinstance(node, ast.Constant)}
    missing = [anchor for anchor in anchors if anchor not in words]
    if missing:
        yield f"{module} does not name {first_few(missing)}"


def module_names(tree: ast.Module) -> set[str]:
    """Names that a module defines at its top level."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names
