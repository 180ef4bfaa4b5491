"""A registry of a test's own on loopback, which every engine may use without TLS."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

PROGRAM = "docker-registry"


@contextmanager
def a_registry(folder: Path, *prefixes: Sequence[str]) -> Iterator[str]:
    """Its address; with `prefixes` of commands it listens there as well, as in other networks, with the same images."""
    program = shutil.which(PROGRAM)
    if program is None:
        pytest.skip(f"{PROGRAM} is not on PATH: Debian's package of that name has it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = folder / "registry.yml"
    storage = f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}"
    config.write_text(f"version: 0.1\n{storage}\nhttp: {{addr: {address}}}\n")
    with ExitStack() as stack:
        for prefix in ((), *prefixes):
            process = subprocess.Popen([*prefix, program, "serve", str(config)], stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        _wait(address)
        yield address


def _wait(address: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://{address}/v2/", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no registry answers at {address}")
