"""`l9 up` of five agents on Docker until all is healthy, beside the same containers by Docker's command line."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from l9stack.engine import environment
from tests.bench.by_hand import ByHand
from tests.bench.engine import QUIET
from tests.bench.figures import Figure
from tests.bench.scratch import COLLECTION, COMMAND, Scratch, run, timed
from tests.bench.workshop import Workshop
from tests.e2e.images import MissingError, images, stack_config
from tests.e2e_docker.machine import missing


def containers(shop: Workshop) -> Iterator[Figure]:
    """In turn: `up`, with extraction and images known, and the command line; both from no container to all healthy."""
    if lacking := missing():
        raise MissingError("; ".join(lacking))
    stack = _Stack(shop.extracted(), images(), shop)
    by_hand: ByHand | None = None
    pairs: list[tuple[float, float]] = []
    try:
        shop.say("up on Docker once, which builds the agents' images")
        stack.up()
        by_hand = ByHand(stack.state(), shop.folder("by-hand") / "files", stack.name)
        stack.down()
        for _ in shop.clock.rounds(3, share=0.5):
            ours = stack.up()
            stack.down()
            other = by_hand.start()
            by_hand.clear()
            shop.say(f"up on Docker: {ours:.1f} s, by hand {other:.1f} s")
            pairs.append((ours, other))
    finally:
        if by_hand is not None:
            by_hand.clear()
        stack.down()
    name = f"up on Docker until {len(by_hand)} containers are healthy, five of them agents"
    yield Figure(name, "s", tuple(pair[0] for pair in pairs), beside=tuple(pair[1] for pair in pairs))


class _Stack:
    """A stack on this machine's engine, of a name and of ports that no other run has."""

    def __init__(self, project: Scratch, made: Mapping[str, str], shop: Workshop) -> None:
        self.name = f"bench{secrets.token_hex(3)}"
        self._root = project.root
        self._environ = {**os.environ, **environment(project.project, shop.say)}
        self._environ["PULUMI_CONFIG_PASSPHRASE"] = secrets.token_hex(16)
        # Without the generated tests before traffic: they would be the same time on either side.
        more = {"first_port": 20_000 + secrets.randbelow(12) * 1_000, "tests": "false"}
        config = stack_config(made, collection=COLLECTION, docker=more)
        (self._root / f"Pulumi.{self.name}.yaml").write_text(config)

    def up(self) -> float:
        """The seconds of `l9 up`."""
        return timed([str(COMMAND), "up", "--stack", self.name], self._root, self._environ)

    def down(self) -> None:
        """Take it down with all data."""
        run([str(COMMAND), "down", "--stack", self.name, "--purge", "--yes"], self._root, self._environ)

    def state(self) -> Mapping[str, Any]:
        """The stack's state, as the engine exports it."""
        found: dict[str, Any] = json.loads(
            run(["pulumi", "stack", "export", "--stack", self.name, *QUIET], self._root, self._environ)
        )
        return found
