"""What a command leaves behind when nothing came of it: the stack's file as it was, and what others are at."""

from __future__ import annotations

import importlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from l9stack.cli.deploy import down as removing, orphans
from l9stack.cli.deploy.orphans import clear_orphans
from l9stack.cli.deploy.stack_file import collection_setting, release_setting
from l9stack.cli.progress_line import ProgressLine
from l9stack.engine import drive
from l9stack.engine.drive import StackEngine
from l9stack.errors import EngineError, LockedError, ServiceError
from l9stack.infra import engine_orphans
from l9stack.model.deployment import UnfinishedDeployment
from l9stack.project import Project

REST = {"urn": "urn::desk-redis", "type": "docker:index/container:Container", "inputs": {"name": "desk-redis-shop"}}
QUIET = ProgressLine(quiet=True)


class FakeEngine:
    """Remembers what it was configured with; `state` is the stack's deployment."""

    _note: Path
    last: Mapping[str, str]

    def __init__(self, stack: str = "shop", *, held: bool = True, state: dict[str, Any] | None = None) -> None:
        self.stack, self.held, self.state = stack, held, state or {}
        self.configured: list[tuple[str, str | None]] = []

    def configure(self, key: str, value: str | None) -> None:
        self.configured.append((key, value))

    def last_update(self) -> Mapping[str, str]:
        return self.last

    def _deployment(self) -> dict[str, Any]:
        return self.state


def engine(stack: str = "shop", *, held: bool = True, state: dict[str, Any] | None = None) -> StackEngine:
    return cast(StackEngine, FakeEngine(stack, held=held, state=state))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    (tmp_path / "Pulumi.shop.yaml").write_text(
        "config:\n  l9stack:collection: desk\n  l9stack:release: old\n  l9stack:runtime: docker\n"
    )
    (tmp_path / "other").mkdir()
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("ends", "left"), [(LockedError("another run"), "old"), (EngineError("half-way"), "new"), (None, "new")]
)
def test_a_pin_stays_where_its_deployment_began(project: Project, ends: Exception | None, left: str) -> None:
    driven = FakeEngine()
    try:
        with release_setting(cast(StackEngine, driven), project, "new") as keep:
            keep()
            if ends:
                raise ends
    except (EngineError, LockedError):
        assert ends
    assert driven.configured[-1] == ("release", left)


@pytest.mark.parametrize(("agreed", "left"), [(True, "other"), (False, "desk")])
def test_a_collection_that_was_only_looked_at_is_not_the_stacks(
    project: Project, monkeypatch: pytest.MonkeyPatch, agreed: bool, left: str
) -> None:
    monkeypatch.chdir(project.root)
    for stack, stays in (("shop", left), ("dev-other", "other")):
        driven = FakeEngine(stack)
        with collection_setting(cast(StackEngine, driven), project, project.root / "other") as keep:
            if agreed:
                keep()
        assert driven.configured[-1] == ("collection", stays)


@pytest.mark.parametrize(("held", "removes"), [(True, True), (False, False)])
def test_only_who_has_held_the_lock_clears_away_what_others_began(
    project: Project, monkeypatch: pytest.MonkeyPatch, held: bool, removes: bool
) -> None:
    monkeypatch.setattr(engine_orphans, "remove_orphans", lambda *_, **__: ["desk-redis-shop"])
    assert clear_orphans(project, engine(held=held), [REST], QUIET) is removes


def test_an_engine_that_cannot_clear_hides_no_other_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> list[str]:
        raise ServiceError("the network has active endpoints")

    monkeypatch.setattr(engine_orphans, "remove_orphans", fails)
    assert not clear_orphans(project, engine(), [REST], ProgressLine(quiet=False))
    assert "active endpoints" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("own", "rests"),
    [
        ([], 1),
        ([REST], 0),
        ([REST | {"pendingReplacement": True}], 1),
        ([REST | {"inputs": {"name": "desk-redis-shop-1"}}], 1),
    ],
)
def test_what_was_begun_in_place_of_another_one_is_a_rest_too(own: list[dict[str, Any]], rests: int) -> None:
    state = {"resources": own, "pending_operations": [{"type": "creating", "resource": REST}]}
    assert len(StackEngine.begun(engine(state=state))) == rests


