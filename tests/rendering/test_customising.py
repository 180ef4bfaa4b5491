"""What is changed in the meta templates reaches every agent: in the rendered tree, at the gates, and while it runs."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from l9stack.agent._security import keys
from l9stack.agent._security.tokens import mint
from l9stack.agent._serving.main import AgentProcess, from_environ
from l9stack.agent.testing._serving import serving, serving_together
from l9stack.errors import GateError, InputError
from l9stack.extraction.prepare import PreparedCollection, plan_of, prepare
from l9stack.gates.evaluation import require
from l9stack.gates.static import static_checks
from l9stack.inputs import Inputs
from l9stack.model.artifact import RenderedTree
from l9stack.output.view import write_tree
from l9stack.project import Project
from l9stack.reading.meta import FILES

ROOT = Path(__file__).resolve().parents[2]
META = ROOT / "templates" / "meta"
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
CODEGEN, SEQUENCE, CHECKLIST, INTEGRATION = FILES
AS_PRINTED = """
shared_configuration:
  memory_topology:
    working_memory:
      type: redis_cluster
      connection: "${YOUR_REDIS_URL}"    # Change this

    episodic_memory:
      type: postgres
      connection: "${YOUR_POSTGRES_URL}" # Change this

  governance:
    anchors:
      - name: Your CTO              # Change this
      - name: Your Compliance Lead  # Change this

  communication:
    primary_protocol: YourProtocol  # Change this
"""
PROTOCOL = '  YourProtocol:\n    required: {id: uuid, sender: text, edition: {type: text, value: "2"}, body: object}\n'
ANCHORS = ["Your CTO", "Your Compliance Lead"]
SCHEMAS = """
system: Front
module: front
name: Front
role: Asks.
rootpath: L9custom/front
depends_on: {hard: [back]}
governance: {anchors: [Ann], escalationpolicy: "Auto-escalate if: amount > 50"}
memorytopology: {workingmemory: {storagetype: redis}, episodicmemory: {storagetype: postgres}}
cursorinstructions: {generatefiles: [controller.py], generatedocs: [API_SPEC.md, CONFIG.md]}
deployment: {endpoints: [POST /front/ask]}
---
system: Back
module: back
name: Back
role: Answers.
rootpath: L9custom/back
governance: {anchors: [Ann]}
memorytopology: {episodicmemory: {storagetype: postgres}}
cursorinstructions: {generatefiles: [controller.py], generatedocs: [API_SPEC.md, CONFIG.md]}
deployment: {endpoints: [POST /back/twice]}
"""
GLUE = """
operations:
  front.ask:
    request: {amount: {type: number, minimum: 0, maximum: 100, example: 5}}
    response: {twice: number}
    behaviour: {route: {to: back.twice, send: {amount: amount}, assign: {twice: answer.twice}}}
  back.twice:
    request: {amount: {type: number, minimum: 0, maximum: 100, example: 5}}
    response: {twice: number}
    behaviour: {transform: {assign: {twice: amount * 2}}}
