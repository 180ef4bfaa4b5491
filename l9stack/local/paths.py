"""Files of a run folder that both the daemon and its clients know."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

_LONGEST = 100
"""A unix socket's path has room for 107 bytes."""


def socket_path(run: Path) -> Path:
    """The daemon's socket: in the run folder, or in a private folder of ours where that path is too long."""
    path = run / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    folder = Path(tempfile.gettempdir()) / f"l9stack-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    stat = folder.lstat()
    if stat.st_uid != os.geteuid() or stat.st_mode & 0o077 or folder.is_symlink():
        raise OSError(f"{folder} is not private to us")
    return folder / f"{hashlib.sha256(os.fsencode(run)).hexdigest()[:16]}.sock"


def ports_file(run: Path) -> Path:
    """Ports that were given, by name."""
    return run / "ports.json"
