"""Moved to `l9stack.agent.governance`."""

from l9stack.agent.governance import verify as verify
