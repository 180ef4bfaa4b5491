"""A small plan and the tree that a generator might make of it; every gate holds, until a test breaks something."""

from __future__ import annotations

import json
from typing import Any

from l9stack.errors import Place
from l9stack.model.agent import AgentSpec, Backend, Endpoint, Governance, MemoryKind, MemoryLayer
from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.model.glue import EchoBehaviour, FieldSpec
from l9stack.model.meta import GateThreshold, Protocol
from l9stack.model.plan import (
    AgentPlan,
    Comparison,
    Edge,
    EdgeKind,
    EscalationRule,
    ModulePlan,
    OperationPlan,
    Plan,
    Setting,
)
from l9stack.names import AgentId, ModulePath, OperationName

DESK, POST = AgentId("desk"), AgentId("post")
CHECKLIST = "meta.validation.checklist.yaml"
FLAGS = {"L9_ENABLE_CODEGEN_STRICT_MODE": True, "L9_ENABLE_TEST_GENERATION": False}

CODE = '''"""Takes letters in at {agent}."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class TakeRequest(Record):
    """A letter."""

    pages: int = Field(ge=1, le=90)
    kind: Literal["bill", "card"]


class TakeResponse(Record):
    """What became of it."""

    weight: float = Field(ge=0)


@operation(summary="Take a letter in.", criticality=0.5)
async def take_{agent}(request: TakeRequest, context: OperationContext) -> TakeResponse:
    """Take a letter in."""
    return TakeResponse(weight=request.pages * 4.5)
'''
RATES = '''"""Postage at {agent}."""


def postage(weight: float) -> float:
    """The price of a letter, in coins."""
    if weight <= 0:
        raise ValueError("a letter weighs something")
    return 1.0 if weight < 20 else 2.5
'''
TESTS = '''"""Tests of postage."""

import pytest

from L9.{agent}.rates import postage


@pytest.mark.parametrize(("weight", "price"), [(1, 1.0), (19, 1.0), (20, 2.5), (90, 2.5), (500, 2.5)])
def test_postage(weight: float, price: float) -> None:
    """A heavier letter costs more."""
    assert postage(weight) == price


@pytest.mark.parametrize("weight", [0, -1, -20])
def test_no_weight_is_refused(weight: float) -> None:
    """Nothing cannot be sent."""
    with pytest.raises(ValueError, match="weighs"):
        postage(weight)


def test_regression_surface() -> None:
    """The public surface is what it was."""
    assert postage.__name__ == "postage"
'''
BRIDGE = '''"""Governance of {agent}."""

GOVERNANCE = ("Ada", "Board")
'''
CONFTEST = '''"""Finds the code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "code"))
'''
INTEGRATION = '''"""Post needs desk."""

from L9.desk.rates import postage as desk
from L9.post.rates import postage as post


def test_post_and_desk_agree() -> None:
    """Both charge the same."""
    assert desk(3) == post(3)
'''


def row(gate: str, phase: int, threshold: float, unit: str) -> GateThreshold:
    return GateThreshold(gate=gate, phase=phase, threshold=threshold, unit=unit, place=Place(CHECKLIST, 7, 3))


GATES = (
    row("docstrings", 2, 95, "percent"),
    row("type_hints", 2, 90, "percent"),
    row("module_length", 2, 120, "count_max"),
    row("lint", 2, 0, "count_max"),
    row("coverage", 4, 85, "percent"),
    row("tests_per_module", 4, 8, "count_min"),
)


def operation(agent: AgentId) -> OperationPlan:
    return OperationPlan(
        name=OperationName(f"take_{agent}"),
        agent=agent,
        summary="Take a letter in.",
        module=ModulePath("intake.py"),
        request=(
            FieldSpec(name="pages", type="integer", minimum=1, maximum=90),
            FieldSpec(name="kind", choices=("bill", "card")),
        ),
        response=(FieldSpec(name="weight", type="number", minimum=0),),
        behaviour=EchoBehaviour(),
        routes=(Endpoint(method="POST", path="/letters"),),
        sources=("endpoint POST /letters",),
    )


RULE = EscalationRule(
    name="low_confidence",
    comparisons=(Comparison(field="confidence", operator="<", number=0.6),),
    text="confidence < 0.6",
)
NEEDS = Edge(source=POST, target=DESK, kind=EdgeKind.HARD)


