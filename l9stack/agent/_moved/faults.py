"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import failing_store as failing_store, unreachable as unreachable
