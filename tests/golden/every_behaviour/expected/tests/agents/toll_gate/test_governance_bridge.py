"""Who decides for TollGate, and when they are asked, as governance_bridge.py declares it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from l9stack.agent import Comparison, Rule, Trigger
from l9stack.agent.governance import weigh

from L9.agents.toll_gate.governance_bridge import GOVERNANCE, escalations

CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nobody_declared_this": -1000000000.0}, []),
    ({"nobody_declared_this": "text"}, []),
    ({"toll": 81}, ["toll_80"]),
    ({"toll": 79.99}, []),
    ({"toll": 80}, []),
    ({"toll": 80.01}, ["toll_80"]),
    ({"toll": "text"}, []),
    ({"toll": True}, []),
    ({"confidence": -0.5, "criticality": 1.6}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": 0.49, "criticality": 1.6}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": 0.5, "criticality": 1.6}, []),
    ({"confidence": 0.51, "criticality": 1.6}, []),
    ({"criticality": 1.6}, []),
    ({"confidence": "text", "criticality": 1.6}, []),
    ({"confidence": True, "criticality": 1.6}, []),
    ({"confidence": -0.5, "criticality": 0.59}, []),
    ({"confidence": -0.5, "criticality": 0.6}, []),
    ({"confidence": -0.5, "criticality": 0.61}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": -0.5}, []),
    ({"confidence": -0.5, "criticality": "text"}, []),
    ({"confidence": -0.5, "criticality": True}, []),
]
RULES = [
    Rule("toll_80", "toll > 80", (Comparison("toll", ">", 80.0),)),
    Rule(
        "confidence_0_5_and_criticality_0_6",
        "confidence < 0.5 AND criticality > 0.6",
        (
            Comparison("confidence", "<", 0.5),
            Comparison("criticality", ">", 0.6),
        ),
    ),
]
TRIGGERS = [
    Trigger("plate_unreadable", "plate unreadable"),
]


def test_the_anchors_are_those_who_decide() -> None:
    """In the order of the settings that won."""
    assert GOVERNANCE.anchors == ("Road Master",)


def test_the_rules_are_the_policys_own_comparisons() -> None:
    """Every comparison of the escalation policy, with the sentence that it comes from."""
    assert list(GOVERNANCE.rules) == RULES


def test_the_triggers_are_the_policys_own_conditions() -> None:
    """Whatever of the policy is no comparison is raised by name."""
    assert list(GOVERNANCE.triggers) == TRIGGERS


def test_the_audit_scope_is_the_schemas() -> None:
    """What auditors look at."""
    assert GOVERNANCE.audit_scope == ("passages",)


def test_the_mode_and_the_waiting_time_are_those_of_the_settings() -> None:
    """How decisions are made, and how long they may wait."""
    assert (GOVERNANCE.mode, GOVERNANCE.human_override) == ("hybrid", True)
    assert (GOVERNANCE.unbound, GOVERNANCE.timeout_seconds) == ("escalate", 86400.0)


@pytest.mark.parametrize(("values", "fired"), CASES)
def test_the_rules_fire_at_their_thresholds_and_nowhere_else(values: dict[str, Any], fired: list[str]) -> None:
    """Just below, at and just above each threshold; a value that is absent or no number fires nothing."""
    assert escalations(values) == tuple(fired)
    verdict = weigh(GOVERNANCE, values)
    assert (verdict.status, list(verdict.fired)) == ("ESCALATED" if fired else "APPROVED", fired)
    assert verdict.anchors == (GOVERNANCE.anchors if fired else ())


def test_the_policy_cannot_be_changed() -> None:
    """Nobody lifts a rule while the process lives."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(GOVERNANCE, "rules", ())  # noqa: B010 - the type checker refuses it too
