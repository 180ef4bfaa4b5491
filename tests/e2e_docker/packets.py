"""Runs in a container: packets to an agent, each sent again until it is answered.

Each answer is a line with the packet's trace id and the decision's; the last line counts all that came back.

python packets.py URL AGENT OPERATION WORKERS, with the keys of the operator in /keys; it ends at SIGTERM.
"""

import asyncio
import collections
import json
import signal
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import httpx

from l9stack.agent._security import keys, tokens

URL, AGENT, OPERATION, WORKERS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
LONGEST_SECONDS, PATIENCE_SECONDS = 600, 60
counts: collections.Counter[str] = collections.Counter()
unanswered: list[str] = []


async def worker(client: httpx.AsyncClient, key: keys.Ed25519PrivateKey, stop: asyncio.Event) -> None:
    while not stop.is_set():
        trace, began = str(uuid.uuid4()), time.monotonic()
        packet = {
            "packet_id": str(uuid.uuid4()),
            "source_agent": "operator",
            "destination_agent": AGENT,
            "timestamp": datetime.now(UTC).isoformat(),
            "payload": {"operation": OPERATION, "arguments": {"text": "hello"}},
            "metadata": {"trace_id": trace},
        }
        while time.monotonic() - began < PATIENCE_SECONDS:
            headers = {"authorization": f"Bearer {tokens.mint('operator', key, AGENT)}"}
            try:
                said = await client.post(f"{URL}/packets", json=packet, headers=headers)
            except httpx.TransportError as error:
                counts[type(error).__name__] += 1
            else:
                degraded = said.headers.get("x-l9-degraded")
                counts[f"{said.status_code} degraded: {degraded}" if degraded else str(said.status_code)] += 1
                if said.status_code == 200:
                    print(trace, said.headers["x-l9-decision-id"], flush=True)
                    break
            await asyncio.sleep(0.1)
        else:
            unanswered.append(trace)


async def main() -> None:
    key, stop = keys.load_private(Path("/keys"), "operator"), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.call_later(LONGEST_SECONDS, stop.set)
    # Connections are kept, as agents keep them; new ones are made often enough to learn of new tasks by name.
    limits = httpx.Limits(max_connections=WORKERS, keepalive_expiry=1.0)
    async with httpx.AsyncClient(timeout=30, trust_env=False, limits=limits) as client:
        await asyncio.gather(*(worker(client, key, stop) for _ in range(WORKERS)))
    print(json.dumps({"unanswered": unanswered, "counts": counts}), flush=True)


asyncio.run(main())
