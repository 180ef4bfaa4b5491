"""SIGKILL at random moments of an extraction."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos import command

GONE_SECONDS = 15.0
"""What a killed extraction started has this long to end, and to remove its folders, on a busy machine."""
FINISH_EVERY = 10


class Kills:
    """Counts what was killed, and lists what was wrong afterwards."""

    def __init__(self, root: Path, chance: random.Random, say: Callable[[str], None]) -> None:
        self._root = root
        self._chance = chance
        self._say = say
        self._collection = command.make(root)
        self._rounds = 0
        self.wrong: list[str] = []

    def run(self, kills: int, until: float) -> dict[str, Any]:
        """Kill so many, with a run to its end after each ten; fewer where the time is over."""
        whole = self._finish()
        done = ended_before = finished = 0
        while done < kills and time.monotonic() < until:
            before = len(command.published(self._root))
            if self._kill(self._chance.uniform(0.05, whole)):
                done += 1
            else:
                ended_before += 1
            after = command.published(self._root)
            if not before <= len(after) <= before + 1:
                self.wrong.append(f"{before} extractions became {len(after)}")
            self.wrong += [f"torn: {name}" for name in command.torn(self._root)]
            if (done + ended_before) % FINISH_EVERY == 0:
                whole = self._finish()
                finished += 1
                self._thin()
                self._say(f"{done} killed, {finished} finished afterwards, {len(self.wrong)} wrong")
        self._finish()
        return {
            "killed": done,
            "ended before the kill": ended_before,
            "finished afterwards": finished + 1,
            "seconds of a whole run": round(whole, 1),
            "wrong": self.wrong,
        }

    def _next(self) -> None:
        self._rounds += 1
        command.change(self._collection, self._rounds)
        if self._rounds % 2:
            # Half of the runs measure everything anew; the others carry results over, and are soon at publishing.
            shutil.rmtree(self._root / ".l9" / "evidence" / "agents", ignore_errors=True)

    def _kill(self, after: float) -> bool:
        self._next()
        process = command.start(self._root, self._collection)
        ended = time.monotonic() + after
        while time.monotonic() < ended and process.poll() is None:
            time.sleep(0.005)
        started = command.descendants(process.pid)
        folders = command.temporary_folders(started)
        killed = process.poll() is None
        process.kill()
        process.communicate()
        deadline = time.monotonic() + GONE_SECONDS
        while (command.alive(started) or any(map(Path.exists, folders))) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.wrong += [f"process {pid} lives on" for pid in command.alive(started)]
        self.wrong += [f"{path} is left" for path in sorted(folders) if path.exists()]
        return killed

    def _finish(self) -> float:
        """Run to the end; the seconds."""
        self._next()
        began = time.monotonic()
        process = command.start(self._root, self._collection)
        _, said = process.communicate(timeout=300)
        if process.returncode:
            self.wrong.append(f"a run ended with {process.returncode}: {said[-500:]}")
        left = [path.name for path in (self._root / "extractions").glob(".tmp-*")]
        self.wrong += [f"{name} was not swept" for name in left]
        return time.monotonic() - began

    def _thin(self) -> None:
        """Keep the checking of all folders short: only the newest few stay."""
        for path in command.published(self._root)[:-3]:
            shutil.rmtree(path)
