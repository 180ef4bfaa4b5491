"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import Cause as Cause, causes as causes
