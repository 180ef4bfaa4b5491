"""The engine's state of a stack, as a file below `.l9/pulumi`: whole, or told with what brings it back."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from pathlib import Path

from l9stack.errors import EngineError


def require_readable(path: Path) -> None:
    """Refuse a state file that is cut off, empty or no JSON; the engine itself says nothing of a way back.

    Raises:
        EngineError: with the command that puts the copy beside it in its place, where that one is whole.
    """
    if _is_whole(path):
        return
    copy = path.with_name(f"{path.name}.bak")
    if copy.is_file() and _is_whole(copy):
        when = datetime.fromtimestamp(copy.stat().st_mtime).astimezone().isoformat(sep=" ", timespec="seconds")
        way = (
            f"the copy before its last change, of {when}, is whole; to go on with that:\n"
            f"  cp {shlex.quote(str(copy))} {shlex.quote(str(path))}\n"
            "`l9 preview` then shows what differs from what runs, and `l9 up` mends it"
        )
    else:
        way = (
            "no whole copy lies beside it; without one, `l9 down` cannot know what it made: end what runs with the "
            f"servers' own means, then `rm {shlex.quote(str(path))}` and `l9 up` begin anew"
        )
    raise EngineError(f"the state of stack {path.stem} is damaged: {path} cannot be read\n{way}")


def _is_whole(path: Path) -> bool:
    try:
        state = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(state, dict) and "checkpoint" in state
