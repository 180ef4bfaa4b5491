"""Endpoints of Counter."""

from __future__ import annotations

from l9stack.agent import Route

from L9.agents.counter.asking import total
from L9.agents.counter.counting import find, weigh

ROUTES = (
    Route("POST", "/count/weigh", weigh),
    Route("POST", "/count/total", total),
    Route("POST", "/count/find", find),
)
