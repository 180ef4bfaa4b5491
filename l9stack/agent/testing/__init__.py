"""A harness for generated tests: the real pipeline in this process, against real backends.

An agent is served without a socket; what it asks of others goes to stand-ins or to other agents served in the same way.
"""

from l9stack.agent._messaging import events
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._faults import failing_store, unreachable
from l9stack.agent.testing._replies import Reply
from l9stack.agent.testing._serving import serving, serving_definition, serving_together, without
from l9stack.agent.testing._stand_ins import StandIn
from l9stack.agent.testing._traces import audited, escalated, recorded, set_aside, told

__all__ = [
    "Reply",
    "ServedAgent",
    "StandIn",
    "audited",
    "escalated",
    "events",
    "failing_store",
    "recorded",
    "serving",
    "serving_definition",
    "serving_together",
    "set_aside",
    "told",
    "unreachable",
    "without",
]
