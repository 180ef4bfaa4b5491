"""`python -m tests.chaos`: kill `l9 extract` at random moments, take its disk away, and run it twice at once."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time

from tests.bench.scratch import folder
from tests.chaos.disk import full_disk
from tests.chaos.kills import Kills
from tests.chaos.twice import twice


def main() -> int:
    """1 where something did not hold; what was counted is printed in any case."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=1500, help="no kill begins after so many (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=20260301, help="of the moments (default: %(default)s)")
    arguments = parser.parse_args()
    began = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - began:6.1f}s] {message}", file=sys.stderr, flush=True)

    with folder() as base:
        project = base / "project"
        project.mkdir(mode=0o711)
        kills = Kills(project, random.Random(arguments.seed), say)
        counted = {"kills": kills.run(arguments.kills, began + arguments.seconds)}
        counted |= {"twice": twice(base / "twice"), "full disk": full_disk(base / "disk", say)}
    print(json.dumps(counted, indent=2))
    return 1 if any(part.get("wrong") for part in counted.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
