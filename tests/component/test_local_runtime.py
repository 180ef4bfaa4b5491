"""The whole stack of the example on the local runtime: every child, its parent, its order and its inputs."""

from __future__ import annotations

import json
import re

import pytest

from l9stack.extraction.input_store import keep_inputs
from l9stack.extraction.prepare import PreparedCollection
from l9stack.model.deployment import DeployedAgent, Deployment, deployment_schema
from l9stack.names import AgentId
from l9stack.output.store import Store
from tests.component.conftest import Deploy, changed
from tests.component.recording import World
from tests.reading.json_schema import valid

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
HARD = {"damage_assessment": {"claim_intake"}, "settlement": {"coverage_check", "damage_assessment"}}
SERVICES = ("archive", "neo4j", "postgres", "redis")
SERVERS = {f"Service claims_desk-{name}" for name in SERVICES}
GATE, CONFIG, BASELINE, WATCHED, MANIFEST, RELEASE = (
    "ExtractionGate claims_desk-gate",
    "UnifiedConfig claims_desk-config",
    "Baseline claims_desk-baseline",
    "MonitoringFiles claims_desk-monitoring",
    "DeploymentManifest claims_desk-manifest",
    "Release claims_desk-release",
)


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy()


def test_a_stack_has_exactly_these_children(world: World) -> None:
    assert world.names() == {
        "Stack": {"claims_desk"},
        "Extraction": {"claims_desk-extraction"},
        "Backends": {"claims_desk-backends"},
        "Agents": {"claims_desk-agents"},
        "Service": {f"claims_desk-{name}" for name in SERVICES},
        "AgentCode": {f"claims_desk-{agent}-code" for agent in AGENTS},
        "ExtractionGate": {"claims_desk-gate"},
        "UnifiedConfig": {"claims_desk-config"},
        "Baseline": {"claims_desk-baseline"},
        "Agent": {f"claims_desk-{agent}" for agent in AGENTS},
        "HealthCheck": {f"claims_desk-{agent}-health" for agent in AGENTS},
        "Monitoring": {"claims_desk-monitoring"},
        "MonitoringFiles": {"claims_desk-monitoring"},
        "DeploymentManifest": {"claims_desk-manifest"},
        "Release": {"claims_desk-release"},
    }


def test_every_child_belongs_to_its_component(world: World) -> None:
    owner = {
        "Stack": "Stack l9stack-dev",
        "Extraction": "Stack claims_desk",
        "Backends": "Stack claims_desk",
        "Agents": "Stack claims_desk",
        "Baseline": "Stack claims_desk",
        "DeploymentManifest": "Stack claims_desk",
        "Release": "Stack claims_desk",
        "Service": "Backends claims_desk-backends",
        "AgentCode": "Extraction claims_desk-extraction",
        "ExtractionGate": "Extraction claims_desk-extraction",
        "UnifiedConfig": "Extraction claims_desk-extraction",
        "Agent": "Agents claims_desk-agents",
        "HealthCheck": "Agents claims_desk-agents",
        "Monitoring": "Stack claims_desk",
        "MonitoringFiles": "Monitoring claims_desk-monitoring",
    }
    assert {key: found.parent for key, found in world.resources.items()} == {
        (kind, name): owner[kind] for kind, name in world.resources
    }


def test_components_register_what_they_found_out(world: World) -> None:
    agents = {agent: {"endpoint": f"http://127.0.0.1/claims_desk-{agent}", "health": "ok"} for agent in AGENTS}
    backends = {name: f"127.0.0.1:{12 + len(name)}" for name in SERVICES}
    folder, config = "extractions/claims_desk_1", "deployments/dev/claims_desk_config.yaml"
    assert world.outputs["Backends claims_desk-backends"] == {"services": backends}
    assert world.outputs["Extraction claims_desk-extraction"] == {"folder": folder, "config": config}
    assert world.outputs["Agents claims_desk-agents"] == {"agents": agents}
    facts = world.outputs["Stack claims_desk"]
    told = {"dashboards": "L9/monitoring/claims_desk/", "files": "deployments/monitoring"}
    assert facts.pop("deployment") == world[MANIFEST].inputs["document"]
    assert facts.pop("releases") == []
    assert facts == {
        "agents": agents,
        "backends": backends,
        "extraction": folder,
        "deployment_ready": True,
        "monitoring": told,
        "manifest": "deployments/manifest.json",
    }


