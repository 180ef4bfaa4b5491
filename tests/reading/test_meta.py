"""The meta templates: every key that they show is read, and the users' own example of customising works as printed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from l9stack.errors import InputError
from l9stack.extraction.prepare import plan_of, prepare
from l9stack.planning.settings import DEFAULTS
from l9stack.project import Project
from l9stack.reading.meta import FILES, read_meta

ROOT = Path(__file__).resolve().parents[2]
META = ROOT / "templates" / "meta"
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
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
PROTOCOL = "\n  YourProtocol:\n    required: {id: uuid, body: object}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped templates."""
    return Path(shutil.copytree(META, tmp_path / "meta"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_example_as_printed_asks_for_the_protocol_and_then_reads(folder: Path) -> None:
    (folder / FILES[0]).write_text(AS_PRINTED, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        plan_of(EXAMPLE, Project(ROOT), str(folder))
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.place)) == ("unknown-protocol", f"{FILES[0]}:18:23")
    assert "meta.dependency.integration.yaml" in problem.hint
    change(folder / FILES[3], "protocols:", f"protocols:{PROTOCOL}")
    _, plan = plan_of(EXAMPLE, Project(ROOT), str(folder))
    assert plan.protocol.required == {"id": "uuid", "body": "object"}
    won = {setting.name: (setting.value, setting.source) for agent in plan.agents for setting in agent.settings}
    assert won["governance.anchors"] == (["Your CTO", "Your Compliance Lead"], "meta")
    assert won["memory.redis.url"] == ("${YOUR_REDIS_URL}", "meta")
    assert won["memory.postgres.url"] == ("${YOUR_POSTGRES_URL}", "meta")
    assert won["communication.protocol"] == ("YourProtocol", "meta")


def test_the_example_reaches_config_policy_and_manifest(folder: Path) -> None:
    (folder / FILES[0]).write_text(AS_PRINTED, encoding="utf-8")
    change(folder / FILES[3], "protocols:", f"protocols:{PROTOCOL}")
    texts = {artifact.path: artifact.text for artifact in prepare(EXAMPLE, Project(ROOT), str(folder)).tree.artifacts}
    config = yaml.safe_load(texts["claims_desk_config.yaml"])
    assert config["memory_backends"]["redis"]["url"] == "${YOUR_REDIS_URL}"
    assert config["memory_backends"]["postgres"]["url"] == "${YOUR_POSTGRES_URL}"
    assert config["memory_backends"]["neo4j"]["url"] == "${L9_NEO4J_URL}"
    assert config["governance"]["anchors"] == ["Your CTO", "Your Compliance Lead"]
    assert config["communication"]["protocol"] == "YourProtocol"
    policies = [text for path, text in texts.items() if path.endswith("/governance_bridge.py")]
    manifests = [text for path, text in texts.items() if path.startswith("manifests/")]
    assert policies
    for text in policies:
        assert 'anchors=("Your CTO", "Your Compliance Lead")' in text
    for text in manifests:
        assert yaml.safe_load(text)["governance"]["anchors"] == ["Your CTO", "Your Compliance Lead"]


def test_every_key_that_is_shown_is_read(folder: Path) -> None:
    # What stands behind `# ` with a key is uncommented; prose has no key, or no indentation.
    text = (folder / FILES[0]).read_text(encoding="utf-8")
    uncommented = re.sub(r"^(  +)# (  )?(?=(\w+: ?\S*( +#.*)?|- name: .*)$|\w+: +#)", r"\1\2", text, flags=re.MULTILINE)
    assert uncommented.count("\n") == text.count("\n")
    (folder / FILES[0]).write_text(uncommented, encoding="utf-8")
    meta = read_meta(folder)
    own = {"governance.anchors", "logging.root", "memory.redis.keyspace_prefix", "monitoring.dashboards"}
    assert set(meta.settings) == set(DEFAULTS) | own
    assert meta.settings["governance.anchors"] == ["Your CTO", "Your Compliance Lead"]


def test_what_the_shipped_templates_set_is_the_default(folder: Path) -> None:
    meta = read_meta(folder)
    assert all(DEFAULTS[name] == value for name, value in meta.settings.items())
    assert meta.flags
    assert all(meta.flags.values())


def test_descriptive_files_change_nothing(folder: Path) -> None:
    usual = prepare(EXAMPLE, Project(ROOT)).tree
    (folder / FILES[1]).write_text("sequence: {order: any, parallel_agents: false, phases: []}\n", encoding="utf-8")
    change(folder / FILES[3], "integration_test:", "other:")
    assert prepare(EXAMPLE, Project(ROOT), str(folder)).tree == usual
