"""Dispatch: which rules of the policy fire, and their sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import OperationContext, Record

SENTENCES = {
    "confidence_0_6_and_criticality_0_5": "confidence < 0.6 AND criticality > 0.5",
    "distance_300": "distance > 300",
}
"""Each rule of the policy, with the sentence that it comes from."""


class Finding(Record):
    """A rule that fires for some values, its sentence, and who decides about it."""

    rule: str
    sentence: str
    anchors: tuple[str, ...]


def check(context: OperationContext, values: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Weigh values against the policy; one finding for each rule that fires, in the policy's order."""
    verdict = context.check_policy(values)
    return tuple(Finding(rule=name, sentence=SENTENCES[name], anchors=verdict.anchors) for name in verdict.fired)


async def check_and_note(context: OperationContext, values: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Weigh values as `check` does, and note in the audit chain which rules fired; nothing where none did."""
    found = check(context, values)
    if found:
        await context.note("compliance_findings", {"rules": [item.rule for item in found]})
    return found
