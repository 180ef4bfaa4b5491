"""What to do about failures that the engines tell in their own words, which know nothing of l9 or a stack's config."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Mapping, Sequence

from l9stack.errors import EngineError, EngineMachineError

_MACHINE = r"no space left on device|disk quota exceeded|too many open files|cannot allocate memory"
"""What the machine refuses, in the engine's words; no part of the program or of the stack's config is wrong."""
_HINTS: Mapping[str, str] = {
    r"port is already allocated|address already in use|port '\d+' is already in use": (
        "another program or another project's stack has that port: give this stack other ones, from "
        "l9stack:docker.first_port on (as {first_port: 23000})"
    ),
    r"unable to (find or )?pull image|pull access denied|manifest unknown|/manifests/|No such image": (
        "l9stack:docker.images names another image for each part (as {neo4j: registry.example.com/neo4j:5}); a "
        "private registry wants `docker login`, or l9stack:docker.registry for images that the stack builds"
    ),
    r"pulumi cancel": (
        "l9 takes a lock away itself once its process is gone; where that ran on another machine, and runs no more: "
        'eval "$(l9 env)"; pulumi cancel --stack NAME'
    ),
    r"pulumi (refresh|up|preview|destroy|stack|state|config)": (
        '`l9 preview`, `l9 up` and `l9 down` do that here; the engine\'s own commands work after eval "$(l9 env)"'
    ),
    r"incorrect passphrase": (
        "the stack was made with another passphrase, to which `encryptionsalt` of its file belongs, than "
        "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE say; that of Pulumi.dev.yaml belongs to an empty one"
    ),
    _MACHINE: (
        "make room on the disk that is full, or raise the limit that was met (`ulimit -n 4096`), then run the same "
        "command again"
    ),
    r"Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect": (
        "start the engine, or name one that runs: pulumi config set docker:host ssh://USER@HOST"
    ),
}


def hints(lines: Iterable[str]) -> list[str]:
    """A line for each kind of failure that is told in `lines`, ready to be printed below them."""
    text = "\n".join(lines)
    return [f"    hint: {hint}" for pattern, hint in _HINTS.items() if re.search(pattern, text, re.IGNORECASE)]


def engine_failure(what: str, lines: Sequence[str], code: int) -> EngineError:
    """A failure of the engine with what it said; of one that somebody ended, what it said last is not the reason."""
    if code < 0:
        ended = f"the engine was ended by {signal.Signals(-code).name}, as a machine without memory left ends programs"
        return EngineMachineError(
            f"{what} {ended}\n    hint: run the same command again: it goes on from what is there"
        )
    kind = EngineMachineError if any(re.search(_MACHINE, line, re.IGNORECASE) for line in lines) else EngineError
    return kind("\n".join([what, *lines, *hints(lines)]))
