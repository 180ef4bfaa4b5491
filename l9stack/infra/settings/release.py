"""`l9stack:release`: the release to which a stack is pinned."""

from __future__ import annotations

import re

from l9stack.infra.settings.reader import Reader

_DIGEST = re.compile(r"[0-9a-f]{64}")


def read_release(reader: Reader) -> str:
    """The digest of a release; empty where the stack deploys the working files."""
    given = reader.config.get("release") or ""
    hint = "a digest that `l9 releases` lists; `l9 promote` and `l9 rollback` set it, `l9 up --unpin` takes it away"
    return given if reader.hold(not given or bool(_DIGEST.fullmatch(given)), "release", "no digest", hint) else ""