"""


class Desk:
    """A project of two agents with meta templates of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.meta = Path(shutil.copytree(META, folder / "meta"))
        (folder / "pair").mkdir()
        # A package of its own: what Python has imported once it would not import again from another folder.
        self.root = f"L9_{uuid.uuid4().hex[:8]}"
        self.schemas(SCHEMAS)
        (folder / "pair" / "glue.yaml").write_text(GLUE, encoding="utf-8")

    def schemas(self, text: str) -> None:
        (self.folder / "pair" / "agents.yaml").write_text(text.replace("L9custom", self.root), encoding="utf-8")

    def change(self, file: str, old: str, new: str) -> None:
        text = (self.meta / file).read_text(encoding="utf-8")
        assert old in text
        (self.meta / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    def prepared(self) -> PreparedCollection:
        return prepare(Inputs.read(Project(self.folder), self.folder / "pair", str(self.meta)))

    def written(self) -> PreparedCollection:
        prepared = self.prepared()
        write_tree(prepared.tree, self.folder / "out")
        return prepared

    def checked(self) -> tuple[PreparedCollection, Any]:
        """The plan, and what the static gates measure of its tree."""
        prepared = self.written()
        return prepared, static_checks(prepared.plan, prepared.tree, self.folder / "out")

    @property
    def manifests(self) -> Path:
        return self.folder / "out" / "manifests"

    @property
    def code(self) -> Path:
        return self.folder / "out" / "code"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def texts(tree: RenderedTree) -> dict[str, str]:
    return {artifact.path: artifact.text for artifact in tree.artifacts}


def test_the_example_as_printed_asks_for_the_protocol_and_then_reaches_every_agent(desk: Desk) -> None:
    (desk.meta / CODEGEN).write_text(AS_PRINTED, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(desk.meta)))
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.place)) == ("unknown-protocol", f"{CODEGEN}:18:23")
    assert INTEGRATION in problem.hint
    desk.change(INTEGRATION, "\nprotocols:\n", f"\nprotocols:\n{PROTOCOL}")
    found = texts(prepare(Inputs.read(Project(ROOT), EXAMPLE, str(desk.meta))).tree)
    config = yaml.safe_load(found["claims_desk_config.yaml"])
    assert config["memory_backends"]["redis"]["url"] == "${YOUR_REDIS_URL}"
    assert config["memory_backends"]["postgres"]["url"] == "${YOUR_POSTGRES_URL}"
    assert config["memory_backends"]["neo4j"]["url"] == "${L9_NEO4J_URL}"
    assert config["governance"]["anchors"] == ANCHORS
    assert config["communication"]["protocol"] == "YourProtocol"
    assert all(config["feature_flags"].values())
    policies = [text for path, text in found.items() if path.endswith("/governance_bridge.py")]
    manifests = [json.loads(text) for path, text in found.items() if path.startswith("manifests/")]
    assert len(policies) > 1
    assert all('anchors=("Your CTO", "Your Compliance Lead")' in text for text in policies)
    assert all(manifest["governance"]["anchors"] == ANCHORS for manifest in manifests)
    assert all(set(manifest["protocol"]["required"]) == {"id", "sender", "edition", "body"} for manifest in manifests)
    interfaces = [text for path, text in found.items() if path.endswith("/API_SPEC.md")]
    assert len(interfaces) > 1
    # What carries a field of the envelope is called by its own name, but for the table that says what it carries.
    told = ["\n".join(line for line in text.splitlines() if "| text |" not in line) for text in interfaces]
    assert all("`sender`" in text and "`source_agent`" not in text for text in told)


@pytest.mark.parametrize(
    ("key", "variable", "backend", "field"),
    [
        ("connection", "L9_REDIS_URL", "redis", "url"),
        ("connection", "L9_POSTGRES_URL", "postgres", "url"),
        ("connection", "L9_NEO4J_URL", "neo4j", "url"),
        ("connection", "L9_HYPERGRAPH_URL", "hypergraph", "url"),
        ("bucket", "L9_ARCHIVE_BUCKET", "s3", "bucket"),
    ],
)
def test_each_connection_reaches_the_config_and_the_documents(
    desk: Desk, key: str, variable: str, backend: str, field: str
) -> None:
    desk.change(CODEGEN, f'{key}: "${{{variable}}}"', f'{key}: "${{OUR_ADDRESS}}"')
    found = texts(desk.prepared().tree)
    assert yaml.safe_load(found["pair_config.yaml"])["memory_backends"][backend][field] == "${OUR_ADDRESS}"
    assert all("${OUR_ADDRESS}" in found[f"docs/{agent}/CONFIG.md"] for agent in ("front", "back"))


