"""Folders as people have them: with spaces, umlauts, quotes, `$`, `%`, `#`, and longer than a socket's path may be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.engine import find
from l9stack.engine.build import make_cache
from l9stack.engine.find import obtain
from l9stack.errors import EngineError
from l9stack.local import probes
from l9stack.local.client import SupervisorClient

AWKWARD = 'a b ü it\'s "q" $HOME %41 #1 &; [x]*?'
LONG = f"{AWKWARD}{'/long' * 30}"
MAKEFILE = Path(__file__).parents[2] / "Makefile"
LAUNCHER = """#!/bin/sh
'''exec' "{folder}/python" "$0" "$@"
' '''
import sys
print(sys.argv[1])
"""


def test_every_server_starts_and_answers_by_its_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = tmp_path / LONG / "run"
    runtime = SupervisorClient.connect(run)
    try:
        monkeypatch.setenv("TMPDIR", str(tmp_path))  # another shell's: the daemon is found all the same
        backends = SupervisorClient(run.resolve()).namespace("dev")
        assert probes.redis(backends.redis)[0] == "Valkey"
        assert probes.postgres(backends.postgres)[0] == "PostgreSQL"
        assert probes.graph(backends.neo4j)[0]
        assert probes.archive(backends.archive)[0] == "folder"
        assert {path.name for path in (run / "data" / "redis").iterdir()} == {"appendonlydir"}
    finally:
        runtime.shutdown()
    assert sorted(path.name for path in tmp_path.iterdir()) == [AWKWARD]


def test_what_pip_wrote_into_the_environment_goes_by_its_own_place(tmp_path: Path):
    folder = tmp_path / AWKWARD.replace("*", "")
    binaries, site = folder / ".venv" / "bin", folder / ".venv" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    binaries.mkdir()
    path = site / "_editable_impl_l9stack.pth"
    path.write_text(f"{folder}\n")
    (binaries / "python").symlink_to(sys.executable)
    (binaries / "l9").write_text(LAUNCHER.format(folder=binaries))
    (binaries / "l9").chmod(0o755)
    subprocess.run(["make", "-s", "-f", str(MAKEFILE), "places"], cwd=folder, check=True)
    assert path.read_text() == "../../../..\n"
    (tmp_path / "link").symlink_to(binaries / "l9")
    for command in (binaries / "l9", tmp_path / "link"):
        assert subprocess.run([command, "$it's"], capture_output=True, text=True).stdout == "$it's\n"
    assert (binaries / "python").is_symlink()


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_home_that_cannot_be_written_is_told_with_what_helps(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="set XDG_CACHE_HOME"):
        make_cache(tmp_path / home)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("PATH", os.defpath)
    assert find() is None
    with pytest.raises(EngineError, match="set XDG_CACHE_HOME"):
        obtain(lambda _: None)
