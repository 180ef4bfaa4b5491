"""Operations: the decorator that generated modules use, and what an operation may raise."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from l9stack.agent.records import Record

CRITICAL = 0.7
"""From this criticality on, an operation is denied when governance cannot keep its decisions."""

STORES_SECONDS = 30.0
"""What a call may take at most beside its operation, where stores are slow: looking for a precedent, recording,
reporting, auditing, publishing."""

Function = Callable[[Any, Any], Awaitable[Any]]


class EscalatedError(Exception):
    """The operation waits for a governance anchor: the caller is answered 202 with the decision's id.

    `anchors` are those of a peer, where the decision lies with the peer; empty for the agent's own.
    """

    def __init__(self, decision_id: str, reason: str, anchors: tuple[str, ...] = ()) -> None:
        self.decision_id = decision_id
        self.reason = reason
        self.anchors = anchors
        super().__init__(f"{reason} (decision {decision_id})")


class RefusedError(Exception):
    """The operation is unbound and the policy refuses unbound operations."""


class PeerError(Exception):
    """Another agent did not answer as it should. `kind` is timeout, unreachable, refused or malformed."""

    def __init__(self, peer: str, kind: str, detail: str) -> None:
        self.peer = peer
        self.kind = kind
        super().__init__(f"{peer}: {kind}: {detail}")


@dataclass(frozen=True, eq=False, repr=False)
class Operation:
    """A named unit of behaviour with checked models on both sides; calling it runs the function alone.

    What it is made with is told at `operation`.
    """

    function: Function
    _: KW_ONLY
    summary: str
    criticality: float
    timeout_seconds: float
    reusable: bool
    publish: str
    bound: bool
    look_up: bool
    name: str = field(init=False)
    request_model: type[Record] = field(init=False)
    response_model: type[Record] = field(init=False)

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(self.function)
        object.__setattr__(self, "name", self.function.__name__)
        object.__setattr__(self, "request_model", hints["request"])
        object.__setattr__(self, "response_model", hints["return"])
        object.__setattr__(self, "__doc__", self.function.__doc__)

    @property
    def critical(self) -> bool:
        """Whether it has to be governed to be run at all."""
        return self.criticality >= CRITICAL

    @property
    def severity(self) -> str:
        """How urgent a decision about it is: normal or critical."""
        return "critical" if self.critical else "normal"

    async def __call__(self, request: Any, context: Any) -> Any:
        """Run the function as it is, without checks or governance."""
        return await self.function(request, context)

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"


def operation(
    *,
    summary: str,
    criticality: float = 0.5,
    timeout_seconds: float = 10.0,
    reusable: bool = False,
    publish: str = "",
    bound: bool = True,
    look_up: bool = False,
) -> Callable[[Function], Operation]:
    """Make an operation of `async def name(request: Record, context: OperationContext) -> Record`.

    `criticality` is from 0 to 1; `publish` names the event that goes out with each answer; a `reusable` operation may
    answer from an earlier decision of an anchor for the same arguments; a `look_up` only reads memory, and is itself
    never found by a look-up.
    """

    def decorate(function: Function) -> Operation:
        return Operation(
            function,
            summary=summary,
            criticality=criticality,
            timeout_seconds=timeout_seconds,
            reusable=reusable,
            publish=publish,
            bound=bound,
            look_up=look_up,
        )

    return decorate
