"""A harness for generated tests: the real pipeline in this process, against real backends.

An agent is served without a socket; what it asks of others goes to stand-ins or to other agents served in the same way.
"""

from l9stack.agent._messaging.events import publish as publish_event, stream as event_stream
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._faults import failing_store, unreachable
from l9stack.agent.testing._replies import Reply
from l9stack.agent.testing._serving import serving, serving_definition, serving_together, without
from l9stack.agent.testing._stand_ins import StandIn
from l9stack.agent.testing._traces import (
    audit_actions,
    dead_letters,
    escalations,
    notifications,
    recorded_decisions,
)

__all__ = [
    "Reply",
    "ServedAgent",
    "StandIn",
    "audit_actions",
    "dead_letters",
    "escalations",
    "event_stream",
    "failing_store",
    "notifications",
    "publish_event",
    "recorded_decisions",
    "serving",
    "serving_definition",
    "serving_together",
    "unreachable",
    "without",
]
