"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import (
    event_stream as stream,
    publish_event as publish,
)

__all__ = [
    "publish",
    "stream",
]
