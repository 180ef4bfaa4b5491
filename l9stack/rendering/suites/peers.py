"""What the models of a client are held to: the peer's own bounds, from both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import FieldSpec
from l9stack.model.plan import ModulePlan, OperationPlan, Plan
from l9stack.rendering.samples import around, record, refused
from l9stack.rendering.suites.literals import changed, row, title


@dataclass(frozen=True, slots=True)
class PeerChecks:
    """Rows of parametrised tests of one operation of the peer: what fits its models at their bounds, and what does not.

    An answer may have fields that nobody declared; of a request that does not fit, the row names the field, too.
    """

    requests_taken: tuple[str, ...]
    requests_refused: tuple[str, ...]
    answers_taken: tuple[str, ...]
    answers_refused: tuple[str, ...]


def peer_checks(plan: Plan, module: ModulePlan) -> dict[str, PeerChecks]:
    """The checks of every operation of the peer, by name; a client may ask for some of them only."""
    return {str(operation.name): _checks(operation) for operation in plan.agent(module.subject).operations}


def _checks(operation: OperationPlan) -> PeerChecks:
    asked, said = f"{operation.name.upper()}_ARGUMENTS", f"{operation.name.upper()}_SAID"
    requests, answers = operation.request or (), operation.response or ()
    arguments, answer = record(requests), record(answers)
    return PeerChecks(
        requests_taken=_taken(asked, requests),
        requests_refused=tuple(
            row((changed(asked, arguments, values), repr(field)), why) for why, values, field in refused(requests)
        ),
        answers_taken=_taken(said, answers),
        answers_refused=tuple(
            row([changed(said, answer, values)], why)
            for why, values, field in refused(answers)
            if field in answer  # what is declared beside it is left out, and refuses nothing
        ),
    )


def _taken(name: str, specs: Iterable[FieldSpec]) -> tuple[str, ...]:
    """The sample, then each field at its bounds and with each of its choices."""
    specs = tuple(specs)
    good = record(specs)
    found: dict[str, dict[str, JsonValue]] = {}
    for values in (good, *({**good, spec.name: value} for spec in specs for value in around(spec, ()))):
        found.setdefault(changed(name, good, values), values)
    return tuple(row([source], title(good, values)) for source, values in found.items())
