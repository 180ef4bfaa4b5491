"""`python -m tests.chaos`: kill `l9 extract` at random moments, take its disk away, run it twice, edit its inputs."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.scratch import folder
from tests.chaos.disk import full_disk
from tests.chaos.edits import Edits
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
    parser.add_argument(
        "--edits", type=int, default=50, help="of inputs, in each of extract, up and preview (default: %(default)s)"
    )
    parser.add_argument("--edit-seconds", type=float, default=2400, help="no edit after so many (default: %(default)s)")
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
        counted |= _edits(base, arguments, say)
    print(json.dumps(counted, indent=2))
    return 1 if any(part.get("wrong") for part in counted.values()) else 0


def _edits(base: Path, arguments: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """Edits of inputs while commands run, in a project whose stack is taken down afterwards."""
    root = base / "edits"
    root.mkdir(mode=0o711)
    began, third = time.monotonic(), arguments.edit_seconds / 3
    edits = Edits(root, random.Random(arguments.seed), say)
    try:
        edits.begin()
        return {
            f"edits while `l9 {command}` runs": edits.run(command, arguments.edits, began + third * part)
            for part, command in enumerate(("extract", "preview", "up"), start=1)
        }
    finally:
        edits.close()


if __name__ == "__main__":
    sys.exit(main())
