"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import ServedAgent as ServedAgent
