"""Two extractions of one collection at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from l9stack.errors import EXIT_LOCKED
from tests.chaos import command


def twice(root: Path) -> dict[str, Any]:
    """One goes on, and the other is refused, and told by whom."""
    collection = command.make(root)
    first = command.start(root, collection)
    deadline = time.monotonic() + 30
    while not any((root / ".l9" / "locks").glob("*.lock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    second = command.start(root, collection)
    _, refused = second.communicate(timeout=300)
    _, said = first.communicate(timeout=300)
    wrong = []
    if (first.returncode, second.returncode) != (0, EXIT_LOCKED):
        wrong.append(f"exit codes {first.returncode} and {second.returncode}: {said[-300:]} {refused[-300:]}")
    if f"is held by process {first.pid} " not in refused:
        wrong.append(f"the holder is not named: {refused}")
    return {"refused": second.returncode, "said": refused.strip(), "wrong": wrong}
