"""A collection whose monitoring is looked at, and Prometheus' own tool that looks."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.inputs import Inputs
from l9stack.project import Project

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "input_schemas" / "claims_desk"
Promtool = Callable[..., str]


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Runs `promtool`; what it said, where it is content."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: `apt-get install prometheus` brings it")

    def run(*arguments: str | Path) -> str:
        done = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> PreparedCollection:
    return prepare(Inputs.read(Project(tmp_path_factory.mktemp("monitoring")), EXAMPLE))
