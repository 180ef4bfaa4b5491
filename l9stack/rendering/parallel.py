"""Many agents are rendered by several processes at once: each takes a share of them, all have the whole plan."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from l9stack.errors import InputError, Problem
from l9stack.model.plan import AgentPlan, Plan
from l9stack.names import AgentId

FEWEST = 100
"""Agents of a share: for fewer another process does not pay, which takes half a second to start."""
AHEAD = 50
"""Agents that one process renders while another one starts."""
Files = dict[str, tuple[str, AgentId | None]]
"""Texts with the agents that they belong to, by path."""


class RenderWorkerError(Exception):
    """A process of ours that rendered a share has failed: a defect, never of a user's input."""


def partition(plan: Plan, number: int, count: int) -> Sequence[AgentPlan]:
    """The agents of one of `count` shares; the first, which is this process's own, begins while the others start."""
    ahead = min(AHEAD, len(plan.agents) // 4)
    rest = plan.agents[ahead:]
    return (*plan.agents[:ahead], *rest[::count]) if number == 0 else rest[number::count]


def render_in_parallel(plan: Plan, render: Callable[[Plan, Sequence[AgentPlan]], Files]) -> Files:
    """What `render` gives for all agents, of which other processes take a share where there are many.

    Raises:
        InputError: a template of the collection's own fails.
        ShareError: with what the other process said.
    """
    count = max(1, min(os.cpu_count() or 1, len(plan.agents) // FEWEST))
    if count == 1:
        return render(plan, plan.agents)
    with tempfile.TemporaryDirectory(prefix="l9-render-") as name, ExitStack() as stack:
        targets = [Path(name) / str(number) for number in range(1, count)]
        workers = [_started(target, number, count, stack) for number, target in enumerate(targets, start=1)]
        whole = pickle.dumps(plan)  # while they start
        for worker in workers:
            _hand(whole, worker)
        with _uncollected():
            files = render(plan, partition(plan, 0, count))
            for worker, target in zip(workers, targets, strict=True):
                files |= _left(worker, target)
    return files


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for cycles among the many values of a large plan, of which hardly any becomes garbage meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _started(target: Path, number: int, count: int, stack: ExitStack) -> subprocess.Popen[bytes]:
    """A process that renders a share; it ends with the stack, whatever it is at."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "l9stack.rendering.worker", str(target), str(number), str(count)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    stack.enter_context(worker)
    stack.callback(worker.kill)
    return worker


def _hand(whole: bytes, worker: subprocess.Popen[bytes]) -> None:
    assert worker.stdin is not None
    with suppress(BrokenPipeError), worker.stdin as pipe:  # one that has failed is told of by what it left
        pipe.write(whole)


def _left(worker: subprocess.Popen[bytes], target: Path) -> Files:
    """What a process has rendered, once it is done."""
    assert worker.stderr is not None
    said = worker.stderr.read().decode(errors="replace")
    if worker.wait() != 0:
        raise RenderWorkerError(f"share {target.name} ended with {worker.returncode}:\n{said}")
    left: Files | tuple[Problem, ...] = pickle.loads(target.read_bytes())  # noqa: S301 - of our own, in a private folder
    if isinstance(left, tuple):
        raise InputError(left)
    return left
