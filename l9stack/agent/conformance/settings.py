"""A config module: the settings that won, what the environment may change, and what it may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from l9stack.agent import AgentSettings
from l9stack.agent.conformance.checks import Checks, raising, same


def settings(
    checks: Checks,
    module: Any,
    prefix: str,
    values: Mapping[str, Any],
    changes: Sequence[tuple[str, str, Any]],
    refused: Sequence[tuple[str, str]],
) -> None:
    """`module.load` gives the values; a variable with the prefix changes one, or is refused by the setting's name."""
    with checks.positive("the settings have the values that won"):
        same(module.load({}).model_dump(), dict(values))
    with checks.positive("the prefix is the agent's own"):
        same(module.PREFIX, prefix)
    for name, text, value in changes:
        with checks.positive(f"the environment sets {name} to {text}"):
            same(module.load({f"{prefix}_{name}".upper(): text}).model_dump(), {**values, name: value})
    for name, text in refused:
        with checks.negative(f"{name} cannot be {text}"), raising(ValidationError, name):
            module.load({f"{prefix}_{name}".upper(): text})
    for variable in (prefix, f"{prefix}_NO_SUCH_SETTING", "L9_ANOTHER_AGENT"):
        with checks.negative(f"{variable} changes nothing"):
            same(module.load({variable: "1"}).model_dump(), dict(values))
    _closed(checks, module.load({}), values)


def _closed(checks: Checks, loaded: AgentSettings, values: Mapping[str, Any]) -> None:
    for name in ("no_such_setting", "PREFIX", "load"):
        with checks.negative(f"{name}, which nobody declared, is refused"), raising(ValidationError, name):
            type(loaded).model_validate({name: 1})
    for name, value in values.items():
        with checks.negative(f"{name} is not changed once it is loaded"), raising(ValidationError):
            setattr(loaded, name, value)
