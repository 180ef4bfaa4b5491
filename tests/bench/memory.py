"""The memory of a running stack: proportional set sizes, which count a shared page once over all its users."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

from l9stack.local.client import SupervisorClient
from tests.bench.calls import Caller
from tests.bench.figures import Figure
from tests.bench.scratch import UnmeasuredError
from tests.bench.workshop import Workshop


def memory(shop: Workshop) -> Iterator[Figure]:
    """After `up`, a look at each agent's backends, and one call: every agent's processes, and every server's."""
    project = shop.deployed()
    status = SupervisorClient(project.project.run).status()
    for agent in status.agents:
        with urllib.request.urlopen(f"{agent.endpoint}/ready", timeout=30) as response:
            response.read()
    Caller(project).batch(1, 1)
    yield Figure("memory of an agent (PSS)", "MB", tuple(_megabytes(agent.pid) for agent in status.agents))
    for service in status.services:
        # The archive is a folder, and has no process.
        if service.pid:
            yield Figure(f"memory of {service.name}, {service.product} (PSS)", "MB", (_megabytes(service.pid),))
    apart = {agent.pid for agent in status.agents} | {service.pid for service in status.services}
    daemon = _megabytes(status.pid, apart)
    yield Figure("memory of the supervisor and the agents' fork server (PSS)", "MB", (daemon,))


def _megabytes(pid: int, apart: set[int] | None = None) -> float:
    """PSS of a process and all its descendants, but for those that are counted apart."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        total += _pss(current)
        waiting += [child for child in children.get(current, ()) if child not in (apart or ())]
    return total / 1024


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except PermissionError as error:
        raise UnmeasuredError(f"the memory of process {pid} may not be read") from error
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
