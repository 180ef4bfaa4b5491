"""Governance: what the rules of a policy say of some values, and whether an answer is held for it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from l9stack.agent.declarations import GovernancePolicy, Rule
from l9stack.agent.records import PolicyVerdict, digest

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def fires(rule: Rule, values: Mapping[str, Any]) -> bool:
    """Whether every comparison holds; a field that is missing or no number does not hold."""
    for comparison in rule.comparisons:
        value = values.get(comparison.field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not _OPERATORS[comparison.operator](value, comparison.number):
            return False
    return bool(rule.comparisons)


def weigh(policy: GovernancePolicy, values: Mapping[str, Any]) -> PolicyVerdict:
    """What the policy's rules say of some values."""
    fired = tuple(rule.name for rule in policy.rules if fires(rule, values))
    return PolicyVerdict(
        status="ESCALATED" if fired else "APPROVED", fired=fired, anchors=policy.anchors if fired else ()
    )


def holds(policy: GovernancePolicy, fired: Sequence[str], raised: Sequence[str]) -> bool:
    """Whether an answer waits for an anchor, by the policy's mode: see GovernancePolicy."""
    match policy.mode:
        case "autonomous":
            return False
        case "blocking":
            return bool(fired or raised)
        case _:
            return bool(raised)


def policy_version(policy: GovernancePolicy) -> str:
    """A digest of the policy: an earlier answer is a precedent only under the same one."""
    rules = [[rule.name, [[c.field, c.operator, c.number] for c in rule.comparisons]] for rule in policy.rules]
    triggers = [trigger.name for trigger in policy.triggers]
    facts = [list(policy.anchors), rules, triggers, policy.mode, policy.human_override, policy.unbound]
    return digest(facts)[:16]
