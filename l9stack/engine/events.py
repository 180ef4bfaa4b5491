"""What the engine tells of a run, event by event: what it changes, what is wrong, and how far it is."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l9stack.progress import Detail, Progress

_NOISE = ("using pulumi-", "update failed", "preview failed")
"""Diagnostics that say nothing beside the reasons that stand next to them."""
_TWICE = "sdk-v2/"
"""How a bridged provider begins what it logs of an error that it then returns."""
_COUNTED = re.compile(r"^\d+ errors? occurred:\n(?=\s*\* )")
_TOLD_LINES = 10
_QUIET = frozenset({"same", "read", "refresh"})
_STACK, _OURS = "pulumi:pulumi:Stack", "pulumi:providers:pulumi-python"
"""The second, which our resources have in common, holds the stack's config: that it changes is no change of its own."""
_HALVES = frozenset({"create-replacement", "delete-replaced"})
"""What the engine tells of a replacement, beside the replacement itself."""


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one resource: `fields` are the inputs that differ."""

    operation: str
    type: str
    name: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        inside = f" [{', '.join(self.fields)}]" if self.fields else ""
        return f"{self.operation} {self.type.rsplit(':', 1)[-1]} {self.name}{inside}"


@dataclass(slots=True)
class EngineRun:
    """What a run did, or would do; `diagnostics` are what program and providers said."""

    changes: list[ResourceChange] = field(default_factory=list)
    diagnostics: list[str] = field(default_factory=list)
    said: dict[str, deque[str]] = field(default_factory=dict)
    """The last lines that a provider told of each resource meanwhile, as of an image's build."""


class EventFollower:
    """Reads the log of one run into `outcome`, and tells its progress as it goes; a preview makes none."""

    def __init__(self, progress: Progress, *, preview: bool) -> None:
        self.outcome = EngineRun()
        self.heard = False
        """Whether the engine has told anything: then it has the stack's lock."""
        self._progress, self._preview = progress, preview

    def follow(self, log: Path, done: threading.Event) -> None:
        """Read the file `log` until the engine has ended, which is when `done` is set."""
        for event in _events(log, done):
            self.heard = True
            if pre := event.get("resourcePreEvent"):
                self._before(pre["metadata"])
            elif post := event.get("resOutputsEvent"):
                self._after(post["metadata"])
            elif diagnostic := event.get("diagnosticEvent"):
                self._diagnosed(diagnostic)
        replaced = {(change.type, change.name) for change in self.outcome.changes if change.operation == "replace"}
        self.outcome.changes = [
            change
            for change in self.outcome.changes
            if change.operation not in _HALVES or (change.type, change.name) not in replaced
        ]

    def _diagnosed(self, diagnostic: Mapping[str, Any]) -> None:
        """Errors and warnings are kept; what providers tell meanwhile is progress."""
        message, urn = _plain(diagnostic["message"]).rstrip(), diagnostic.get("urn", "")
        if diagnostic.get("ephemeral"):
            lines = (line for line in message.splitlines() if line.strip() and not line.startswith("digest: "))
            self.outcome.said.setdefault(urn, deque(maxlen=_TOLD_LINES)).extend(lines)
            return
        if not message or message.startswith(_NOISE):
            return
        if diagnostic.get("severity") == "error" and not message.lstrip().startswith(_TWICE):
            # A failed build's own error is a command and its exit code; the reason is what it said before.
            self.outcome.diagnostics.append(
                "\n  ".join([_COUNTED.sub("", message), *dict.fromkeys(self.outcome.said.pop(urn, ()))])
            )
        elif diagnostic.get("severity") == "warning":
            self.outcome.diagnostics.append(message)
        elif diagnostic.get("severity") in ("info", "info#err"):
            self._progress(message.removeprefix("info: "))

    def _before(self, metadata: Mapping[str, Any]) -> None:
        if (
            metadata["op"] in _QUIET
            or metadata["type"] == _STACK
            or (metadata["type"], metadata["op"]) == (_OURS, "update")
        ):
            return
        fields = tuple(sorted(metadata.get("detailedDiff") or metadata.get("diffs") or _differing(metadata)))
        change = ResourceChange(metadata["op"], metadata["type"], metadata["urn"].rsplit("::", 1)[-1], fields)
        self.outcome.changes.append(change)
        if not self._preview:
            self._progress(Detail(f"{change} …"))

    def _after(self, metadata: Mapping[str, Any]) -> None:
        if metadata["op"] not in _QUIET and metadata["type"] != _STACK and not self._preview:
            self._progress(Detail(f"  done: {metadata['urn'].rsplit('::', 1)[-1]}"))


def _events(log: Path, done: threading.Event) -> Iterator[dict[str, Any]]:
    """Events as they are written, until the engine has ended and the log is read to its end."""
    while not log.exists():
        if done.wait(0.02):
            if not log.exists():
                return
            break
    with log.open(encoding="utf-8") as file:
        partial = ""
        while True:
            ended = done.is_set()
            chunk = file.read()
            if chunk:
                *lines, partial = (partial + chunk).split("\n")
                for line in lines:
                    if line.strip():
                        yield json.loads(line)
            elif ended:
                return
            else:
                time.sleep(0.03)


def _differing(metadata: Mapping[str, Any]) -> list[str]:
    """The inputs of an update that are not as they were, for our providers say only that there are some."""
    old, new = metadata.get("old") or {}, metadata.get("new") or {}
    before, after = old.get("inputs") or {}, new.get("inputs") or {}
    return [] if metadata["op"] != "update" else [name for name, value in after.items() if before.get(name) != value]


def _plain(text: str) -> str:
    """A message without the engine's colour marks."""
    for mark in ("<{%reset%}>", "<{%fg 1%}>", "<{%fg 3%}>", "<{%bold%}>"):
        text = text.replace(mark, "")
    return text