def agent_plan(agent: AgentId, wave: int) -> AgentPlan:
    files = ("intake.py", "rates.py", "governance_bridge.py")
    spec = AgentSpec(
        id=agent,
        system=agent,
        module="office",
        name=f"The {agent}",
        role="Handles letters",
        root_path=f"L9/{agent}",
        version="6.0",
        place=Place("office.yaml", 3 * wave),
        governance=Governance(anchors=("Ada", "Board"), audit_scope=("letters",)),
        memory=(MemoryLayer(kind=MemoryKind.WORKING, backend=Backend.REDIS, storage="redis"),),
        generate_files=tuple(map(ModulePath, files)),
        generate_docs=("README.md",),
        link_existing=("L9/core/governance",),
    )
    return AgentPlan(
        spec=spec,
        wave=wave,
        modules=tuple(
            ModulePlan(
                path=ModulePath(path), dotted=f"L9.{agent}.{path[:-3]}", family=family, template="", operations=names
            )
            for path, family, names in (
                ("intake.py", "operations", (OperationName(f"take_{agent}"),)),
                ("rates.py", "operations", ()),
                ("governance_bridge.py", "governance_bridge", ()),
            )
        ),
        operations=(operation(agent),),
        rules=(RULE,),
        edges=(NEEDS,),
        settings=(Setting(name="governance.anchors", value=["Ada", "Board"], source="schema"),),
    )


def plan(gates: tuple[GateThreshold, ...] = GATES) -> Plan:
    return Plan(
        collection="office",
        version="0.1.0",
        agents=(agent_plan(DESK, 1), agent_plan(POST, 2)),
        waves=((DESK,), (POST,)),
        edges=(NEEDS,),
        shared=(),
        flags=FLAGS,
        gates=gates,
        protocol=Protocol(name="PacketEnvelope", required={}),
    )


def manifest(agent: AgentId) -> dict[str, Any]:
    return {
        "agent": agent,
        "name": f"The {agent}",
        "system": agent,
        "module": "office",
        "role": "Handles letters",
        "package": f"L9.{agent}",
        "health_path": "/health",
        "operations": [
            {
                "name": f"take_{agent}",
                "callable": f"L9.{agent}.intake:take_{agent}",
                "behaviour": "echo",
                "bound": True,
                "criticality": 0.5,
            }
        ],
        "routes": [{"method": "POST", "path": "/letters", "operation": f"take_{agent}"}],
        "memory": {"declared_by": None, "layers": [{"kind": "working"}]},
        "governance": {
            "declared_by": f"L9.{agent}.governance_bridge:GOVERNANCE",
            "anchors": ["Ada", "Board"],
            "rules": [{"name": "low_confidence"}],
            "triggers": [],
            "audit_scope": ["letters"],
        },
        "limits": {"rate": "600/minute", "max_payload_bytes": 1048576},
    }


def files(agent: AgentId) -> dict[str, str]:
    return {
        f"code/L9/{agent}/intake.py": CODE.replace("{agent}", agent),
        f"code/L9/{agent}/rates.py": RATES.replace("{agent}", agent),
        f"code/L9/{agent}/governance_bridge.py": BRIDGE.replace("{agent}", agent),
        f"docs/{agent}/README.md": f"# The {agent}\n",
        f"manifests/{agent}.json": json.dumps(manifest(agent), indent=2, sort_keys=True) + "\n",
        **{
            f"tests/agents/{agent}/test_{name}.py": TESTS.replace("{agent}", agent)
            for name in ("intake", "rates", "governance_bridge")
        },
    }


def tree(changes: dict[str, str | None] | None = None) -> RenderedTree:
    """The tree, with texts of single files replaced, added, or (None) left out."""
    texts: dict[str, tuple[str | None, AgentId | None]] = {
        path: (text, agent) for agent in (DESK, POST) for path, text in files(agent).items()
    }
    flags = "".join(f"  {name}: {str(value).lower()}\n" for name, value in FLAGS.items())
    texts["office_config.yaml"] = (f"feature_flags:\n{flags}", None)
    texts["tests/conftest.py"] = (CONFTEST, None)
    texts["tests/codegen_integration/test_post_desk_hard.py"] = (INTEGRATION, None)
    for path, text in (changes or {}).items():
        owner = next((agent for agent in (DESK, POST) if f"/{agent}/" in path or f"/{agent}." in path), None)
        texts[path] = (text, owner)
    return RenderedTree(
        collection="office",
        artifacts=tuple(
            Artifact(path=path, text=text, agent=agent)
            for path, (text, agent) in sorted(texts.items())
            if text is not None
        ),
    )
