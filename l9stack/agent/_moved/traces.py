"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import (
    audited as audited,
    escalated as escalated,
    recorded as recorded,
    set_aside as set_aside,
    told as told,
)
