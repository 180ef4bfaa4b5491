"""Everything that one running agent is made of, as data; what runs a call is `pipeline`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from l9stack.agent._messaging.peers import Transport
from l9stack.agent._telemetry.metrics import Metrics
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.governance import _audit as audit
from l9stack.agent.governance._governor import Governor
from l9stack.agent.memory._memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What may be switched off where an agent is started; all is on where nobody says otherwise."""

    enforcing: bool = True
    """Whether rules and triggers count, and critical calls are denied while decisions cannot be kept."""
    holding: bool = True
    """Whether an answer is held where the policy's mode says so; else it is reported, whatever the mode."""
    probing: bool = True
    """Whether the agent is ready only while its backends answer; else it is as soon as it serves."""


ALL_ON = Switches()


@dataclass(slots=True)
class AgentRuntime:
    """The parts of one running agent, and the switches by which it was started."""

    definition: AgentDefinition
    memory: Memory
    governor: Governor
    transport: Transport
    metrics: Metrics
    log: Any
    switches: Switches = ALL_ON
    draining: bool = False
    """Whether the agent was told to stop: it finishes what it has accepted, and is ready for nothing else."""
    started: float = field(default_factory=time.monotonic)


async def add_audit_entry(runtime: AgentRuntime, action: str, trace_id: str, detail: dict[str, Any]) -> bool:
    """Add to the audit chain; a chain that cannot be written is logged, and the caller is told."""
    try:
        await runtime.memory.prepare()
        await audit.append(runtime.memory.postgres, runtime.definition.id, action, detail, trace_id)
        return True
    except Exception as error:
        runtime.metrics.audit_failure()
        runtime.log.error("audit not written", trace_id=trace_id, action=action, error=type(error).__name__)
        return False