def test_the_manifest_says_where_everything_answers_and_from_which_code(
    world: World, example: PreparedCollection
) -> None:
    document = world[MANIFEST].inputs["document"]
    assert valid(document, deployment_schema())
    found = Deployment.model_validate(document)
    for agent in AGENTS:
        url = f"http://127.0.0.1/claims_desk-{agent}"
        assert found.agents[agent] == DeployedAgent(
            endpoint=url,
            health="ok",
            health_url=f"{url}/health",
            ready_url=f"{url}/ready",
            code_digest=example.digests()[AgentId(agent)],
            depends_on=tuple(sorted(HARD.get(agent, ()))),
        )
    assert {name: backend.managed for name, backend in found.backends.items()} == dict.fromkeys(SERVICES, True)
    assert found.evidence == "extractions/claims_desk_1/evidence_report.md"
    assert (found.runtime, found.tree_digest, found.tests) == ("local", example.tree.digest, None)


def test_code_comes_in_waves_then_the_gate_then_the_config(world: World) -> None:
    for agent in AGENTS:
        before = {f"AgentCode claims_desk-{other}-code" for other in HARD.get(agent, ())}
        assert world[f"AgentCode claims_desk-{agent}-code"].after == before | SERVERS
    assert world[GATE].after == {f"AgentCode claims_desk-{agent}-code" for agent in AGENTS}
    assert world[CONFIG].after == {GATE}


def test_agents_come_after_servers_baseline_config_and_whom_they_need(world: World) -> None:
    assert world[BASELINE].after == SERVERS
    for agent in AGENTS:
        before = {f"Agent claims_desk-{other}" for other in HARD.get(agent, ())}
        assert world[f"Agent claims_desk-{agent}"].after == before | SERVERS | {BASELINE, CONFIG}
        assert world[f"HealthCheck claims_desk-{agent}-health"].after == {f"Agent claims_desk-{agent}"}


def test_the_manifest_is_the_last_of_all(world: World) -> None:
    components = {
        "Stack claims_desk",
        *(f"{kind} claims_desk-{kind.lower()}" for kind in ("Extraction", "Agents", "Backends", "Monitoring")),
    }
    everything = {f"{kind} {name}" for kind, name in world.resources}
    assert world.before(MANIFEST) == everything - components - {MANIFEST, RELEASE}


