"""What a run that was cut off had begun on an engine: of that alone, what has the stack's label is removed."""

from __future__ import annotations

from typing import Any

from l9stack.infra.engine_orphans import remove_orphans
from tests.running.conftest import Deployed, FakeDocker

KINDS = {"container": "Container", "network": "Network", "volume": "Volume", "service": "Service"}


def begun(kind: str, name: str) -> dict[str, Any]:
    return {"type": f"docker:index/{kind}:{KINDS[kind]}", "urn": f"urn::{name}", "inputs": {"name": name}}


def test_what_was_begun_is_removed_in_an_order_that_works(deployed: Deployed, docker: FakeDocker) -> None:
    project = deployed("docker", "ssh://deploy@host")
    docker.says(
        ps=["desk-redis-site", "desk-clerk-site"], network=["desk-agents-site"], volume=["desk-redis-data-site"]
    )
    told = [
        {"type": "l9stack:agents:Agents", "urn": "urn::desk-agents"},
        begun("network", "desk-agents-site"),
        begun("volume", "desk-redis-data-site"),
        begun("container", "desk-redis-site"),
        begun("container", "desk-never-made-site"),
    ]
    assert remove_orphans(project, "site", told, purge=False) == ["desk-redis-site", "desk-agents-site"]
    asked = [" ".join(words) for words in docker.asked]
    assert all(words.startswith("--host ssh://deploy@host ") for words in asked)
    assert all("label=l9stack.stack=site" in words for words in asked if " rm " not in words)
    assert [words.partition("host ")[2].partition(" ")[2] for words in asked if " rm " in words] == [
        "rm --force --volumes desk-redis-site",
        "network rm desk-agents-site",
    ]
    assert "desk-redis-data-site" in remove_orphans(project, "site", told, purge=True)
