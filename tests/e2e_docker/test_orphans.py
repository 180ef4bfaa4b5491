"""An `up` that is killed with its engine and providers at several moments: the next one gets there, nothing is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.conftest import killed_at
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.project import COLLECTION, OnDocker, on_docker
from tests.e2e_docker.swarm import write_teller

pytestmark = pytest.mark.e2e
MOMENTS = ("create Network", "create Container teller-postgres-files", "create Container teller-redis …")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnDocker]:
    deployed = on_docker(tmp_path_factory.mktemp("project"), test_images)
    file = deployed.root / f"Pulumi.{deployed.stack}.yaml"
    file.write_text(file.read_text().replace(COLLECTION, write_teller(deployed.root)))
    yield from closing(deployed)


def test_the_next_up_gets_there(small: OnDocker) -> None:
    for moment in MOMENTS:
        killed_at(small, moment)
    small.up()
    assert set(small.health().values()) == {"healthy"} and small.previewed() == []


def test_killed_once_more_it_is_taken_down_whole(small: OnDocker) -> None:
    small.run("down", "--stack", small.stack, "--purge", "--yes")
    killed_at(small, MOMENTS[-1])
    small.run("down", "--stack", small.stack, "--purge", "--yes")
    assert small.left() == []
