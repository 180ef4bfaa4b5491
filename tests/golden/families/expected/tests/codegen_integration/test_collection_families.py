"""The agents of families beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest
from l9stack.agent.conformance import Checks, together
from l9stack.agent.conformance.fixtures import Desk

ANCHORS: dict[str, list[str]] = {"dispatch": ["Shift Lead", "Compliance"], "fleet": ["Shift Lead"]}

SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_the_agents_beside_each_other(l9_desk: Desk, l9_checks: Checks) -> None:
    """Each is ready, describes itself, and decides for itself."""
    agents = await l9_desk.together(["dispatch", "fleet"])
    await together.serving(l9_checks, agents)
    await together.deciding(l9_checks, agents, ANCHORS)


def test_the_manifests(l9_code: Path, l9_manifests: Path, l9_checks: Checks) -> None:
    """They name files and connections that are there, and no place twice."""
    together.manifests(l9_checks, list(ANCHORS), l9_manifests, l9_code)
