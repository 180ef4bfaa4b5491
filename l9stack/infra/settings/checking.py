"""A stack's file, checked without the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pulumi
from pulumi.runtime import set_all_config

from l9stack.errors import Problem
from l9stack.infra.settings.plain import plain_secrets
from l9stack.infra.settings.stack import StackSettings
from l9stack.reading.stack import NAMESPACE, stack_values, unread_keys


def slips(root: Path, stack: str) -> list[Problem]:
    """Notes of what better did not stand in the file: keys that nothing reads, passwords in plain text."""
    return [*unread_keys(root, stack), *plain_secrets(root, stack)]


def check_stack(root: Path, stack: str) -> StackSettings:
    """The settings of a stack, less its secrets, which only the engine can read.

    Raises:
        InputError: with everything that is wrong in the stack's file.
    """
    set_all_config(stack_values(root, stack))

    async def read() -> StackSettings:  # outputs want a loop, and the engine's is not here
        return StackSettings.read(pulumi.Config(NAMESPACE), root, stack)

    return asyncio.run(read())
