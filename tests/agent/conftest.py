"""An agent served in this process against real servers."""

import importlib.util
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("agent_desk", Path(__file__).with_name("desk.py"))
assert _SPEC and _SPEC.loader
desk_module = importlib.util.module_from_spec(_SPEC)
sys.modules["agent_desk"] = desk_module
_SPEC.loader.exec_module(desk_module)

from l9stack.agent.testing._serving import serving_definition  # noqa: E402


@pytest.fixture
async def desk(l9_backends):
    async with serving_definition(desk_module.desk(), l9_backends) as agent:
        yield agent
