"""Progress on standard error: lines with the seconds since the command began, and on a terminal one that turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, TextIO, cast

import click

from l9stack.cli.printing import draws, paint
from l9stack.printable import terminal
from l9stack.progress import Detail

_WIDTH = 60
"""Characters of a message in the turning line: it stays one line on a terminal of 80 columns."""


class ProgressLine:
    """Lines on standard error that say what is waited for.

    On a terminal the last message turns below the lines with a clock of its own, and details are seen there alone. It
    goes away as soon as anything else is printed, and when the command ends.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._began = time.monotonic()
        self._live: Any = None
        self._streams: tuple[TextIO, TextIO] | None = None
        self._guards: tuple[TextIO, TextIO] | None = None
        """Kept for as long as this is: `print` goes on with the stream that it has begun with, and owns it not."""
        context = click.get_current_context(silent=True)
        if context is not None:
            context.call_on_close(self._rest)

    def __call__(self, message: str, done: int | None = None, total: int | None = None) -> None:
        """Print one line; with `done` of `total`, a terminal shows a bar below it."""
        if self._quiet:
            return
        self._rest()
        turns = draws(sys.stderr)
        if not (turns and isinstance(message, Detail)):
            clock = paint(f"[{time.monotonic() - self._began:5.1f}s]", sys.stderr, dim=True)
            print(f"{clock} {message}", file=sys.stderr, flush=True)
        if turns:
            self._turn(message, done, total)

    def _rest(self) -> None:
        """Take the turning line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._streams is not None:
            sys.stdout, sys.stderr = self._streams
            self._streams = None

    def _turn(self, message: str, done: int | None, total: int | None) -> None:
        """The message below all lines, until something is printed."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._live = Progress(
            SpinnerColumn() if total is None else BarColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr, highlight=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.add_task(terminal(message).strip().splitlines()[0][:_WIDTH], total=total, completed=done or 0)
        self._live.start()
        self._streams = (sys.stdout, sys.stderr)
        if self._guards is None:
            out, err = (cast(TextIO, _Interrupting(stream, self._rest)) for stream in self._streams)
            self._guards = (out, err)
        sys.stdout, sys.stderr = self._guards


class _Interrupting:
    """A stream whose first text takes the turning line away: what is printed is as it is on a plain terminal."""

    def __init__(self, stream: TextIO, rest: Callable[[], None]) -> None:
        self._stream, self._rest = stream, rest

    def write(self, text: str) -> int:
        self._rest()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
