"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import causes as causes
