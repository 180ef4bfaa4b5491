"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import Known as Known, keep_edge as keep_edge, keep_node as keep_node, known as known
