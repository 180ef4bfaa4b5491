"""A warm parent: it has imported what agents need, and forks one process for each agent.

A fork shares the imported modules, so an agent costs some 10 MB and a twentieth of a second. The parent has no threads.
It speaks JSON lines: `{"environ": {…}, "log": path}` in, `{"pid": n}` and `{"exited": n, "code": n}` out.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def _warm() -> None:
    """Import what every agent needs; none of it may start a thread."""
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401
    import uvicorn.lifespan.on
    import uvicorn.loops.asyncio
    import uvicorn.protocols.http.h11_impl  # noqa: F401

    import l9stack.agent.serve  # noqa: F401

    # A collection in a child would write into every object that it shares with the others, and so copy its page.
    gc.collect()
    gc.freeze()


def _child(environ: dict[str, str], log: str) -> NoReturn:
    """Become an agent; whatever goes wrong is in its log."""
    code = 1
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_NAME, f"l9:{environ.get('L9_AGENT', 'agent')}"[:15].encode())
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null, 0)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.closerange(3, 256)
        from l9stack.agent.serve import main

        main(environ)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _say(message: dict[str, int]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say({"exited": pid, "code": os.waitstatus_to_exitcode(status)})


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _warm()
    _say({"ready": os.getpid()})
    buffer = b""
    while True:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            _reap()
        if 0 in ready:
            chunk = os.read(0, 65536)
            if not chunk:
                return
            buffer += chunk
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                order = json.loads(line)
                Path(order["log"]).parent.mkdir(parents=True, exist_ok=True)
                pid = os.fork()
                if pid == 0:
                    _child(order["environ"], order["log"])
                _say({"pid": pid})


if __name__ == "__main__":
    main()
