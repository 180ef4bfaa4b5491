"""Golden cases of reading: each folder is a collection, `expected.txt` what is said of it.

What single schemas cannot tell is said by the plan: which agents are meant, which links are there, what is escalated.
"""

from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.inputs import Inputs
from l9stack.inputs.read import meta_templates
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.meta import read_meta

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
META = Path(__file__).resolve().parents[2] / "templates" / "meta"


def facts(agent: AgentSpec) -> list[str]:
    """What a schema says, a line each; what it does not say has none."""
    lines = [f"agent {agent.id} at {agent.root_path}: {agent.role}"]
    lines += [f"  version {agent.version}"] if agent.version else []
    lines += [f"  known as {agent.system}, {agent.module}, {agent.schema_id or '-'}"]
    lines += [f"  after {', '.join(agent.depends_hard) or '-'}; rather after {', '.join(agent.depends_soft) or '-'}"]
    lines += [f"  talks to {', '.join(agent.connect_to)}"] if agent.connect_to else []
    governance = agent.governance
    lines += [f"  asks {', '.join(governance.anchors)}; {governance.mode}, override {governance.human_override}"]
    lines += [f"  escalates by {governance.escalation_policy!r}"] if governance.escalation_policy else []
    lines += [f"  audits {', '.join(governance.audit_scope)}"] if governance.audit_scope else []
    lines += [f"  memory {layer.kind} in {layer.backend} ttl {layer.ttl_seconds}" for layer in agent.memory]
    lines += [f"  endpoint {endpoint.method} {endpoint.path}" for endpoint in agent.endpoints]
    lines += [f"  api {name}: {text}" for name, text in agent.apis]
    lines += [f"  files {', '.join(agent.generate_files)}; health {agent.health_path}; {agent.replicas} of it"]
    lines += [f"  documents {', '.join(agent.generate_docs)}"] if agent.generate_docs else []
    needed = "needs" if agent.link_existing_required else "links"
    lines += [f"  {needed} {', '.join(agent.link_existing)}"] if agent.link_existing else []
    lines += [f"  says {name}: {value!r}" for name, value in agent.description.items()]
    return lines


def relations(collection: Collection) -> list[str]:
    """What the plan makes of a collection beyond its single schemas."""
    plan = make_plan(collection, read_meta(meta_templates(META)))
    lines = [f"{edge.source} {edge.kind} {edge.target} {edge.note}".rstrip() for edge in plan.edges]
    for agent in plan.agents:
        lines += [f"{agent.id} rule {rule.name}: {rule.text}" for rule in agent.rules]
        lines += [f"{agent.id} trigger {trigger.name}: {trigger.text}" for trigger in agent.triggers]
    return lines


def told(case: Path) -> str:
    """Everything that reading says: the agents with their facts, or every problem."""
    single = next(case.glob("input.*"), case)
    try:
        found = read_collection(Inputs.read(Project(single.parent), single))
        related = relations(found)
    except InputError as error:
        return "\n".join(str(problem) for problem in error.problems) + "\n"
    lines = [line for agent in found.agents for line in facts(agent)]
    return "\n".join([*lines, *related, *map(str, found.notes)]) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, regen):
    expected = case / "expected.txt"
    text = told(case)
    if regen:
        expected.write_text(text)
    assert text == expected.read_text()
