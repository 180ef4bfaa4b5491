"""`l9stack:swarm`: how a swarm of Docker engines runs the stack; what is said for one engine is in `docker`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from l9stack.infra.settings.checks import Constraint, between, is_flag, is_mapping, name_list
from l9stack.infra.settings.reader import Reader

HERE = "here"
ENDPOINT_MODES = ("vip", "dnsrr")
PUBLISHING = ("ingress", "host", "none")
_CONSTRAINT = re.compile(r"(node|engine)\.[a-z]+(\.[\w.-]+)*\s*(==|!=)\s*\S+")
_REPLICAS = between(1, 1000, "a whole number from 1 on")


def _constraints(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and _CONSTRAINT.fullmatch(item) for item in value)


_CHECKS: dict[str, Constraint] = {
    "replicas": _REPLICAS,
    "replicas_of": (is_mapping, "a mapping, as {claim_intake: 5}"),
    "endpoint_mode": (lambda value: value in ENDPOINT_MODES, f"one of {name_list(ENDPOINT_MODES)}"),
    "publish": (lambda value: value in PUBLISHING, f"one of {name_list(PUBLISHING)}"),
    "placement": (_constraints, "constraints, as ['node.role == worker', 'node.labels.zone == a']"),
    "backends": (lambda value: value == HERE, f"{HERE}, or URLs in l9stack:backends"),
    "encrypted": (is_flag, "true or false"),
}


@dataclass(frozen=True)
class SwarmSettings:
    """`l9stack:swarm`: everything has a default, which is what a cluster of several nodes wants."""

    replicas: int = 2
    """How many tasks each agent has: with two, one node may fail."""
    replicas_of: Mapping[str, int] = field(default_factory=dict)
    """Another number for single agents."""
    endpoint_mode: str = "vip"
    """`vip`: one address for all tasks of a service; `dnsrr`: a name that stands for the addresses of all of them."""
    publish: str = "ingress"
    """How agents are reached from outside: by one port on every node, by a port of each task on its own node, or not
    at all."""
    placement: tuple[str, ...] = ()
    """Constraints for the nodes where agents may run."""
    backends: str = ""
    """Where backends without a URL keep their data: HERE is the node of the engine that the program talks to, for that
    engine alone can make and remove their volumes. Empty: nowhere."""
    encrypted: bool = True
    """Whether the networks encrypt what passes between nodes."""

    def replicas_for(self, agent: str) -> int:
        """How many tasks an agent has."""
        return self.replicas_of.get(agent, self.replicas)


def read_swarm(reader: Reader) -> SwarmSettings:
    """The block `swarm`."""
    good = reader.block("swarm", _CHECKS, "{replicas: 3}")
    for agent, number in good.get("replicas_of", {}).items():
        right, hint = _REPLICAS
        reader.hold(right(number), f"swarm.replicas_of.{agent}", f"not understood: {number!r}", hint)
    good["placement"] = tuple(good.get("placement", ()))
    settings = SwarmSettings(**good)
    reader.hold(
        settings.endpoint_mode == "vip" or settings.publish != "ingress",
        "swarm.publish",
        "the ingress network leads to virtual IPs, and endpoint_mode dnsrr has none",
        "publish: host or none, or endpoint_mode: vip",
    )
    return settings
