"""Real containers: skipped, with the reason, unless asked for by `--docker` on a machine that has what they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.images import images
from tests.e2e_docker.machine import missing
from tests.e2e_docker.project import OnDocker, on_docker

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each test here is counted as skipped, with what is missing, rather than left out."""
    ours = [item for item in items if HERE in item.path.parents]
    if not ours:
        return
    reasons = missing() if config.getoption("--docker") else ["real containers: `make e2e-docker` runs this"]
    for item in ours if reasons else []:
        item.add_marker(pytest.mark.skip(reason="; ".join(reasons)))


@pytest.fixture(scope="session")
def test_images() -> Mapping[str, str]:
    """The images that stand in for the official ones, by the names that `l9stack:docker.images` has."""
    return images()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnDocker]:
    """A project with a stack of its own on the engine, not yet deployed; afterwards nothing of it is there."""
    yield from closing(on_docker(tmp_path_factory.mktemp("project"), test_images))


def closing(deployed: OnDocker) -> Iterator[OnDocker]:
    """Hand a project out, then take its stack down with all data; what `down` leaves is swept, and fails the test."""
    try:
        yield deployed
        deployed.run("down", "--stack", deployed.stack, "--purge", "--yes")
        assert not deployed.left()
    finally:
        deployed.sweep()