EARLIER, LATER = "2026-03-01T10:00:00.000Z", "2026-03-01T12:00:00.000Z"
UPDATE = {"kind": "update", "result": "succeeded", "startTime": EARLIER}


@pytest.mark.parametrize(
    ("noted", "last", "failed"),
    [
        ("", UPDATE, False),
        ("", UPDATE | {"result": "failed"}, True),
        ("", UPDATE | {"kind": "destroy", "result": "failed"}, False),
        ("", {}, False),
        ("2026-03-01T11:00:00+00:00", UPDATE, True),
        ("2026-03-01T11:00:00+00:00", {}, True),
        # Plain `pulumi up` has ended well since.
        ("2026-03-01T11:00:00+00:00", UPDATE | {"startTime": LATER}, False),
    ],
)
def test_a_deployment_that_was_cut_off_is_no_success(
    tmp_path: Path, noted: str, last: dict[str, str], failed: bool
) -> None:
    driven = FakeEngine()
    driven.last, driven._note = last, tmp_path / "note"
    if noted:
        (tmp_path / "note").write_text(json.dumps({"since": noted, "agents": [], "backends": []}))
    assert StackEngine.failed(cast(StackEngine, driven)) is failed


def test_who_is_locked_out_leaves_the_others_note(tmp_path: Path) -> None:
    driven = FakeEngine()
    driven._note = noted = tmp_path / "deploying" / "shop"
    with StackEngine._noted(cast(StackEngine, driven), ("till",), ("redis",)):
        mine = noted.read_text()
        with pytest.raises(LockedError), StackEngine._noted(cast(StackEngine, driven), ("other",), ()):
            raise LockedError("mine")
        assert noted.read_text() == mine
    assert not noted.exists()


def test_what_failed_or_was_cut_off_leaves_its_note(tmp_path: Path) -> None:
    driven = FakeEngine()
    driven._note = noted = tmp_path / "deploying" / "shop"
    for end in (EngineError("half-way"), KeyboardInterrupt()):
        with pytest.raises(type(end)), StackEngine._noted(cast(StackEngine, driven), ("till",), ("redis",)):
            raise end
        assert UnfinishedDeployment.model_validate_json(noted.read_bytes()).agents == ("till",)


def test_stacks_of_this_machine_alone_are_never_asked_for_rests(project: Project) -> None:
    state = {"pending_operations": [{"type": "creating", "resource": REST}]}
    assert orphans.find_orphans(project, engine("dev", state=state)) == []


def test_each_interruption_is_told_to_the_engine() -> None:
    class Process:
        signals = 0

        def send_signal(self, _: int) -> None:
            self.signals += 1

        def communicate(self) -> None:
            if self.signals < 3:
                raise KeyboardInterrupt

    process = Process()
    drive._interrupted(cast("subprocess.Popen[str]", process))
    assert process.signals == 3


def test_a_purge_of_the_last_stack_removes_the_servers_data(project: Project) -> None:
    (project.run / "data").mkdir(parents=True)
    assert (
        removing._servers_ended(project, "dev", QUIET, purge=False) == ([], False) and (project.run / "data").is_dir()
    )
    assert (
        removing._servers_ended(project, "dev", QUIET, purge=True) == ([], False)
        and not (project.run / "data").exists()
    )


def test_an_installer_that_fails_takes_nobodys_engine_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "engine" / "bin" / "pulumi"
    built.parent.mkdir(parents=True)
    built.write_text("built meanwhile")

    def out_of_time(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    find = importlib.import_module("l9stack.engine.find")  # the package has a function of this name
    monkeypatch.setattr(find, "cache_folder", lambda: tmp_path / "engine")
    monkeypatch.setattr(find.subprocess, "run", out_of_time)
    with pytest.raises(EngineError, match="no end after"):
        find._install(QUIET)
    assert built.read_text() == "built meanwhile" and [path.name for path in tmp_path.iterdir()] == ["engine"]
