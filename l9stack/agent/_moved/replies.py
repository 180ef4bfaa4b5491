"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import Reply as Reply