def test_inputs_are_exactly_these(world: World, example: PreparedCollection) -> None:
    digests = {str(agent): digest for agent, digest in example.digests().items()}
    own = world["AgentCode claims_desk-damage_assessment-code"].inputs["implementations"]
    shared = world["Agent claims_desk-settlement"].inputs["shared"]
    assert re.fullmatch(r"[0-9a-f]{64}", own) and re.fullmatch(r"[0-9a-f]{64}", shared) and own != shared
    inputs = keep_inputs(example.inputs)
    code = Store(example.project).put_files(
        {f"implementations/{file.name}": file.data for file in example.inputs.contents.implementations.files}
    )
    for agent in AGENTS:
        implemented = agent == "damage_assessment"
        common = {
            "agent": agent,
            "collection": "claims_desk",
            "digest": digests[agent],
            "implementations": own if implemented else "",
        }
        coded = common | {"inputs": inputs, "path": "input_schemas/claims_desk"}
        assert world[f"AgentCode claims_desk-{agent}-code"].inputs == coded
        folder = f".l9/store/{code}/implementations" if implemented else ""
        running = common | {"stack": "dev", "folder": folder, "shared": shared, "urls": {}, "packages": "", "lock": ""}
        assert world[f"Agent claims_desk-{agent}"].inputs == running
        assert world[f"HealthCheck claims_desk-{agent}-health"].inputs == {
            "agent": agent,
            "endpoint": f"http://127.0.0.1/claims_desk-{agent}",
            "path": "/health",
            "instance": "42",
        }
    for name in SERVICES:
        assert world[f"Service claims_desk-{name}"].inputs == {"service": name, "stack": "dev"}
    gate = {"collection": "claims_desk", "inputs": inputs, "path": "input_schemas/claims_desk", "output": "extractions"}
    assert world[GATE].inputs == gate | {"digest": example.tree.digest, "implementations": own}
    config = next(file.sha256 for file in example.tree.artifacts if file.path == "claims_desk_config.yaml")
    assert world[CONFIG].inputs == {
        "stack": "dev",
        "collection": "claims_desk",
        "digest": config,
        "part": digests["None"],
    }
    assert world[BASELINE].inputs == {
        "stack": "dev",
        "runtime": "local",
        "services": list(SERVICES),
        "anchors": ["Claims Lead", "Compliance", "Customer Care", "Finance", "Senior Assessor"],
        "agents": list(AGENTS),
        "instances": dict.fromkeys(SERVICES, "41"),
    }


def test_inputs_are_small_and_hold_no_text_of_a_file(world: World, example: PreparedCollection) -> None:
    lines = {line for file in example.tree.artifacts for line in file.text.splitlines() if len(line) > 40}
    assert len(lines) > 500
    for found in world.resources.values():
        document = json.dumps(found.inputs)
        assert len(document) < 4096, (found.name, len(document))
        assert not [line for line in lines if json.dumps(line)[1:-1] in document], found.name


def test_editing_one_schema_changes_that_agent_and_what_holds_all(
    deploy: Deploy, world: World, reworded: PreparedCollection
) -> None:
    assert changed(world, deploy(prepared=reworded)) == {
        **{f"AgentCode claims_desk-{agent}-code": {"inputs"} for agent in AGENTS},  # handed on, and no change by itself
        "AgentCode claims_desk-coverage_check-code": {"digest", "inputs"},
        "Agent claims_desk-coverage_check": {"digest"},
        GATE: {"digest", "inputs"},
        CONFIG: {"part"},  # which counts for nothing: the file that it reads there is the same
        WATCHED: {"digest", "part"},
        MANIFEST: {"document"},
        RELEASE: {"release", "tree"},
    }


def test_another_anchor_changes_the_config_for_all_and_starts_one_agent_anew(
    deploy: Deploy, world: World, another_anchor: PreparedCollection
) -> None:
    assert changed(world, deploy(prepared=another_anchor)) == {
        **{f"AgentCode claims_desk-{agent}-code": {"inputs"} for agent in AGENTS},  # handed on, and no change by itself
        "AgentCode claims_desk-coverage_check-code": {"digest", "inputs"},
        "Agent claims_desk-coverage_check": {"digest"},
        GATE: {"digest", "inputs"},
        CONFIG: {"digest", "part"},
        WATCHED: {"digest", "part"},
        BASELINE: {"anchors"},
        MANIFEST: {"document"},
        RELEASE: {"release", "tree"},
    }


def test_a_preview_names_no_process_and_keeps_the_order(deploy: Deploy, world: World) -> None:
    preview = deploy(preview=True)
    assert {key: found.after for key, found in preview.resources.items()} == {
        key: found.after for key, found in world.resources.items()
    }
    assert changed(world, preview) == {
        BASELINE: {"instances"},
        **{f"HealthCheck claims_desk-{agent}-health": {"instance"} for agent in AGENTS},
    }
