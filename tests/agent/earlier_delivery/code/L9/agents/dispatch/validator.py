"""Dispatch: what its operations take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import Record
from l9stack.agent.records import misfits

from L9.agents.dispatch.assignment import AssignRequest

MODELS: dict[str, type[Record]] = {
    "assign": AssignRequest,
}
"""What each operation takes, also under the packet types that lead to it."""


def check(name: str, values: Mapping[str, Any]) -> list[str]:
    """Say why an operation or packet type does not take some values: `field: what is wrong`, and nothing where it does.

    KeyError for a name that stands for no request.
    """
    return misfits(MODELS[name], values)
