"""This machine's Docker engine as one that is elsewhere: by TLS, to who has a certificate, on loopback."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.real_servers.authority import HOST, make_authority

SOCKET = Path("/var/run/docker.sock")
_BYTES = 1 << 16


@dataclass
class ByTls:
    """The host as `docker:host` names it, and the environment that has the certificates."""

    host: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    accepted: int = 0

    def sessions(self) -> int:
        """How often somebody got through."""
        return self.accepted


@contextmanager
def by_tls(folder: Path) -> Iterator[ByTls]:
    """Listen, and pass on what comes; the end of the block ends it."""
    authority = make_authority(folder)
    (folder / "cert.pem").symlink_to(authority.server)
    (folder / "key.pem").symlink_to(authority.key)
    found = ByTls(environ={"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(folder)})
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.certificate))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.server, authority.key)
    loop, listening = asyncio.new_event_loop(), threading.Event()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.accepted += 1
        there, back = await asyncio.open_unix_connection(str(SOCKET))
        await asyncio.gather(_copied(reader, back), _copied(there, writer))

    async def serve() -> None:
        server = await asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=context)
        found.host = f"tcp://{HOST}:{server.sockets[0].getsockname()[1]}"
        listening.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert listening.wait(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # A client that goes away is no fault of what passes its bytes on.
    with suppress(OSError):
        while data := await reader.read(_BYTES):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()
