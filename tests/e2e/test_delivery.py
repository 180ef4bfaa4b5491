"""Two collections, proven for real, delivered into one checkout with tests of its own, and run as the guide does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.cli import main

pytestmark = pytest.mark.e2e
REPOSITORY = Path(__file__).resolve().parents[2]
OWN_TEST = "from near import N\n\n\ndef test_own(own):\n    assert own == N\n"


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a conftest of its own, and a test that imports its neighbour."""
    root = tmp_path / "checkout"
    (root / "tests").mkdir(parents=True)
    (root / "tests/conftest.py").write_text("import pytest\n\n\n@pytest.fixture\ndef own():\n    return 1\n")
    (root / "tests/near.py").write_text("N = 1\n")
    (root / "tests/test_own.py").write_text(OWN_TEST)
    git(root, "init", "-q")
    for name, value in (("user.email", "ada@example.com"), ("user.name", "Ada")):
        git(root, "config", name, value)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "own")
    return root


def test_what_is_delivered_is_tested_where_it_lies(
    tmp_path: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "project"
    (project / ".l9").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "input_schemas/claims_desk", project / "claims_desk")
    shutil.copy(REPOSITORY / "tests/golden/minimal/input.yaml", project / "echoes.yaml")
    shutil.copy(REPOSITORY / "tests/golden/minimal/input.answers.yaml", project / "echoes.answers.yaml")
    for name in ("claims_desk", "echoes.yaml"):
        collection = str(project / name)
        assert main(["--project", str(project), "extract", collection, "--output", str(project / "out")]) == 0
        capsys.readouterr()
        words = ["deliver", str(checkout), "--collection", collection, "--commit", "--json"]
        assert main(["--project", str(project), *words]) == 0
        done = json.loads(capsys.readouterr().out)
        assert done["commit"] == git(checkout, "rev-parse", "HEAD")
    assert git(checkout, "status", "--short") == ""
    # A clone is what a colleague has: nothing that was delivered may be left behind.
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(checkout), str(clone))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    for target in ("tests/codegen_integration/", "tests"):
        run = subprocess.run(
            [sys.executable, "-m", "pytest", target, "-v", "--tb=short"],
            cwd=clone,
            env={**kept, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-4000:]
        assert "failed" not in run.stdout.splitlines()[-1]
    assert "tests/test_own.py::test_own PASSED" in run.stdout
    assert "tests/agents/echo/test_controller.py" in run.stdout
