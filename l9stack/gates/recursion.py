"""Phase 5: the code is held against the schema again, through plan, manifest and syntax trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from l9stack.errors import Place
from l9stack.gates.cycles import cycles, import_graph, imports
from l9stack.gates.enforcement import module_names
from l9stack.gates.operations import find_operations
from l9stack.gates.registry import GateMeasurement, agent_gate, first_few
from l9stack.gates.syntax import CODE, MANIFESTS, TESTS, ParsedTree, expected_files
from l9stack.model.plan import AgentPlan, OperationPlan


@agent_gate("schema_matches_code")
def schema_matches_code(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when operations, routes, memory, rules and identity agree between plan, manifest and code."""
    manifest = scene.manifest(agent.id)
    wrong = [*_identity(agent, manifest), *_operations(scene, agent, manifest), *_memory(scene, agent, manifest)]
    detail = first_few(wrong) or f"{len(agent.operations)} operations, {len(agent.spec.memory)} memory layers"
    return GateMeasurement(not wrong, detail, Place(f"{MANIFESTS}{agent.id}.json") if wrong else None)


def _identity(agent: AgentPlan, manifest: dict[str, Any]) -> Iterator[str]:
    expected = {"agent": agent.id, "package": agent.package, "health_path": agent.spec.health_path}
    expected |= {name: getattr(agent.spec, name) for name in ("name", "system", "module", "role")}
    for field, value in expected.items():
        if manifest.get(field) != value:
            yield f"manifest {field} is {manifest.get(field)!r}, schema {value!r}"


def _operations(scene: ParsedTree, agent: AgentPlan, manifest: dict[str, Any]) -> Iterator[str]:
    found = find_operations(scene, agent)
    listed: dict[str, Any] = {item.get("name"): item for item in manifest.get("operations", [])}
    planned: dict[str, OperationPlan] = {operation.name: operation for operation in agent.operations}
    for name in sorted(planned.keys() | listed.keys() | found.keys()):
        places = {"plan": name in planned, "manifest": name in listed, "code": name in found}
        if not all(places.values()):
            yield f"operation {name} is not in {' and '.join(place for place, there in places.items() if not there)}"
            continue
        operation, entry = planned[name], listed[name]
        if entry.get("callable") != found[name].target:
            yield f"{name}: manifest calls {entry.get('callable')}, the code has {found[name].target}"
        if entry.get("bound") != operation.bound or entry.get("behaviour") != operation.behaviour.kind:
            yield f"{name}: manifest says {entry.get('behaviour')}, plan {operation.behaviour.kind}"
        if entry.get("criticality") != operation.criticality:
            yield f"{name}: criticality {entry.get('criticality')}, plan {operation.criticality}"
    routes = {(item.get("method"), item.get("path"), item.get("operation")) for item in manifest.get("routes", [])}
    wanted = {
        (route.method, route.path, operation.name) for operation in agent.operations for route in operation.routes
    }
    for method, path, name in sorted(routes ^ wanted, key=str):
        yield f"route {method} {path} of {name} is {'not planned' if (method, path, name) in routes else 'missing'}"


def _memory(scene: ParsedTree, agent: AgentPlan, manifest: dict[str, Any]) -> Iterator[str]:
    memory = manifest.get("memory") or {}
    written = [layer.get("kind") for layer in memory.get("layers", [])]
    wanted = [layer.kind.value for layer in agent.spec.memory]
    if sorted(map(str, written)) != sorted(wanted):
        yield f"memory layers {written}, schema {wanted}"
    for owner, target in (("memory", memory.get("declared_by")), ("controller", manifest.get("controller"))):
        if target:
            module, _, name = str(target).partition(":")
            source = scene.modules.get(module)
            if source is None or source.tree is None or name not in module_names(source.tree):
                yield f"{owner} {target} does not exist"


@agent_gate("no_scope_drift")
def no_scope_drift(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many files the agent has, or lies in its folders, that its schema does not list."""
    wanted = expected_files(agent)
    tests = f"{TESTS}agents/{agent.id}/"
    root = f"{CODE}{agent.spec.root_path}/"
    nested = [f"{CODE}{other.spec.root_path}/" for other in scene.plan.agents if other.id != agent.id]
    surplus = []
    for artifact in scene.tree.artifacts:
        path = artifact.path
        below = path.startswith(root) and not any(path.startswith(other) and len(other) > len(root) for other in nested)
        if (artifact.agent == agent.id or below) and path not in wanted and not path.startswith(tests):
            surplus.append(path)
    return GateMeasurement(
        len(surplus), first_few(surplus) or f"{len(wanted)} files", Place(surplus[0]) if surplus else None
    )


@agent_gate("no_import_cycles")
def no_import_cycles(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many circles of imports pass through the agent's modules."""
    own = {source.dotted for source in scene.code(agent.id)}
    found = [group for group in cycles(import_graph(scene.modules)) if own & set(group)]
    place = scene.modules[found[0][0]].place() if found else None
    return GateMeasurement(len(found), first_few(" → ".join(group) for group in found) or f"{len(own)} modules", place)


@agent_gate("imports_resolve")
def imports_resolve(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many imports from the tree's own packages name a module, or a name, that is not there."""
    roots = {name.partition(".")[0] for name in scene.modules}
    wrong = []
    for source in scene.code(agent.id):
        for name, line in imports(source):
            if name.partition(".")[0] in roots and not _exists(scene, name):
                wrong.append((f"{name} ({source.path}:{line})", source.place(line)))
    return GateMeasurement(len(wrong), first_few(text for text, _ in wrong), wrong[0][1] if wrong else None)


def _exists(scene: ParsedTree, name: str) -> bool:
    if name in scene.modules or any(module.startswith(f"{name}.") for module in scene.modules):
        return True
    parent, _, attribute = name.rpartition(".")
    source = scene.modules.get(parent)
    if source is None or source.tree is None:
        return False
    return attribute in module_names(source.tree) or attribute == "*"
