"""What the models of a client are held to: the peer's own bounds, from both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from l9stack.model.glue import FieldSpec
from l9stack.model.plan import ModulePlan, OperationPlan, Plan
from l9stack.rendering.samples import invalid_requests, record, values_around
from l9stack.rendering.suites.literals import changes, wrong


@dataclass(frozen=True, slots=True)
class PeerChecks:
    """Source of what fits the models of one operation of the peer at their bounds, and of what does not, by field.

    An answer may have fields that nobody declared.
    """

    requests_taken: tuple[str, ...]
    requests_refused: str
    answers_taken: tuple[str, ...]
    answers_refused: str


def peer_checks(plan: Plan, module: ModulePlan) -> dict[str, PeerChecks]:
    """The checks of every operation of the peer, by name; a client may ask for some of them only."""
    return {str(operation.name): _checks(operation) for operation in plan.agent(module.subject).operations}


def _checks(operation: OperationPlan) -> PeerChecks:
    requests, answers = operation.request or (), operation.response or ()
    answer = record(answers)
    return PeerChecks(
        requests_taken=_taken(requests),
        requests_refused=wrong((values, field) for _, values, field in invalid_requests(requests)),
        answers_taken=_taken(answers),
        # What is declared beside the answer is left out, and refuses nothing.
        answers_refused=wrong((values, field) for _, values, field in invalid_requests(answers) if field in answer),
    )


def _taken(specs: Iterable[FieldSpec]) -> tuple[str, ...]:
    """Changes of the sample: each field at its bounds, and with each of its choices."""
    specs = tuple(specs)
    good = record(specs)
    varied = (changes({**good, spec.name: value}, good) for spec in specs for value in values_around(spec, ()))
    return tuple(dict.fromkeys(text for text in varied if text != "{}"))
