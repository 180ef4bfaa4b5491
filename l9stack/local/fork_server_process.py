"""A fork server: it has imported what its children need, and forks one process for each order.

A fork shares the imported modules, so a child costs some 10 MB and a twentieth of a second. The parent has no threads.
It speaks JSON lines: an order such as `{"log": path, "environ": {…}}` in, `{"pid": n}` and `{"exited": n, "code": n}`
out. `{"kill": n}` ends a child, and whatever else is in its process group. A child's group ends with it, and all of
them end with the parent, whose standard input ends with whoever started it.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

Order = dict[str, Any]
Act = Callable[[Order], None]
"""What a child does; it ends with 0 afterwards, with a `SystemExit`'s code, or with 1 and a traceback in its log."""
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def _warm() -> None:
    """Import what every agent needs; none of it may start a thread."""
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401
    import uvicorn.lifespan.on
    import uvicorn.loops.asyncio
    import uvicorn.protocols.http.h11_impl  # noqa: F401

    import l9stack.agent._serving.main  # noqa: F401


def _agent(order: Order) -> None:
    """Become an agent."""
    environ: dict[str, str] = order["environ"]
    ctypes.CDLL(None).prctl(_PR_SET_NAME, f"l9:{environ.get('L9_AGENT', 'agent')}"[:15].encode())
    from l9stack.agent._serving.main import main

    main(environ)


def _child(order: Order, act: Act) -> NoReturn:
    """Act in a session of its own; whatever goes wrong is in the log."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        sink = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null, 0)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.closerange(3, 256)
        act(order)
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
    # Nobody hears it where whoever started us is gone; the end of standard input is seen next.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(message).encode() + b"\n")


def _kill_group(pid: int) -> None:
    """End a child that was not reaped yet, so that its number, and its group's, are its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may not have got as far as to a group of its own


def _reap(children: set[int]) -> None:
    """Tell of every child that ended, and end what it left in its group."""
    for pid in sorted(children):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            _kill_group(pid)
            _, status = os.waitpid(pid, 0)
            children.discard(pid)
            _say({"exited": pid, "code": os.waitstatus_to_exitcode(status)})


def _obey(order: Order, act: Act, children: set[int]) -> None:
    if "kill" in order:
        if order["kill"] in children:
            _kill_group(order["kill"])
        return
    Path(order["log"]).parent.mkdir(parents=True, exist_ok=True)
    pid = os.fork()
    if pid == 0:
        _child(order, act)
    children.add(pid)
    _say({"pid": pid})


def serve(warm: Callable[[], None], act: Act) -> None:
    """Import what children need, then fork one for each order, until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    warm()
    # A collection in a child would write into every object that it shares with the others, and so copy its page.
    gc.collect()
    gc.freeze()
    _say({"ready": os.getpid()})
    children: set[int] = set()
    buffer = b""
    while True:
        ready, _, _ = select.select([0, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            _reap(children)
        if 0 in ready:
            chunk = os.read(0, 65536)
            if not chunk:
                break
            buffer += chunk
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                _obey(json.loads(line), act, children)
    for pid in children:
        _kill_group(pid)


if __name__ == "__main__":
    serve(_warm, _agent)
