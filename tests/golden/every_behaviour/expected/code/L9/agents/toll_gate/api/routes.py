"""Endpoints of TollGate."""

from __future__ import annotations

from l9stack.agent import Route

from L9.agents.toll_gate.classing import class_vehicle
from L9.agents.toll_gate.passages import pass_through

ROUTES = (
    Route("POST", "/gate/class_vehicle", class_vehicle),
    Route("POST", "/gate/pass_through", pass_through),
)
