"""The daemon that owns a project's servers and agents: `python -m l9stack.local.supervisor --run DIR`.

One for each project, held by a file lock; it lives in a session of its own, so it survives whoever started it, and all
its children die with it. It is spoken to over a unix socket: one JSON line in, one JSON line out.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import socketserver
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from l9stack.errors import ServiceError
from l9stack.local import namespaces, processes, servers
from l9stack.local.host import AgentHost
from l9stack.local.paths import ports_file, socket_address, socket_path
from l9stack.local.processes import Server


class Ports:
    """Ports that were given once and are kept, by name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def of(self, name: str, *, in_use: bool = False) -> int:
        """The port of a name; a kept port that somebody else has taken is replaced."""
        with self._lock:
            known = self._known()
            port = known.get(name)
            if port is None or not (in_use or processes.is_free(port)):
                port = processes.free_port()
                while port in known.values():
                    port = processes.free_port()
                known[name] = port
                partial = self._path.with_suffix(".part")
                partial.write_text(json.dumps(known, indent=2, sort_keys=True))
                partial.replace(self._path)
            return port

    def _known(self) -> dict[str, int]:
        try:
            known: dict[str, int] = json.loads(self._path.read_bytes()) if self._path.exists() else {}
            return {str(name): int(port) for name, port in known.items()}
        except (ValueError, TypeError, AttributeError):
            hint = "put a copy of it back, or remove it, and other ports are chosen"
            raise ServiceError(f"{self._path}, which keeps the ports of this project, is damaged: {hint}") from None


class Supervisor:
    """What the socket's methods do."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._data = run
        self._ports = Ports(ports_file(run))
        self._servers: dict[str, Server] = {}
        self._locks = {name: threading.Lock() for name in servers.NAMES}
        self._host = AgentHost(run / "logs")
        # Children die with the thread that made them: these threads live until the end.
        self._makers = ThreadPoolExecutor(16)
        self._makers.submit(self._host.warm)
        self.ended = threading.Event()

    def handle(self, method: str, params: dict[str, Any]) -> Any:
        """Run a method on a thread that lives as long as the daemon."""
        known: dict[str, Callable[..., Any]] = {
            "ensure_service": self.ensure_service,
            "stop_service": self.stop_service,
            "status": self.status,
            "namespace": self.namespace,
            "drop_namespace": self.drop_namespace,
            "start_agent": self.start_agent,
            "stop_agent": self.stop_agent,
            "endpoint": self.endpoint,
            "shutdown": self.shutdown,
        }
        if method not in known:
            raise ServiceError(f"unknown method {method}")
        return self._makers.submit(known[method], **params).result()

    def ensure_service(self, name: str) -> dict[str, Any]:
        """Start a server where it does not run."""
        if name not in self._locks:
            raise ServiceError(f"unknown service {name!r}; known: {', '.join(servers.NAMES)}")
        with self._locks[name]:
            server = self._servers.get(name)
            if server is None or not server.alive():
                port = self._ports.of(f"service/{name}") if name != "archive" else 0
                secret = processes.password(self._run, name)
                log = self._run / "logs" / f"{name}.log"
                self._servers[name] = servers.start(name, self._data / "data" / name, port, secret, log)
            return self._service(name)

    def stop_service(self, name: str) -> dict[str, Any]:
        """Stop a server; its data stays."""
        with self._locks[name]:
            if server := self._servers.get(name):
                server.stop()
            return self._service(name)

    def _service(self, name: str) -> dict[str, Any]:
        server = self._servers.get(name)
        alive = server is not None and server.alive()
        return {
            "name": name,
            "state": "running" if alive else "stopped",
            "pid": server.process.pid if server and server.process and alive else 0,
            "port": server.port if server else 0,
            "product": server.product if server else "",
            "version": server.version if server else "",
            "detail": "" if alive or server is None else processes.tail(server.log, 4),
        }

    def status(self) -> dict[str, Any]:
        """Every server that was started, and every agent."""
        return {
            "pid": os.getpid(),
            "services": [self._service(name) for name in servers.NAMES if name in self._servers],
            "agents": [status.data() for status in self._host.statuses()],
        }

    def namespace(self, stack: str) -> dict[str, str]:
        """The backends of a stack, as an environment; every server is started where it does not run."""
        with ThreadPoolExecutor(len(servers.NAMES)) as pool:
            list(pool.map(lambda name: self._makers.submit(self.ensure_service, name).result(), servers.NAMES))
        ports = {name: server.port for name, server in self._servers.items()}
        return namespaces.urls(self._data, ports, stack).environ()

    def drop_namespace(self, stack: str) -> None:
        """Stop a stack's agents."""
        for status in self._host.statuses():
            if status.stack == stack:
                self._host.stop(stack, status.agent)

    def endpoint(self, stack: str, agent: str) -> str:
        """Where an agent answers, or will."""
        running = any(s.stack == stack and s.agent == agent and s.state == "running" for s in self._host.statuses())
        return f"http://{processes.HOST}:{self._ports.of(f'agent/{stack}/{agent}', in_use=running)}"

    def start_agent(self, stack: str, agent: str, environ: dict[str, str], code_digest: str) -> dict[str, Any]:
        """Start an agent on its kept port."""
        endpoint = self.endpoint(stack, agent)
        port = endpoint.rsplit(":", 1)[1]
        whole = {
            **environ,
            "L9_HOST": processes.HOST,
            "L9_PORT": port,
            "L9_ENDPOINT": endpoint,
            "L9_CODE_DIGEST": code_digest,
        }
        return self._host.start(stack, agent, whole, code_digest, int(port)).data()

    def stop_agent(self, stack: str, agent: str) -> None:
        """Stop an agent."""
        self._host.stop(stack, agent)

    def shutdown(self, purge: bool = False) -> None:
        """Stop agents, then servers, then the daemon; `purge` removes the servers' data."""
        self._host.close()
        threads = [threading.Thread(target=server.stop) for server in self._servers.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if purge:
            shutil.rmtree(self._data / "data", ignore_errors=True)
            for name in servers.NAMES:
                (self._run / f"{name}.password").unlink(missing_ok=True)
            ports_file(self._run).unlink(missing_ok=True)
        self.ended.set()


def serve(run: Path) -> None:
    """Answer on the socket until `shutdown`."""
    supervisor = Supervisor(run)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline()
            if not line:
                return
            request = json.loads(line)
            try:
                answer = {"result": supervisor.handle(request["method"], request.get("params", {}))}
            except ServiceError as error:
                answer = {"error": str(error)}
            except Exception as error:
                print(f"{request['method']}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                answer = {"error": f"{type(error).__name__}: {error}"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    class Socket(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    path = socket_path(run)
    path.unlink(missing_ok=True)
    with socket_address(run) as address:
        bound = Socket(address, Handler)
    with bound as listener:
        path.chmod(0o600)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        supervisor.ended.wait()
        listener.shutdown()
    path.unlink(missing_ok=True)


def main() -> None:
    """Become a daemon, take the lock, serve."""
    parser = argparse.ArgumentParser(prog="l9stack.local.supervisor")
    parser.add_argument("--run", type=Path, required=True)
    run: Path = parser.parse_args().run.resolve()
    if os.fork():
        os._exit(0)
    os.setsid()
    lock = os.open(run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os._exit(0)  # another one is there, and will answer
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    serve(run)
    os._exit(0)


if __name__ == "__main__":
    main()
