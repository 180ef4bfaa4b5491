"""Moved to `l9stack.agent.testing`, as `events`."""

from l9stack.agent._messaging.events import publish as publish, stream as stream
