"""Files of a run folder that both the daemon and its clients know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def socket_path(run: Path) -> Path:
    """The daemon's socket."""
    return run / "supervisor.sock"


@contextmanager
def socket_address(run: Path) -> Iterator[str]:
    """What to bind or connect to: the socket's path has room for 107 bytes only, so it goes by the open folder.

    Raises:
        OSError: there is no such folder.
    """
    folder = os.open(run, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{socket_path(run).name}"
    finally:
        os.close(folder)


def ports_file(run: Path) -> Path:
    """Ports that were given, by name."""
    return run / "ports.json"
