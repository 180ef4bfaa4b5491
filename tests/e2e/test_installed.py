"""From the wheel into a new environment, and in an empty folder outside every clone: what a stranger does first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from l9stack.engine import find
from tests.e2e.conftest import REPOSITORY, left_behind

pytestmark = pytest.mark.e2e
SECONDS = 300
PROBE = "annotated-types"
"""A small package of the lock, by which is found out whether an index answers."""


@dataclass(frozen=True)
class Installation:
    """An environment of its own, with what `pip` put into it, and the lock as constraints."""

    folder: Path
    constraints: Path

    def run(self, *command: str, at: Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command as in a shell where the environment is active, and nothing leads to the clone."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(self.folder)}
        environ.pop("PYTHONPATH", None)
        done = subprocess.run(
            command, cwd=at, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SECONDS
        )
        assert done.returncode == expect, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
        return done

    def install(self, *requirements: str) -> None:
        """Install by pip, at the versions of the lock."""
        options = (
            "-q",
            "--disable-pip-version-check",
            "--no-compile",
            "--only-binary",
            ":all:",
            "-c",
            str(self.constraints),
        )
        self.run("python", "-m", "pip", "install", *options, *requirements, at=self.folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel without extras."""
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    # Not below the suite's own folder, which other users cannot pass: the database runs as one where we are root.
    folder = tmp_path_factory.mktemp("installed")
    pins = re.findall(r"^\S+==[^\s\\]+(?: ; [^\\\n]+)?", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins) + "\n")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "env")], check=True)
    made = Installation(folder / "env", constraints)
    probe = [str(made.folder / "bin" / "python"), "-m", "pip", "install", "-q", "--retries", "0", "--timeout", "20"]
    tried = subprocess.run([*probe, "-c", str(constraints), PROBE], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no package index answers: {tried.stderr.strip().splitlines()[-1]}")
    made.install(str(wheel))
    return made


def test_a_bare_installation_says_what_it_lacks(bare: Installation, wheel: Path, tmp_path: Path):
    found = bare.run("l9", "doctor", "--json", at=tmp_path, expect=1)
    checks = {check["name"]: check for check in json.loads(found.stdout)["checks"]}
    assert {name for name, check in checks.items() if check["state"] == "missing"} == {
        "extra agent",
        "extra local",
        "extra generate",
        "extra deploy",
    }
    assert checks["extra deploy"]["remedy"].endswith(f"pip install '{wheel}[deploy]'")
    bare.run("l9", "init", at=tmp_path)
    for command in (["validate", "input_schemas/bookings"], ["up"], ["status"]):
        said = bare.run("l9", *command, at=tmp_path, expect=2).stderr
        assert "missing-extra: " in said
        assert "pip install" in said
        assert "Traceback" not in said


@pytest.fixture(scope="module")
def whole(bare: Installation, wheel: Path) -> Installation:
    """The same environment, with the extra that its own words lead to."""
    bare.install(f"{wheel}[deploy]")
    return bare


@pytest.fixture(scope="module")
def project(whole: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder, which is a project of git; what ran in it is gone afterwards."""
    root = tmp_path_factory.mktemp("eatery")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    yield root
    whole.run("l9", "down", "--purge", "--yes", at=root)
    assert not left_behind(root)


def printed_steps(text: str) -> list[str]:
    """The commands below `next:`."""
    return [line.strip() for line in text.partition("next:\n")[2].splitlines()]


def test_each_step_that_is_printed_works_as_printed(whole: Installation, project: Path):
    (begin,) = printed_steps(whole.run("l9", "init", at=project).stdout)
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    before = subprocess.run(["git", "write-tree"], cwd=project, capture_output=True, text=True, check=True).stdout
    call, status, preview, down = printed_steps(whole.run("bash", "-c", begin, at=project).stdout)
    answer = whole.run("bash", "-c", call, at=project).stdout
    assert json.loads(answer) == {"guest": "Ada", "evening": "friday", "table": "window", "seats": 4}
    assert "front_desk" in whole.run("bash", "-c", status, at=project).stdout
    assert whole.run("bash", "-c", preview, at=project).stdout == "stack dev: nothing would change\n"
    assert (project / "README.md").is_file()
    waits = whole.run(*TOUR[0], at=project).stdout
    held = json.loads(waits)["decision_id"]
    assert held in whole.run(*TOUR[1], at=project).stdout
    decided = json.loads(whole.run("l9", "decide", "front_desk", held, "--as", "Manager", at=project).stdout)
    assert (decided["status"], decided["result"]["table"]) == ("APPROVED", "long")
    subprocess.run(["git", "add", "--all"], cwd=project, check=True)
    after = subprocess.run(["git", "write-tree"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert after == before, "no tracked file was changed, and nothing was made that git would take"
    whole.run("bash", "-c", down, at=project)


TOUR = (
    ["l9", "call", "front_desk.book", "--data", '{"guest": "Bob", "party": 10, "evening": "friday"}'],
    ["l9", "decisions", "front_desk"],
)
"""What the project's README says to try."""
