"""Endpoints of Van."""

from __future__ import annotations

from l9stack.agent import Route

from L9.agents.van.assigning import assign

ROUTES = (Route("POST", "/van/assign", assign),)
