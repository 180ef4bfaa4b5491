"""Run one command and turn what it raises into text and an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from l9stack.cli.commands import extra_of, l9

if TYPE_CHECKING:
    from l9stack.errors import L9Error

_MACHINE = {
    errno.ENOSPC: "make room, then run again",
    errno.EDQUOT: "make room, then run again",
    errno.EFBIG: "make room, then run again",
    errno.EROFS: "the file system is read-only: work in a folder that you may write to",
    errno.EACCES: "ask for the right, or work in a folder that is yours",
    errno.EPERM: "ask for the right, or work in a folder that is yours",
    errno.EMFILE: "raise the limit of open files: `ulimit -n 4096`",
    errno.ENFILE: "the machine has no more open files to give: end something that holds many",
    errno.ENOMEM: "end something that uses memory, then run again",
    errno.ENAMETOOLONG: "work in a folder with a shorter path",
}
"""What the machine refuses is neither a mistake in the input nor a bug; each with what to do."""
_COMPLETE = "_L9_COMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv`, run the command, return its exit code. A bug raises as itself; a user's mistake never does."""
    words = list(sys.argv[1:] if argv is None else argv)
    if instruction := os.environ.get(_COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(l9, {}, "l9", _COMPLETE, instruction)
    try:
        with l9.make_context("l9", words) as context:
            code = l9.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        from l9stack.errors import EXIT_INTERRUPTED

        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (`l9 graph | head`): nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        # What a failure is told with is imported for a failure: `--help` and completion do without.
        if (failure := _failure(error, words)) is None:
            raise
        from l9stack.cli.printing import print_error

        print_error(failure, as_json="--json" in words)
        return failure.exit_code


def _failure(error: Exception, words: Sequence[str]) -> L9Error | None:
    """What a person is told of a failure; None for a bug."""
    from l9stack.errors import L9Error, MachineError

    if isinstance(error, L9Error):
        return error
    if isinstance(error, ModuleNotFoundError):
        from l9stack.extras import installation_error

        return installation_error(error, extra_of(words))
    if isinstance(error, OSError) and error.errno in _MACHINE:
        where = f" ({error.filename})" if error.filename else ""
        message = f"{error.strerror}{where}: what was there before is as it was; {_MACHINE[error.errno]}"
        return MachineError(message)
    return None


def run() -> None:
    """The entry point of the console script."""
    # An encoding may have no word for a letter of a path or a text: the letter's number is written in its place.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