async def test_anchors_decide_at_the_running_agent(desk: Desk, l9_backends: Any) -> None:
    anchors = "anchors:\n      - name: Your CTO\n      - name: Your Compliance Lead\n    unbound_operations:"
    desk.change(CODEGEN, "unbound_operations:", anchors)
    (desk.folder / "pair" / "glue.yaml").write_text("operations: {}\n", encoding="utf-8")
    desk.written()
    async with serving(desk.manifests / "back.json", desk.code, l9_backends) as agent:
        waiting = await agent.call("twice", {"amount": 1})
        assert (waiting.status, waiting.body["anchors"]) == (202, ANCHORS)
        assert (await agent.decide(waiting.decision_id, "approve", {"twice": 2}, "Your Compliance Lead")).status == 200


async def test_shared_triggers_are_every_agents(desk: Desk) -> None:
    desk.change(
        CODEGEN, "    unbound_operations", "    shared_escalation_triggers: [drift seen]\n    unbound_operations"
    )
    for agent in desk.prepared().plan.agents:
        assert [trigger.name for trigger in agent.triggers] == ["drift_seen"]


def with_protocol(desk: Desk) -> None:
    desk.change(CODEGEN, "primary_protocol: PacketEnvelope", "primary_protocol: YourProtocol")
    desk.change(INTEGRATION, "\nprotocols:\n", f"\nprotocols:\n{PROTOCOL}")


async def test_packets_need_the_fields_of_the_protocol(desk: Desk, l9_backends: Any) -> None:
    with_protocol(desk)
    found = texts(desk.written().tree)
    assert "`YourProtocol`" in found["docs/back/API_SPEC.md"]
    packet = {
        "id": str(uuid.uuid4()),
        "sender": "operator",
        "edition": "2",
        "body": {"operation": "twice", "arguments": {"amount": 4}},
    }
    async with serving(desk.manifests / "back.json", desk.code, l9_backends) as agent:
        answer = await agent.post("/packets", packet)
        assert (answer.status_code, answer.json()["body"]) == (200, {"twice": 8})
        assert {"id", "sender", "edition"} <= answer.json().keys()
        again = await agent.post("/packets", packet)
        assert again.json() == answer.json()
        for name in packet:
            refused = await agent.post("/packets", {key: value for key, value in packet.items() if key != name})
            assert refused.status_code == 400
            assert f"{name}: YourProtocol requires it" in refused.json()["detail"]
        for wrong in ({"id": "7"}, {"edition": "1"}, {"body": []}, {"payload": {}}, {"surprise": 1}):
            assert (await agent.post("/packets", {**packet, "id": str(uuid.uuid4()), **wrong})).status_code == 400
        envelope = {"packet_id": packet["id"], "source_agent": "operator", "payload": packet["body"]}
        assert (await agent.post("/packets", envelope)).status_code == 400


async def test_agents_ask_each_other_in_the_protocol(desk: Desk, l9_backends: Any) -> None:
    with_protocol(desk)
    desk.written()
    async with serving_together(["back", "front"], desk.manifests, desk.code, l9_backends) as agents:
        assert (await agents["front"].call("ask", {"amount": 3})).body == {"twice": 6}
        assert {"id", "sender", "edition", "body"} <= agents["back"].last.json().keys()


async def test_a_required_field_of_the_envelope_itself_is_needed(desk: Desk, l9_backends: Any) -> None:
    desk.change(INTEGRATION, "      metadata: object\n", "      metadata: object\n      confidence: object\n")
    desk.change(INTEGRATION, "    optional:\n", "    optional:\n      # it is required\n")
    text = (desk.meta / INTEGRATION).read_text(encoding="utf-8")
    head, _, tail = text.rpartition("      confidence: object\n")
    (desk.meta / INTEGRATION).write_text(head + tail, encoding="utf-8")
    desk.written()
    async with serving_together(["back", "front"], desk.manifests, desk.code, l9_backends) as agents:
        bare = await agents["back"].packet({"operation": "twice", "arguments": {"amount": 1}}, confidence=None)
        assert (bare.status, bare.body["code"]) == (400, "invalid-packet")
        assert (await agents["front"].call("ask", {"amount": 3})).status == 200


