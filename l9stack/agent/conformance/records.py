"""Models: what fits them, and what each refuses, by the field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from l9stack.agent import Record
from l9stack.agent.conformance.checks import ABSENT, Checks, changed, raising, same, title
from l9stack.agent.records import as_values, misfits, wrapped

Wrong = Mapping[str, Sequence[Any]]
"""Values that a field must not have, by field; `ABSENT` says that it has to be given."""


def wrong_values(sample: Mapping[str, Any], wrong: Wrong) -> list[tuple[str, str, dict[str, Any]]]:
    """For each wrong value a name, the field, and the sample with it."""
    found = []
    for name, values in wrong.items():
        for value in values:
            told = f"without {name}" if value is ABSENT else title({name: value})
            found.append((told, name, changed(sample, {name: value})))
    return found


def model(checks: Checks, record: type[Record], good: Sequence[Mapping[str, Any]], wrong: Wrong) -> None:
    """A record takes good values, survives JSON, is never changed, and tells each wrong field by its name."""
    with checks.part(record.__name__):
        for values in good:
            name = title(values, "nothing")
            with checks.positive(f"{name} is read and written back"):
                made = record.model_validate(wrapped(record, values))
                same({key: as_values(made).get(key) for key in values}, dict(values))
            with checks.positive(f"{name} survives JSON"):
                same(record.model_validate_json(made.model_dump_json()), made)
            with checks.negative(f"{name} cannot be changed"), raising(ValidationError):
                made.anything = 1  # type: ignore[attr-defined]
        for told, field, values in wrong_values(good[0], wrong):
            with checks.negative(f"{told} is refused"):
                same(_fields(misfits(record, values)), [field])


def validator(
    checks: Checks, module: Any, good: Mapping[str, Mapping[str, Any]], bad: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """`module.check` says of each request what does not fit it, and nothing else.

    `bad` are changes of one field that do not fit, by request.
    """
    with checks.positive("every request that is declared is checked"):
        same(list(module.MODELS), list(good))
    for name, sample in good.items():
        with checks.part(name):
            with checks.positive("nothing is said of a request that fits, and it is left as it was"):
                values = dict(sample)
                same((module.check(name, values), values), ([], dict(sample)))
            with checks.negative("each field that has to be given is told where none is"):
                required = [field for field, spec in module.MODELS[name].model_fields.items() if spec.is_required()]
                same(_fields(module.check(name, {})), required)
            with checks.negative("the value is not told"):
                (told,) = module.check(name, {**sample, "undeclared_field": "hunter2"})
                same((told.startswith("undeclared_field: "), "hunter2" in told), (True, False))
            for changes in bad.get(name, ()):
                (field,) = changes
                with checks.negative(f"{title(changes)} is told by its field alone"):
                    same(set(_fields(module.check(name, changed(sample, changes)))), {field})
    for name in ("no such request", "", "model_fields"):
        with checks.negative(f"{name!r} stands for no request"), raising(KeyError):
            module.check(name, {})


def _fields(told: Sequence[str]) -> list[str]:
    return [text.partition(":")[0].partition(".")[0] for text in told]
