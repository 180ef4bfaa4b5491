"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import keep_answer as keep_answer, kept_answer as kept_answer
