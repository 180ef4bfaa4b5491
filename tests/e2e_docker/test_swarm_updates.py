"""A small collection on a swarm: three replicas, a rolling update under load, a bad image, drift, and the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.images.commands import docker
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.project import OnDocker, on_docker
from tests.e2e_docker.swarm import (
    AGENT,
    REPLICAS,
    OnSwarm,
    Traffic,
    a_swarm,
    assert_kept,
    chain,
    configure,
    until,
    write_teller,
)

pytestmark = pytest.mark.e2e
BROKEN = 'import os; "L9_MANIFEST" in os.environ and (print("this image is broken", flush=True), os._exit(1))'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnDocker]:
    deployed = on_docker(tmp_path_factory.mktemp("project"), test_images, "swarm")
    path = write_teller(deployed.root)
    configure(deployed, test_images, path)
    with a_swarm():
        yield from closing(deployed)


@pytest.fixture(scope="module")
def swarm(small: OnDocker) -> OnSwarm:
    small.up()
    return OnSwarm(small)


def test_three_replicas_share_one_agent(swarm: OnSwarm) -> None:
    assert len(swarm.tasks(AGENT)) == REPLICAS
    assert swarm.project.previewed() == []
    with Traffic(swarm, AGENT, "teller", "say") as traffic:
        until(lambda: traffic.answered() >= 300, 120)
        outcome = traffic.end()
    assert_kept(swarm, outcome.answered)
    assert set(outcome.counts) == {"200"}
    assert len(chain(swarm)) >= len(outcome.answered)


def test_a_rolling_update_under_load_loses_no_accepted_packet(swarm: OnSwarm) -> None:
    before = set(swarm.tasks(AGENT))
    schema = swarm.project.root / "input_schemas" / "teller.yaml"
    with Traffic(swarm, AGENT, "teller", "say") as traffic:
        until(lambda: traffic.answered() > 0)
        schema.write_text(schema.read_text().replace("keeps it.", "keeps it well."))
        swarm.project.up()
        meanwhile = traffic.answered()
        until(lambda: traffic.answered() > meanwhile)
        outcome = traffic.end()
    assert len(swarm.tasks(AGENT)) == REPLICAS and not before & set(swarm.tasks(AGENT))
    assert outcome.unanswered == []
    assert_kept(swarm, outcome.answered)
    # Whoever was connected to a task that ended asked another one; no answer was anything but an answer.
    assert {name for name in outcome.counts if name[0].isdigit()} <= {"200", "409"}, outcome.counts
    assert swarm.project.previewed() == []


def test_a_bad_image_rolls_back_by_itself_and_up_says_why(
    swarm: OnSwarm, test_images: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "broken.pth").write_text(BROKEN)
    packages = "/usr/lib/python3/dist-packages/"
    (tmp_path / "Dockerfile").write_text(f"FROM {test_images['python']}\nCOPY broken.pth {packages}\n")
    broken = f"l9stack-broken:{swarm.project.stack}"
    docker("build", "--quiet", "--tag", broken, tmp_path)
    good, before = swarm.image(AGENT), set(swarm.tasks(AGENT))
    try:
        configure(swarm.project, {**test_images, "python": broken}, "input_schemas/teller.yaml")
        said = swarm.project.run("up", "--stack", swarm.project.stack, expect=None)
        assert said.returncode != 0
        assert (
            f"agent teller: the update was rolled back: task: non-zero exit (1); {REPLICAS} of {REPLICAS}"
            in said.stderr
        )
        assert "this image is broken" in said.stderr
        assert swarm.image(AGENT) == good
        assert before <= set(swarm.tasks(AGENT)) and len(swarm.tasks(AGENT)) == REPLICAS
        # The next preview tells the truth: the service does not run what it should, nor has the manifest been written.
        assert {f"update {AGENT}", f"update {AGENT}-tasks"} <= set(swarm.project.previewed())
        said_on = swarm.project.data(
            "call", "teller.say", "--data", '{"text": "hello"}', "--stack", swarm.project.stack
        )
        assert said_on["status"] == 200
    finally:
        configure(swarm.project, test_images, "input_schemas/teller.yaml")
        swarm.project.up()
        docker("rmi", broken)
    assert swarm.project.previewed() == []


def test_a_scaled_and_a_removed_service_appear_by_name_and_are_mended(swarm: OnSwarm) -> None:
    docker("service", "scale", "--detach", f"{swarm.project.named(AGENT)}=1")
    until(lambda: len(swarm.tasks(AGENT)) == 1)
    assert swarm.project.previewed() == [f"update {AGENT}", f"update {AGENT}-tasks"]
    docker("service", "rm", swarm.project.named(AGENT))
    assert swarm.project.previewed() == [f"create {AGENT}", f"update {AGENT}-tasks"]
    swarm.project.up()
    assert len(swarm.tasks(AGENT)) == REPLICAS
    assert swarm.project.previewed() == []
