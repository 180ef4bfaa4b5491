"""What an edit changes on the docker runtime, and what keeps stacks apart."""

from __future__ import annotations

from dataclasses import replace

from l9stack.agent._security.keys import Trust
from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.settings import DockerSettings
from l9stack.inputs import InputFile
from l9stack.project import Project
from tests.component.conftest import Deploy, changed
from tests.component.test_docker_runtime import AGENTS


def test_two_stacks_share_no_name_and_no_port(deploy: Deploy) -> None:
    world, other = deploy("staging", runtime="docker"), deploy("prod", runtime="docker")
    for kind in ("Container", "Volume", "Network"):
        ours = {found.inputs["name"] for found in world.of(kind).values()}
        assert ours.isdisjoint(found.inputs["name"] for found in other.of(kind).values())
    ports = [
        {found.inputs["ports"][0]["external"] for found in each.of("Container").values() if "ports" in found.inputs}
        for each in (world, other)
    ]
    assert ports[0].isdisjoint(ports[1])


def test_editing_one_schema_replaces_one_container(deploy: Deploy, reworded: PreparedCollection) -> None:
    before = deploy("staging", runtime="docker")
    after = deploy("staging", prepared=reworded, runtime="docker")
    kinds = ("AgentCode", "Image", "Container", "Volume", "Network", "Password", "HealthCheck")
    assert {name: keys for name, keys in changed(before, after).items() if name.startswith(kinds)} == {
        **{f"AgentCode claims_desk-{agent}-code": {"inputs"} for agent in AGENTS},  # handed on, and no change by itself
        "AgentCode claims_desk-coverage_check-code": {"digest", "inputs"},
        "Image claims_desk-coverage_check-image": {"imageName", "build"},
        "Container claims_desk-coverage_check": {"image", "envs", "labels"},
    }


def test_another_anchor_reaches_running_agents_by_the_volume_of_public_keys(
    deploy: Deploy, another_anchor: PreparedCollection, project: Project
) -> None:
    before = deploy("staging", runtime="docker")
    seen = changed(before, deploy("staging", prepared=another_anchor, runtime="docker"))
    assert {name for name in seen if name.startswith("Container")} == {
        "Container claims_desk-coverage_check",
        "Container claims_desk-trust",
    }
    assert "anchor:Underwriting" in Trust(project.keys).principals()


def test_a_changed_function_of_the_user_rebuilds_the_one_agent_that_calls_it(
    deploy: Deploy, example: PreparedCollection
) -> None:
    before = deploy("staging", runtime="docker")
    contents = example.inputs.contents
    first, *others = contents.implementations.files
    own = contents.implementations._replace(files=(InputFile.of(first.name, b"# another\n"), *others))
    fresh = replace(example, inputs=replace(example.inputs, contents=contents._replace(implementations=own)))
    seen = changed(before, deploy("staging", prepared=fresh, runtime="docker"))
    assert {name for name in seen if name.startswith(("Container", "Image"))} == {
        "Image claims_desk-own-image",
        "Image claims_desk-damage_assessment-image",
        "Container claims_desk-damage_assessment",
    }


def test_a_preview_has_the_order_of_up(deploy: Deploy) -> None:
    before, preview = deploy("staging", runtime="docker"), deploy("staging", runtime="docker", preview=True)
    assert {key: found.after for key, found in preview.resources.items()} == {
        key: found.after for key, found in before.resources.items()
    }


def test_another_base_replaces_every_agent_and_no_backend(deploy: Deploy) -> None:
    before, after = (
        deploy(
            "staging",
            runtime="docker",
            docker=DockerSettings(images={"agent": f"registry.example.com/l9:{tag}"}, tests=False),
        )
        for tag in (1, 2)
    )
    seen = changed(before, after)
    assert {name for name in seen if name.startswith("Container") and "image" in seen[name]} == {
        "Container claims_desk-trust",
        *(f"Container claims_desk-{agent}{kind}" for agent in AGENTS for kind in ("", "-files")),
    }
    assert {name for name in seen if name.startswith("Image") and "imageName" in seen[name]} == {
        "Image claims_desk-own-image",
        *(f"Image claims_desk-{agent}-image" for agent in AGENTS),
    }
