"""A memory bridge: declared layers, and functions that find decisions by an indexed field."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from l9stack.agent.conformance._checks import Checks, holds, raising, same
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.testing._agent import ServedAgent

__all__ = ["KINDS", "Finder", "defaults", "finders", "layers", "name_of"]

KINDS = ("working", "episodic", "semantic", "causal", "archive")
"""The layers that a schema may declare."""
Finder = Callable[..., Awaitable[list[dict[str, Any]]]]
"""A generated function that looks decisions up."""


def layers(checks: Checks, memory: MemoryDeclaration, declared: Mapping[str, Mapping[str, Any]]) -> None:
    """The layers are those of the schema, each with its facts and no others; nobody changes one."""
    with checks.positive("the layers are those of the schema"):
        same(memory.layers(), tuple(declared))
    for name, facts in declared.items():
        with checks.part(name):
            layer = getattr(memory, name)
            for fact, value in facts.items():
                with checks.positive(f"its {fact} is the schema's"):
                    same(getattr(layer, fact), value)
            with checks.positive("it declares no more"):
                same(set(dataclasses.asdict(layer)), set(facts))
            with checks.negative("it cannot be changed"), raising(dataclasses.FrozenInstanceError):
                setattr(layer, next(iter(facts)), None)
    for name in KINDS:
        if name not in declared:
            with checks.negative(f"{name}, which the schema does not declare, is not used"):
                same((getattr(memory, name), name in memory.layers()), (None, False))
    with checks.negative("no layer can be taken away"), raising(dataclasses.FrozenInstanceError):
        setattr(memory, "working", None)  # noqa: B010 - the type checker refuses it too


async def finders(checks: Checks, agent: ServedAgent, functions: Mapping[str, tuple[Finder, Any]]) -> None:
    """Each function finds decisions whose request has a value of its field; `functions` are by field, with a value."""
    request = {key: value for key, (_, value) in functions.items()}
    about = [await agent.remember(request, {"number": number}) for number in range(3)]
    await agent.remember({"something_else": next(iter(request.values()))}, {})
    for key, (find, value) in functions.items():
        with checks.part(name_of(find)):
            found = await find(agent.context(), value)
            with checks.positive("the newest decision comes first"):
                same([decision["decision_id"] for decision in found[:3]], about[::-1])
            with checks.negative("no more are found than are wanted"):
                same(len(await find(agent.context(), value, 2)), 2)
            with checks.negative("no decision about anything else is found"):
                holds(all(decision["request"].get(key) == value for decision in found), f"another {key} is found")


def defaults(checks: Checks, functions: Mapping[Callable[..., Any], Mapping[str, Any]]) -> None:
    """What a caller may leave out has the default that callers rely on."""
    for function, declared in functions.items():
        with checks.positive(f"{name_of(function)}: what may be left out has its default"):
            parameters = inspect.signature(function).parameters.values()
            same({item.name: item.default for item in parameters if item.default is not item.empty}, dict(declared))


def name_of(function: Callable[..., Any]) -> str:
    """What a function is called."""
    return getattr(function, "__name__", type(function).__name__)