@asynccontextmanager
async def started(
    desk: Desk, environ: dict[str, str], agent: str = "back"
) -> AsyncIterator[tuple[AgentProcess, httpx.AsyncClient]]:
    """A generated agent as a runtime starts it, with the unified config."""
    folder = desk.folder / "keys"
    keys.ensure_keys(folder, [f"agent:{agent}", "operator"])
    settings = {
        "L9_MANIFEST": str(desk.manifests / f"{agent}.json"),
        "L9_CODE": str(desk.code),
        "L9_CONFIG": str(desk.folder / "out" / "pair_config.yaml"),
        "L9_KEYS": str(folder),
        "L9_NAMESPACE": f"custom_{uuid.uuid4().hex[:8]}",
    }
    assembled = from_environ({**environ, **settings})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(assembled.application), base_url="http://agent.test"
    ) as client:
        try:
            yield assembled, client
        finally:
            await assembled.runtime.memory.close()


@pytest.mark.parametrize("on", [True, False])
async def test_the_flag_of_governance_is_obeyed(
    desk: Desk, l9_backends: Any, monkeypatch: pytest.MonkeyPatch, on: bool
) -> None:
    (desk.folder / "pair" / "glue.yaml").write_text(
        GLUE.replace(
            "behaviour: {route: {to: back.twice, send: {amount: amount}, assign: {twice: answer.twice}}}",
            "behaviour: {transform: {assign: {twice: amount * 2}}}",
        ),
        encoding="utf-8",
    )
    desk.change(CODEGEN, "GOVERNANCE_ENFORCEMENT: true", f"GOVERNANCE_ENFORCEMENT: {str(on).lower()}")
    desk.written()
    async with started(desk, l9_backends.environ(), "front") as (_, client):
        token = mint("operator", keys.load_private(desk.folder / "keys", "operator"), "front")
        headers = {"authorization": f"Bearer {token}"}
        answer = await client.post("/operations/ask", json={"amount": 60}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["x-l9-governance"] == ("ESCALATED" if on else "APPROVED")


@pytest.mark.parametrize("on", [True, False])
async def test_the_flag_of_memory_is_obeyed(desk: Desk, l9_backends: Any, on: bool) -> None:
    desk.change(CODEGEN, "MEMORY_SUBSTRATE_VALIDATION: true", f"MEMORY_SUBSTRATE_VALIDATION: {str(on).lower()}")
    desk.written()
    nowhere = {**l9_backends.environ(), "L9_REDIS_URL": "redis://127.0.0.1:1/0"}
    async with started(desk, nowhere) as (_, client):
        assert (await client.get("/ready")).status_code == (503 if on else 200)


@pytest.mark.parametrize("on", [True, False])
def test_the_flag_of_strict_mode_is_obeyed(desk: Desk, on: bool) -> None:
    (desk.folder / "pair" / "glue.yaml").write_text(
        GLUE.replace(
            "operations:",
            "operations:\n  back.note: {summary: Note it TO" + "DO properly.}",
        ),
        encoding="utf-8",
    )
    desk.change(CODEGEN, "CODEGEN_STRICT_MODE: true", f"CODEGEN_STRICT_MODE: {str(on).lower()}")
    prepared, results = desk.checked()
    assert [item.agent for item in results if item.gate == "no_placeholders" and not item.passed] == ["back"]
    if on:
        with pytest.raises(GateError, match="no_placeholders"):
            require(prepared.plan, results)
    else:
        require(prepared.plan, results)


def test_a_threshold_is_what_every_agent_is_held_to(desk: Desk) -> None:
    desk.change(
        CHECKLIST, "module_length: {unit: count_max, threshold: 120", "module_length: {unit: count_max, threshold: 10"
    )
    prepared, results = desk.checked()
    with pytest.raises(GateError) as caught:
        require(prepared.plan, results)
    told = [problem for problem in caught.value.problems if problem.code == "gate-module-length"]
    assert len(told) == 2
    assert all("at most 10 is asked" in problem.message for problem in told)
    config = yaml.safe_load(texts(prepared.tree)["pair_config.yaml"])
    assert config["validation"]["module_length"]["threshold"] == 10


OWN_GATES = """
    no_await: {kind: forbid_pattern, pattern: '\\bawait\\b', description: "lines that wait"}
    names_the_ledger: {kind: require_text, pattern: Ledger, within: docs}
    has_a_guide: {kind: require_file, file: GUIDE.md, within: docs}
    short: {kind: max_lines, threshold: 5, within: [code, docs]}
    has_a_spec: {kind: require_file, file: API_SPEC.md, within: docs}
    no_print: {kind: forbid_pattern, pattern: '\\bprint\\(', within: [code, tests]}
"""


def test_gates_of_the_users_own_are_measured_for_every_agent(desk: Desk) -> None:
    desk.change(CHECKLIST, "  phase_3:\n", f"  phase_3:{OWN_GATES}")
    prepared, results = desk.checked()
    own = {(item.gate, str(item.agent)): item for item in results if item.phase == 3}
    failing = ("no_await", "names_the_ledger", "has_a_guide", "short")
    assert all(not own[(gate, agent)].passed for gate in failing for agent in ("front", "back") if gate != "no_await")
    assert (own[("no_await", "front")].passed, own[("no_await", "back")].passed) == (False, True)
    assert all(own[(gate, agent)].passed for gate in ("has_a_spec", "no_print") for agent in ("front", "back"))
    place = own[("no_await", "front")].place
    assert place is not None
    assert place.file == f"code/{desk.root}/front/controller.py"
    assert "await" in texts(prepared.tree)[place.file].splitlines()[place.line - 1]
    with pytest.raises(GateError) as caught:
        require(prepared.plan, results)
    hints = {problem.code: problem.hint for problem in caught.value.problems}
    assert hints["gate-no-await"].startswith("lines that wait; the threshold stands in meta.validation.checklist.yaml:")
    assert hints["gate-has-a-guide"].startswith("the threshold stands in ")


def test_the_sequence_orders_the_agents(desk: Desk) -> None:
    desk.schemas(SCHEMAS.replace("depends_on: {hard: [back]}", "depends_on: {soft: [back]}"))

    def waves() -> tuple[tuple[str, ...], ...]:
        return desk.prepared().plan.waves

    assert waves() == (("back", "front"),)
    desk.change(SEQUENCE, "  # max_parallel_agents: 4 ", "  max_parallel_agents: 1 ")
    assert waves() == (("back",), ("front",))
    desk.change(SEQUENCE, "max_parallel_agents: 1 ", "max_parallel_agents: 9 ")
    desk.change(SEQUENCE, "parallel_agents: true ", "parallel_agents: false ")
    assert waves() == (("back",), ("front",))
    desk.change(SEQUENCE, "parallel_agents: false ", "parallel_agents: true ")
    assert waves() == (("back", "front"),)
    desk.change(SEQUENCE, "order: hard_dependencies ", "order: hard_and_soft_dependencies ")
    assert waves() == (("back",), ("front",))


def test_the_glue_of_the_templates_is_read_where_a_collection_has_none(desk: Desk) -> None:
    (desk.folder / "Pulumi.yaml").write_text("name: own\n", encoding="utf-8")
    shutil.copytree(ROOT / "templates" / "glue", desk.folder / "templates" / "glue")
    default = desk.folder / "templates" / "glue" / "L9_Universal_Schema_Extractor_Glue_v6.yaml"
    default.write_text("governance_harmonization: {anchors: [The Board]}\nwirings: []\n", encoding="utf-8")
    assert desk.prepared().plan.agent("back").anchors == ("Ann",)
    (desk.folder / "pair" / "glue.yaml").unlink()
    with_default = desk.prepared()
    assert with_default.plan.agent("back").anchors == ("The Board",)
    default.write_text("govrnance_harmonization: {}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        desk.prepared()
    [problem] = caught.value.problems
    assert (problem.code, problem.place is not None and problem.place.file) == ("unknown-field", default.name)
