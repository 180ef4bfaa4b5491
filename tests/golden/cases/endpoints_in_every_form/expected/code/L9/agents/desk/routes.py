"""Endpoints of Desk."""

from __future__ import annotations

from l9stack.agent import Route

from L9.agents.desk.weighing import delete_plan, item, plan, weigh

ROUTES = (
    Route("POST", "/desk/weigh", weigh),
    Route("POST", "/desk/plan", plan),
    Route("DELETE", "/desk/plan", delete_plan),
    Route("GET", "/desk/item/{id}", item),
)
