"""Temporary folders that are gone afterwards, also where the process that made them is killed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_KEEPER = """read -r _; n=0; while ! rm -rf "$1" 2>/dev/null && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done"""
"""Waits for the end of its standard input. Whoever still writes into the folder is ending, too: hence the few tries."""


@contextlib.contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A folder below `parent` (default: that of all temporary files), resolved, and removed with all that is in it.

    Python removes nothing when it is killed. A shell of one line does: the pipe to it closes with this process.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent)).resolve()
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "sh", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # it outlives an interrupted or killed group of ours
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
    )
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        keeper.communicate()
