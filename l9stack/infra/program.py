"""The Pulumi program of every project: a stack's config becomes one Stack."""

from __future__ import annotations

import signal

import pulumi

from l9stack.errors import L9Error
from l9stack.infra.components.stack import Stack, StackArgs
from l9stack.infra.settings import StackSettings
from l9stack.reading.stack import NAMESPACE

SHOWN = 32
"""The exit code by which Pulumi's language host knows that the error has been told already."""


def run() -> int:
    """Declare the stack that the engine asks for, and what it exports; the exit code of the program."""
    # The engine interrupts the program when an operation failed: its own report is enough, without our traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        arguments = StackArgs.of(StackSettings.read(pulumi.Config(NAMESPACE)), pulumi.get_stack())
        stack = Stack(arguments.prepared.plan.collection, arguments)
    except L9Error as error:
        pulumi.log.error(str(error))
        return SHOWN
    for name, value in stack.outputs.items():
        pulumi.export(name, value)
    return 0
