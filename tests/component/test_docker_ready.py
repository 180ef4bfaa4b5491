"""Waiting for containers: what a person is told where one does not get there, and names that are somebody else's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from l9stack.errors import ServiceError
from l9stack.infra.providers import container
from l9stack.infra.providers.container import ContainerReadyProvider, EngineClaimProvider

PROPS = {"host": "", "container": "desk-redis-staging", "what": "redis", "seconds": 0.5, "state": "healthy"}
CLAIM = {"collection": "desk", "stack": "staging", "host": ""}
FAKE = """#!/usr/bin/env python3
import json, pathlib, sys
here = pathlib.Path(__file__).parent
_, _, *words = sys.argv[1:]  # --host HOST
told = json.loads((here / "told.json").read_text())
if words[:2] == ["ps", "--all"] and "--quiet" in words:
    print("" if told["inspect"] is None else "41a")
elif words[0] == "inspect":
    turns = here / "turns"
    turn = len(turns.read_text()) if turns.exists() else 0
    turns.write_text("." * (turn + 1))
    print(json.dumps(told["inspect"][min(turn, len(told["inspect"]) - 1)]))
elif words[0] == "logs":
    print("first line"), print("cannot open: no space left", file=sys.stderr)
else:
    print("\\n".join(told.get(words[0], [])))
"""


def seen(status: str, health: str = "", said: str = "", restarts: int = 0, code: int = 0) -> dict[str, Any]:
    """What the engine says of a container."""
    log = [{"Output": f"Traceback\n{said}\n", "ExitCode": 1}] if said else []
    checked = {"Health": {"Status": health, "FailingStreak": 4, "Log": log}} if health else {}
    return {
        "Id": "41a" * 20,
        "RestartCount": restarts,
        "Config": {"Labels": {}},
        "State": {"Status": status, "ExitCode": code, "StartedAt": "2026-01-01", "Error": "", **checked},
    }


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An engine's command, which says what it is told to say, turn by turn."""
    command = tmp_path / "docker"
    command.write_text(FAKE)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(container, "_POLL_SECONDS", 0.01)

    def says(*turns: dict[str, Any], **lists: list[str]) -> None:
        (tmp_path / "turns").unlink(missing_ok=True)
        (tmp_path / "told.json").write_text(json.dumps({"inspect": list(turns) or None, **lists}))

    return says


def test_it_waits_for_one_that_starts_and_says_which_life_it_is(engine):
    engine(seen("running", "starting"), seen("restarting", restarts=1), seen("running", "healthy"))
    made = ContainerReadyProvider().make(PROPS | {"seconds": 60})
    assert made == {"state": "healthy", "instance": f"{('41a' * 20)[:12]} since 2026-01-01"}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (seen("running", "unhealthy", "connection refused"), "its health check says: connection refused"),
        (seen("exited", code=3), "ended with code 3"),
        (seen("restarting", restarts=3, code=1), "started again and again"),
        (seen("running", "starting", "not yet"), "after 0 s: container desk-redis-staging"),
    ],
)
def test_one_that_does_not_get_there_is_told_with_its_check_and_the_end_of_its_log(engine, found, told):
    engine(found)
    with pytest.raises(ServiceError) as raised:
        ContainerReadyProvider().make(PROPS)
    said = str(raised.value)
    assert said.startswith("redis is not healthy") and told in said
    assert "the last lines of its log:" in said and "  cannot open: no space left" in said
    assert said.endswith("docker logs desk-redis-staging")


def test_one_that_is_not_there_ends_the_wait(engine):
    engine()
    with pytest.raises(ServiceError, match="there is no container of this name"):
        ContainerReadyProvider().make(PROPS | {"seconds": 60})


def test_a_preview_leaves_a_missing_container_to_its_own_resource_and_up_does_not(engine):
    provider, olds = ContainerReadyProvider(), PROPS | {"container_id": "41a"}
    for turns in ((), (seen("exited"),), (seen("running", "starting"),)):
        engine(*turns)
        observed = provider.read("desk", olds).outs
        assert not provider.diff("desk", observed, PROPS).changes
        assert provider.diff("desk", observed, olds).changes
    engine(seen("running", "healthy"))
    observed = provider.read("desk", olds).outs
    assert not provider.diff("desk", observed, olds).changes
    assert provider.diff("desk", observed, PROPS | {"container_id": "42b"}).changes
    engine(seen("running", "unhealthy", "connection refused"))
    observed = provider.read("desk", olds).outs
    assert observed["state"] == "unhealthy: connection refused"
    assert provider.diff("desk", observed, PROPS).changes


def test_names_that_somebody_has_are_refused_and_free_ones_are_not(engine):
    engine(info=["ID-1"])
    assert EngineClaimProvider().make(CLAIM) == {"engine": "ID-1"}
    engine(ps=["desk-redis-staging", "desk-echo-staging"], volume=["desk-redis-data-staging", "desk-trust-staging"])
    with pytest.raises(ServiceError) as raised:
        EngineClaimProvider().make(CLAIM)
    said = str(raised.value)
    assert "has a stack staging of desk that is not in this project's state" in said
    assert (
        "container desk-redis-staging, container desk-echo-staging, volume desk-redis-data-staging and 1 more" in said
    )
    assert "--filter label=l9stack.stack=staging" in said


def test_another_way_to_the_same_engine_claims_nothing_anew(engine):
    """The stack's own containers are there, and are nobody else's."""
    provider, news = EngineClaimProvider(), CLAIM | {"host": "unix:///var/run/docker.sock"}
    engine(info=["ID-1"], ps=["desk-redis-staging"])
    assert provider.diff("desk", CLAIM | {"engine": "ID-1"}, news).changes
    assert provider.update("desk", CLAIM | {"engine": "ID-1"}, news).outs == news | {"engine": "ID-1"}
    for olds in (CLAIM | {"engine": "ID-2"}, CLAIM, CLAIM | {"engine": "ID-1", "stack": "site"}):
        with pytest.raises(ServiceError, match="not in this project's state"):
            provider.update("desk", olds, news)
