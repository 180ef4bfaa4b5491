"""Agents that answer as they are told, and a Docker command that says what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from l9stack.files import write_file
from l9stack.model.deployment import Deployment
from l9stack.project import Project
from l9stack.running.manifest import manifest_path, manifest_text

COMMAND = r"""#!/bin/sh
here=$(dirname "$0")
printf '%s\037' "$@" >> "$here/asked"
echo >> "$here/asked"
[ "$1" = --host ] && shift 2
if [ -f "$here/error" ]; then cat "$here/error" >&2; exit 1; fi
subject=$1
[ "$1" = service ] && subject=$1_$2
[ ! -f "$here/$subject" ] || cat "$here/$subject"
"""


@dataclass
class FakeDocker:
    """`docker` on PATH; `says` are the lines that it prints, by command."""

    folder: Path

    def says(self, **lines: list[Any]) -> None:
        (self.folder / "error").unlink(missing_ok=True)
        for subject, printed in lines.items():
            text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in printed)
            (self.folder / subject).write_text(text)

    def fails(self, message: str) -> None:
        (self.folder / "error").write_text(message)

    def containers(self, **states: dict[str, Any]) -> None:
        """Containers of agents and of `redis`, each with the engine's record of its state."""
        rows = [
            {
                "Id": f"id-{name}",
                "State": {"ExitCode": 0, **state},
                "Config": {"Labels": {f"l9stack.{'service' if name == 'redis' else 'agent'}": name}},
            }
            for name, state in states.items()
        ]
        self.says(ps=[row["Id"] for row in rows], inspect=rows, logs=["the last line"])

    @property
    def asked(self) -> list[list[str]]:
        path = self.folder / "asked"
        lines = path.read_text().split("\n")[:-1] if path.is_file() else []
        return [line.split("\x1f")[:-1] for line in lines]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(COMMAND)
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return FakeDocker(folder)


@dataclass
class FakeAgent:
    """An agent's `/ready`; `answers` is what it says from now on."""

    url: str
    answers: dict[str, Any] = field(default_factory=lambda: {"ready": True, "backends": {"redis": "ok"}})
    status: int = 200

    def lacks(self, **backends: str) -> None:
        self.answers, self.status = {"ready": False, "backends": {"redis": "ok", **backends}}, 503

    def recovers(self) -> None:
        self.answers, self.status = {"ready": True, "backends": {"redis": "ok"}}, 200


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(found.answers).encode()
            self.send_response(found.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = FakeAgent(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


Deployed = Callable[..., Project]


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """A project with the manifest of a stack `site`, as if it had been deployed; every agent was healthy then."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    (root / "Pulumi.yaml").write_text("name: l9stack\n")

    def manifest(
        runtime: str, host: str = "", managed: bool = True, published: bool = True, **endpoints: str
    ) -> Project:
        engine = f"  docker:host: {host}\n" if host else ""
        (root / "Pulumi.site.yaml").write_text(f"config:\n  l9stack:runtime: {runtime}\n{engine}")
        document = Deployment.model_validate(
            {
                "stack": "site",
                "runtime": runtime,
                "collection": "desk",
                "release": "1" * 64,
                "tree_digest": "2" * 64,
                "extraction": "extractions/desk_1",
                "evidence": "extractions/desk_1/evidence_report.md",
                "config": "deployments/site/desk_config.yaml",
                "anchors": ["Ada"],
                "agents": {
                    name: {
                        "endpoint": url,
                        "health": "ok",
                        "health_url": f"{url}/health",
                        "ready_url": f"{url}/ready",
                        "code_digest": "3" * 64,
                        "published": published,
                    }
                    for name, url in endpoints.items()
                },
                "backends": {"redis": {"address": "redis:6379", "managed": managed}},
                "deployment_ready": True,
            }
        )
        project = Project(root)
        write_file(manifest_path(project, "site"), manifest_text(document).encode())
        return project

    return manifest
