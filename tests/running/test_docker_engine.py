"""Which Docker engine is meant where a stack names none: the one that the provider of Docker's resources takes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from l9stack.running import docker_engine
from l9stack.running.docker_engine import DockerEngine, usual_host
from tests.running.conftest import FakeDocker


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without engines, on a machine without one."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(docker_engine, "_SOCKET", tmp_path / "everybodys.sock")
    return tmp_path


def listens(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = socket.socket(socket.AF_UNIX)
    found.bind(str(path))
    return found


def test_the_machines_own_comes_before_the_users(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual_host() == f"unix://{nobody}/everybodys.sock"
    with listens(nobody / ".docker" / "desktop" / "docker.sock"):
        assert usual_host() == f"unix://{nobody}/.docker/desktop/docker.sock"
        with listens(nobody / ".docker" / "run" / "docker.sock"):
            assert usual_host() == f"unix://{nobody}/.docker/run/docker.sock"
            with listens(nobody / "everybodys.sock"):
                assert usual_host() == f"unix://{nobody}/everybodys.sock"
                monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2376")
                assert usual_host() == "tcp://127.0.0.1:2376"


def test_the_command_is_always_told_which(nobody: Path, docker: FakeDocker) -> None:
    """Or it would follow the context that somebody chose for other work."""
    docker.says(version=["1"])
    DockerEngine().ask("version")
    DockerEngine("ssh://staging").ask("version")
    assert docker.asked == [["--host", usual_host(), "version"], ["--host", "ssh://staging", "version"]]
