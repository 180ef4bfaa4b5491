"""What callers of TollGate rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "toll_gate"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "say_back": {
        "times": {"required": False, "type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        "words": {"required": True, "type": "string", "maxLength": 60},
    },
    "class_vehicle": {
        "axles": {"required": True, "type": "integer", "minimum": 2, "maximum": 12},
        "fuel": {"required": True, "type": "string", "maxLength": 20},
        "height": {"required": True, "type": "number", "minimum": 0.5, "maximum": 6},
        "marks": {"required": True, "type": "array"},
        "trailer": {"required": False, "type": "boolean", "default": False},
    },
    "pass_through": {
        "distance": {"required": True, "type": "number", "minimum": 0, "maximum": 900},
        "kind": {"required": True, "type": "string", "choices": ["bike", "car", "lorry"]},
        "plate": {"required": True, "type": "string", "minLength": 2, "maxLength": 12},
    },
    "weigh_passage": {
        "confidence": {"required": True, "type": "number", "minimum": 0, "maximum": 1},
        "toll": {"required": True, "type": "number", "minimum": 0, "maximum": 500},
    },
    "note_incident": {
        "plate": {"required": True, "type": "string", "minLength": 2, "maxLength": 12},
        "story": {"required": True, "type": "string", "minLength": 1, "maxLength": 500},
    },
    "keep_plate": {"plate": {"required": True, "type": "string", "minLength": 2, "maxLength": 12}},
    "passages_of": {
        "kind": {"required": True, "type": "string", "choices": ["bike", "car", "lorry"]},
        "plate": {"required": True, "type": "string", "minLength": 2, "maxLength": 12},
    },
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "say_back": {
        "times": {"required": False, "type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        "words": {"required": True, "type": "string", "maxLength": 60},
    },
    "class_vehicle": {
        "confidence": {"required": True, "type": "number", "minimum": 0, "maximum": 1},
        "exempt": {"required": True, "type": "boolean"},
        "kind": {"required": True, "type": "string", "choices": ["bike", "car", "lorry"]},
        "marks": {"required": True, "type": "array"},
        "surcharge": {"required": True, "type": "number", "minimum": 0, "maximum": 30},
    },
    "pass_through": {
        "dear": {"required": True, "type": "boolean"},
        "plate": {"required": True, "type": "string", "maxLength": 12},
        "toll": {"required": True, "type": "number", "minimum": 0, "maximum": 500},
    },
    "weigh_passage": {
        "anchors": {"required": True, "type": "array", "description": "who was notified"},
        "fired": {"required": True, "type": "array", "description": "names of the rules that fired"},
        "status": {
            "required": True,
            "type": "string",
            "choices": ["APPROVED", "ESCALATED"],
            "description": "the verdict",
        },
    },
    "note_incident": {
        "label": {"required": True, "type": "string", "maxLength": 40},
        "length": {"required": True, "type": "integer", "minimum": 1, "maximum": 500},
        "record_id": {"required": True, "type": "string"},
    },
    "keep_plate": {
        "record_id": {"required": True, "type": "string", "description": "id under which the request is recorded"}
    },
    "passages_of": {"count": {"required": True, "type": "integer", "minimum": 0}},
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/gate/class_vehicle", "class_vehicle"), ("POST", "/gate/pass_through", "pass_through")],
    pages=["/health", "/status"],
    packet_types={},
    publishes=["passed"],
    anchors=["Road Master"],
    rules={
        "toll_80": [("toll", ">", 80.0)],
        "confidence_0_5_and_criticality_0_6": [("confidence", "<", 0.5), ("criticality", ">", 0.6)],
    },
    layers=["episodic", "working"],
    rate="600/minute",
    max_payload_bytes=1048576,
    working=("l9_every_behaviour:toll_gate", 300),
)


async def test_regression_of_the_models(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Fields that callers give or read stay as they are, with what may stand in them."""
    await promises.models(l9_checks, l9_agent, REQUESTS, RESPONSES)


async def test_regression_of_the_surface(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Endpoints, messages, people, rules, memory and limits stay as they are."""
    await promises.surface(l9_checks, l9_agent, PROMISES)
