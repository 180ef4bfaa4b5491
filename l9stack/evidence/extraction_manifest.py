"""`extraction_manifest.json`: the guide's fields, and what a script needs to find and check files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import JsonValue

from l9stack.model.artifact import RenderedTree
from l9stack.model.evidence import BuildEvidence
from l9stack.model.plan import Plan

NAME = "extraction_manifest.json"


def extraction_manifest(
    evidence: BuildEvidence, plan: Plan, tree: RenderedTree, extra: Mapping[str, str], key_id: str = ""
) -> dict[str, JsonValue]:
    """The manifest. `extra` are the report and other files beside the tree, which are listed with their digests.

    `total_tests` counts tests that ran; `test_coverage_percent` is that of the agent with the lowest.
    """
    tests = evidence.tests
    passed = tests.unit_passed + tests.integration_passed + tests.regression_passed
    failed = tests.unit_failed + tests.integration_failed + tests.regression_failed
    paths = [artifact.path for artifact in tree.artifacts]
    imported = {path for agent in plan.agents for path in agent.imported}
    files: list[JsonValue] = [
        {
            "path": artifact.path,
            "sha256": artifact.sha256,
            "agent": artifact.agent,
            "origin": "imported" if artifact.path in imported else "generated",
        }
        for artifact in tree.artifacts
    ]
    for path, text in sorted(extra.items()):
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        files.append({"path": path, "sha256": sha256, "agent": None, "origin": "generated"})
    return {
        "schema_version": 1,
        "collection_name": evidence.collection,
        "extraction_timestamp": evidence.measured_at,
        "total_agents": len(plan.agents),
        "total_python_modules": sum(path.startswith("code/") and path.endswith(".py") for path in paths),
        "total_documentation": sum(path.startswith("docs/") for path in paths),
        "total_tests": passed + failed,
        "total_test_files": sum(path.rpartition("/")[2].startswith("test_") for path in paths),
        "test_coverage_percent": tests.coverage_percent,
        "all_tests_passing": passed > 0 and failed == 0,
        "deployment_ready": evidence.passed,
        "generator": evidence.generator,
        "run_id": evidence.run_id,
        "tree_digest": evidence.tree_digest,
        "input_digest": evidence.input_digest,
        "signing_key": key_id,
        "operations": {
            "bound": sum(operation.bound for agent in plan.agents for operation in agent.operations),
            "unbound": sum(not operation.bound for agent in plan.agents for operation in agent.operations),
        },
        "agents": [
            {
                "id": agent.agent,
                "digest": agent.digest,
                "gates_passed": agent.passed,
                "run_id": agent.run_id,
                "measured_at": agent.measured_at,
                "carried_over": agent.carried_over,
                "manifest": f"manifests/{agent.agent}.json",
            }
            for agent in evidence.agents
        ],
        "files": files,
    }


def manifest_text(manifest: Mapping[str, JsonValue]) -> str:
    """The manifest as it is written."""
    return json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
