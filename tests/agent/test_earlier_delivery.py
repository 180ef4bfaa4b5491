"""What an earlier version has delivered runs on this library: its modules, manifests and tests stay as they are.

`earlier_delivery/` is a part of what was generated of the golden case `families` before the library had its rooms.
Nothing generates it anew.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.agent_api import earlier_names

DELIVERY = Path(__file__).with_name("earlier_delivery")

NAMES = {
    "l9stack.agent": (
        *("AgentDefinition", "AgentSettings", "ArchiveLayer", "BuiltinRoute", "Call", "CausalLayer", "Comparison"),
        *("EpisodicLayer", "EscalatedError", "GovernancePolicy", "Limits", "MemoryDeclaration", "Observation"),
        *("Operation", "OperationContext", "PacketEnvelope", "Payload", "PeerError", "PolicyVerdict", "Record"),
        *("RefusedError", "Route", "Rule", "Scalar", "SemanticLayer", "Trigger", "WorkingLayer", "events", "operation"),
    ),
    "l9stack.agent.audit": ("verify",),
    "l9stack.agent.backends": ("BackendUrls",),
    "l9stack.agent.cache": ("forget", "keep", "keep_answer", "kept", "kept_answer"),
    "l9stack.agent.causes": ("causes",),
    "l9stack.agent.definition": ("compose", "load"),
    "l9stack.agent.events": ("publish", "stream"),
    "l9stack.agent.faults": ("failing_store", "unreachable"),
    "l9stack.agent.governance": ("weigh",),
    "l9stack.agent.graph": ("Known", "keep_edge", "keep_node", "known"),
    "l9stack.agent.history": ("Activity", "Drift", "activity", "drift"),
    "l9stack.agent.layers": ("keyspace",),
    "l9stack.agent.records": ("as_values", "misfits", "wrapped"),
    "l9stack.agent.testing": ("Reply", "ServedAgent", "StandIn", "serving", "serving_together", "without"),
    "l9stack.agent.traces": ("audited", "escalated", "recorded", "set_aside", "told"),
}
"""By module, every name that code, tests and templates of the earlier version import."""


@pytest.mark.parametrize("module", NAMES)
def test_what_it_imported_is_there(module: str):
    """In an interpreter that has imported nothing else."""
    done = _python("-c", f"from {module} import {', '.join(NAMES[module])}")
    assert done.returncode == 0, done.stderr


def test_an_earlier_name_is_the_same_object_as_the_new_one():
    program = (
        "import importlib, json, sys\n"
        "def found(path):\n"
        "    module, _, name = path.rpartition('.')\n"
        "    return getattr(importlib.import_module(module), name)\n"
        "print([old for old, new in json.loads(sys.argv[1]).items() if found(old) is not found(new)])\n"
    )
    names = earlier_names()
    moved = {f"{module}.{name}" for module in NAMES for name in NAMES[module]} & names.keys()
    assert len(moved) > 20
    done = _python("-c", program, json.dumps(names))
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_an_agent_is_still_served_by_the_earlier_command():
    done = _python("-m", "l9stack.agent.serve")
    assert done.returncode == 1
    assert done.stderr.endswith("KeyError: 'L9_CODE'\n")


def test_its_tests_hold(l9_backends, tmp_path: Path):
    tree = tmp_path / "delivered"
    shutil.copytree(DELIVERY, tree)
    done = _python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tree}", f"{tree}/tests", **l9_backends.environ()
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "skipped" not in done.stdout


def _python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("L9_")}
    return subprocess.run([sys.executable, *arguments], env={**usual, **environ}, capture_output=True, text=True)
