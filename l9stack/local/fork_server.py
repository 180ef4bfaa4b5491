"""A fork server as seen by who orders forks of it: see `l9stack.local.fork_server_process`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

from l9stack.errors import ServiceError
from l9stack.local.processes import tail

_LIBRARY = Path(__file__).resolve().parents[2]
_END_SECONDS = 10.0


class _Job:
    def __init__(self) -> None:
        self.pid = 0
        self.code: int | None = None
        self.started, self.ended = threading.Event(), threading.Event()


class ForkServer:
    """Starts at once, and is ready after about a second, which nobody has to wait for. Threads may share it.

    It, and every fork, ends with this process, however that ends.
    """

    def __init__(self, module: str, log: Path, environ: Mapping[str, str]) -> None:
        """Start `python -m module`, which calls `zygote.serve`; what goes wrong with it is written to `log`."""
        self._log = log
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                env=dict(environ),
                cwd=_LIBRARY,
                start_new_session=True,  # an interruption of ours is told by the end of its standard input
            )
        self._lock = threading.Lock()
        self._ordered: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._gone = False
        threading.Thread(target=self._listen, name="l9-warm", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def run(self, order: Mapping[str, Any], timeout: float) -> int | None:
        """Run an order to its end; its exit code, negative for a signal. None where it was killed after `timeout` s.

        Raises:
            ServiceError: the fork server itself did not start, or ended.
        """
        job = _Job()
        with self._lock:
            if self._gone:
                raise self._lost()
            self._ordered.append(job)
            self._send(order)
        job.started.wait()
        try:
            in_time = job.ended.wait(timeout)
        except BaseException:
            self._kill(job)
            raise
        if not in_time:
            self._kill(job)
            job.ended.wait()
        if job.code is None:
            raise self._lost()
        return job.code if in_time else None

    def close(self) -> None:
        """End the process, and every run with it."""
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _lost(self) -> ServiceError:
        return ServiceError(f"a fork server ended\n{tail(self._log)}".strip())

    def _kill(self, job: _Job) -> None:
        with self._lock:
            self._send({"kill": job.pid})

    def _send(self, order: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # it ended: the listener tells every job
            pipe = _pipe(self._process.stdin)
            pipe.write(json.dumps(order).encode() + b"\n")
            pipe.flush()

    def _listen(self) -> None:
        for message in self._messages():
            if "pid" in message:
                job = self._ordered.popleft()
                job.pid = message["pid"]
                self._running[job.pid] = job
                job.started.set()
            elif "exited" in message:
                job = self._running.pop(message["exited"])
                job.code = message["code"]
                job.ended.set()
        with self._lock:
            self._gone = True
            lost = [*self._ordered, *self._running.values()]
        for job in lost:
            job.started.set()
            job.ended.set()

    def _messages(self) -> Iterator[dict[str, int]]:
        for line in _pipe(self._process.stdout):
            yield json.loads(line)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "the process was started with pipes"
    return stream
