"""Run one command and turn what it raises into text and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence

from l9stack.cli.parser import build
from l9stack.cli.printing import print_error

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk's affair, and neither a mistake nor a bug."""


def main(argv: Sequence[str] | None = None) -> int:
    """Parse `argv`, run the command, return its exit code. A bug raises as itself; a user's mistake never does."""
    arguments = build().parse_args(argv)
    module, function = arguments.handler.split(":")
    from l9stack.errors import L9Error, ServiceError

    try:
        handler = getattr(importlib.import_module(f"l9stack.cli.{module}"), function)
        code: int = handler(arguments)
        sys.stdout.flush()
        return code
    except L9Error as error:
        print_error(error, as_json=arguments.json)
        return error.exit_code
    except ModuleNotFoundError as error:
        from l9stack.extras import installation_error

        missing = installation_error(error)
        if missing is None:
            raise
        print_error(missing, as_json=arguments.json)
        return missing.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe went away (`l9 graph | head`): nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in _FULL:
            raise
        where = f" ({error.filename})" if error.filename else ""
        told = ServiceError(f"{error.strerror}{where}: what was there before is as it was; make room, then run again")
        print_error(told, as_json=arguments.json)
        return told.exit_code


def run() -> None:
    """The entry point of the console script."""
    sys.exit(main())
