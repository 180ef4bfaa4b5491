"""The agents of the local runtime: started through the fork server, watched, stopped."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from l9stack.agent._security.proxies import ask_part
from l9stack.errors import ServiceError
from l9stack.local import processes

START_SECONDS = 30.0
STOP_SECONDS = 8.0


@dataclass(slots=True)
class AgentStatus:
    """An agent as it is: `state` is running, stopped (ended or killed) or failed (did not start)."""

    stack: str
    agent: str
    state: str
    pid: int
    port: int
    endpoint: str
    code_digest: str
    detail: str = ""

    def data(self) -> dict[str, Any]:
        """The status as JSON data."""
        return asdict(self)


@dataclass(slots=True)
class _Agent:
    status: AgentStatus
    fingerprint: str
    log: Path
    ended: threading.Event = field(default_factory=threading.Event)


class AgentHost:
    """Starts and stops agents. All methods may be called from several threads."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._agents: dict[tuple[str, str], _Agent] = {}
        self._by_pid: dict[int, _Agent] = {}
        self._orders = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._pids: queue.Queue[int] = queue.Queue()
        self._ready = threading.Event()
        self._zygote: subprocess.Popen[bytes] | None = None

    def warm(self) -> None:
        """Start the fork server; call it from a thread that lives as long as the agents shall."""
        with self._orders:
            if self._zygote is not None and self._zygote.poll() is None:
                return
            self._ready.clear()
            libc = ctypes.CDLL(None)
            self._logs.mkdir(parents=True, exist_ok=True)
            with (self._logs / "zygote.log").open("ab") as sink:
                self._zygote = subprocess.Popen(
                    [sys.executable, "-m", "l9stack.local.fork_server_process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=sink,
                    start_new_session=True,
                    preexec_fn=lambda: libc.prctl(1, signal.SIGKILL),
                )
            threading.Thread(target=self._listen, args=(self._zygote,), daemon=True).start()

    def _listen(self, zygote: subprocess.Popen[bytes]) -> None:
        for line in zygote.stdout or ():
            message = json.loads(line)
            if "ready" in message:
                self._ready.set()
            elif "pid" in message:
                self._pids.put(message["pid"])
            else:
                self._exited(message["exited"], message["code"])
        for agent in list(self._by_pid.values()):
            agent.ended.set()
            agent.status.state = "stopped"

    def _exited(self, pid: int, code: int) -> None:
        agent = self._by_pid.pop(pid, None)
        if agent is None:
            return
        how = f"ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        agent.status.state = "stopped"
        agent.status.detail = f"{how}\n{processes.tail(agent.log, 6)}".strip()
        agent.ended.set()

    def start(self, stack: str, name: str, environ: Mapping[str, str], code_digest: str, port: int) -> AgentStatus:
        """Start an agent and wait until it is healthy; one that runs as it should is left alone."""
        key = (stack, name)
        with self._orders:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            fingerprint = hashlib.sha256(json.dumps([dict(environ), code_digest], sort_keys=True).encode()).hexdigest()
            existing = self._agents.get(key)
            if existing and existing.status.state == "running":
                if existing.fingerprint == fingerprint:
                    return existing.status
                self._end(existing)
            return self._launch(key, environ, code_digest, port, fingerprint)

    def _launch(
        self, key: tuple[str, str], environ: Mapping[str, str], code_digest: str, port: int, fingerprint: str
    ) -> AgentStatus:
        if not self._ready.wait(START_SECONDS):
            raise ServiceError(f"the agents' fork server did not start:\n{processes.tail(self._logs / 'zygote.log')}")
        stack, name = key
        log = self.log(stack, name)
        zygote = self._zygote
        if zygote is None or zygote.stdin is None:
            raise ServiceError("the agents' fork server is not there")
        with self._orders:
            order = {"environ": {**environ, "L9_AGENT": name}, "log": str(log)}
            zygote.stdin.write(json.dumps(order).encode() + b"\n")
            zygote.stdin.flush()
            pid = self._pids.get(timeout=START_SECONDS)
            endpoint = f"http://{processes.HOST}:{port}"
            agent = _Agent(AgentStatus(stack, name, "starting", pid, port, endpoint, code_digest), fingerprint, log)
            self._agents[key] = agent
            self._by_pid[pid] = agent
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not agent.ended.is_set():
            if _healthy(endpoint, pid):
                agent.status.state = "running"
                return agent.status
            time.sleep(0.02)
        if not agent.ended.is_set():
            self._end(agent)
        agent.status.state = "failed"
        agent.status.detail = f"did not become healthy; the log is {log}:\n{processes.tail(log)}"
        return agent.status

    def stop(self, stack: str, name: str) -> None:
        """Stop an agent and forget it."""
        agent = self._agents.pop((stack, name), None)
        if agent is not None:
            self._end(agent)

    def _end(self, agent: _Agent) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if agent.ended.is_set():
                return
            try:
                os.kill(agent.status.pid, number)
            except ProcessLookupError:
                return
            agent.ended.wait(STOP_SECONDS)

    def statuses(self) -> list[AgentStatus]:
        """Every agent that was started and not stopped on purpose."""
        return [agent.status for _, agent in sorted(self._agents.items())]

    def log(self, stack: str, name: str) -> Path:
        """The log file of an agent."""
        return self._logs / "agents" / stack / f"{name}.log"

    def close(self) -> None:
        """Stop every agent and the fork server."""
        threads = [threading.Thread(target=self._end, args=(agent,)) for agent in self._agents.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._agents.clear()
        if self._zygote is not None and self._zygote.stdin is not None:
            self._zygote.stdin.close()
            try:
                self._zygote.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()


def _healthy(endpoint: str, pid: int) -> bool:
    """Whether this very process answers: another program on the port does not count."""
    try:
        with ask_part(f"{endpoint}/health", 2) as response:
            return bool(json.load(response).get("pid") == pid)
    except (OSError, ValueError, urllib.error.URLError):
        return False
