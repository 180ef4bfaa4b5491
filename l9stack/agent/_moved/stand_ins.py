"""Moved to `l9stack.agent.testing`."""

from l9stack.agent.testing import StandIn as StandIn
