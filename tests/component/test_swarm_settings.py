"""`l9stack:swarm`: what is right is taken, what is wrong is told with its place in the block and a hint."""

from __future__ import annotations

from typing import Any

import pytest

from l9stack.infra.settings import StackSettings, SwarmSettings
from tests.component.test_settings import configured, problems


@pytest.mark.parametrize(
    ("block", "key", "message", "hint"),
    [
        ({"replica": 3}, "swarm.replica", "unknown key", "replicas"),
        ({"replicas": 0}, "swarm.replicas", "not understood: 0", "from 1 on"),
        ({"replicas": True}, "swarm.replicas", "not understood: True", "whole number"),
        ({"replicas_of": 3}, "swarm.replicas_of", "not understood: 3", "claim_intake: 5"),
        ({"replicas_of": {"desk": "3"}}, "swarm.replicas_of.desk", "not understood: '3'", "from 1 on"),
        ({"endpoint_mode": "dns"}, "swarm.endpoint_mode", "not understood: 'dns'", "vip, dnsrr"),
        ({"publish": "all"}, "swarm.publish", "not understood: 'all'", "ingress, host, none"),
        ({"endpoint_mode": "dnsrr"}, "swarm.publish", "dnsrr has none", "host or none"),
        ({"placement": "node.role == worker"}, "swarm.placement", "not understood", "constraints"),
        ({"placement": ["role is worker"]}, "swarm.placement", "not understood", "node.labels.zone == a"),
        (
            {"backends": ["node.hostname == data-1"]},
            "swarm.backends",
            "not understood",
            "here, or URLs in l9stack:backends",
        ),
        ({"encrypted": "yes"}, "swarm.encrypted", "not understood: 'yes'", "true or false"),
    ],
)
def test_what_is_not_understood_is_told_with_a_hint(block: dict[str, Any], key: str, message: str, hint: str) -> None:
    ((where, said, advice),) = problems({"swarm": block})
    assert where == f"l9stack:{key}"
    assert message in said and hint in advice


def test_everything_has_a_default_that_a_cluster_wants() -> None:
    read = StackSettings.read(configured({"runtime": "local"})).swarm
    assert read == SwarmSettings(replicas=2, endpoint_mode="vip", publish="ingress", encrypted=True)


def test_every_setting_is_taken() -> None:
    read = StackSettings.read(
        configured(
            {
                "swarm": {
                    "replicas": 3,
                    "replicas_of": {"settlement": 5},
                    "endpoint_mode": "dnsrr",
                    "publish": "none",
                    "placement": ["node.role == worker", "node.labels.zone != b"],
                    "backends": "here",
                    "encrypted": False,
                }
            }
        )
    ).swarm
    assert (read.replicas_for("settlement"), read.replicas_for("claim_intake")) == (5, 3)
    assert read.placement == ("node.role == worker", "node.labels.zone != b")
    assert (read.endpoint_mode, read.publish, read.encrypted) == ("dnsrr", "none", False)
    assert read.backends == "here"
