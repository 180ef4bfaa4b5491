"""The Pulumi program: a stack's config becomes one Stack."""

import signal
import sys

import pulumi

from l9stack.errors import L9Error
from l9stack.infra.components.stack import Stack, StackArgs
from l9stack.infra.settings import StackSettings

SHOWN = 32
"""The exit code by which Pulumi's language host knows that the error has been told already."""

# The engine interrupts the program when an operation failed: its own report is enough, without our traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    arguments = StackArgs.of(StackSettings.read(pulumi.Config("l9stack")), pulumi.get_stack())
    stack = Stack(arguments.prepared.plan.collection, arguments)
except L9Error as error:
    pulumi.log.error(str(error))
    sys.exit(SHOWN)
for name, value in stack.outputs.items():
    pulumi.export(name, value)
