"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import (
    audit_actions as audited,
    dead_letters as set_aside,
    escalations as escalated,
    notifications as told,
    recorded_decisions as recorded,
)

__all__ = [
    "audited",
    "escalated",
    "recorded",
    "set_aside",
    "told",
]
