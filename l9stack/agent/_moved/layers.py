"""Moved to `l9stack.agent.memory`."""

from l9stack.agent.memory import keyspace as keyspace
