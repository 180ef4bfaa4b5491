"""Values kept in working memory for a while: JSON under the agent's own keyspace, gone after their time to live."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from l9stack.agent._calls.context import OperationContext
from l9stack.agent.memory._layers import keyspace
from l9stack.agent.records import Record, as_values, digest

R = TypeVar("R", bound=Record)


async def keep_value(context: OperationContext, key: str, value: JsonValue, ttl_seconds: int | None = None) -> None:
    """Keep a value for `ttl_seconds`, by default for as long as the working layer keeps things."""
    working = context.runtime.definition.memory.working
    seconds = ttl_seconds if ttl_seconds is not None else working.ttl_seconds if working else 3600
    await context.runtime.memory.redis.set(_key(context, key), json.dumps(value), ex=seconds)


async def read_value(context: OperationContext, key: str) -> JsonValue:
    """The value of a key; None where none is kept, or where its time is over."""
    found = await context.runtime.memory.redis.get(_key(context, key))
    value: JsonValue = None if found is None else json.loads(found)
    return value


async def keep_answer(context: OperationContext, operation: str, request: Record, answer: Record) -> None:
    """Keep the answer of an operation to a request, for as long as the working layer keeps things."""
    await keep_value(context, _of(operation, request), as_values(answer))


async def read_answer(context: OperationContext, operation: str, request: Record, model: type[R]) -> R | None:
    """The answer that is kept to an equal request; None where there is none, or none that the model still takes."""
    try:
        return model.model_validate(await read_value(context, _of(operation, request)))
    except ValidationError:
        return None


async def forget_value(context: OperationContext, key: str) -> bool:
    """Forget a key; whether it was there."""
    return bool(await context.runtime.memory.redis.delete(_key(context, key)))


def _of(operation: str, request: Record) -> str:
    return f"{operation}:{digest(as_values(request))}"


def _key(context: OperationContext, key: str) -> str:
    return f"{context.runtime.memory.namespace}:{keyspace(context.runtime.definition)}:kept:{key}"
