"""An encoding that has no word for a letter: a command ends well, and what a program reads is right to the byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.engine import find

ROOT = Path(__file__).resolve().parents[2]
RUN = "from l9stack.cli.main import run; run()"


def output(folder: Path, encoding: str, *arguments: str) -> bytes:
    """What a command writes to standard output, in a process whose streams have this encoding."""
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", RUN, *arguments], cwd=folder, env=environ, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_path_is_printed_as_far_as_the_encoding_goes(encoding: str, tmp_path: Path):
    folder = tmp_path / "ü №"
    folder.mkdir()
    assert f"{folder}/till/agents.yaml".encode(encoding, "backslashreplace") in output(
        tmp_path, encoding, "new", str(folder / "till")
    )
    assert json.loads(output(tmp_path, encoding, "new", str(folder / "shop"), "--json").decode(encoding))["made"] == [
        f"{folder}/shop/{name}.yaml" for name in ("agents", "glue", "answers")
    ]


def test_the_shell_is_told_a_path_by_its_bytes(tmp_path: Path):
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    folder = tmp_path / "it's ü"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    lines = output(folder, "ascii", "env")
    shell = subprocess.run(
        ["bash", "-c", 'eval "$1"; exec printenv PULUMI_BACKEND_URL PULUMI_PYTHON_CMD', "sh", lines],
        capture_output=True,
        check=True,
        env={"PATH": os.defpath},
    )
    assert shell.stdout.decode().splitlines() == [(folder / ".l9" / "pulumi").as_uri(), sys.executable]
