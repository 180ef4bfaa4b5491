"""What the groups of figures share: the clock, the projects, and one stack that is deployed when it is first needed."""

from __future__ import annotations

from pathlib import Path

from tests.bench.clock import Clock
from tests.bench.scratch import COLLECTION, Say, Scratch


class Workshop:
    """Hands out projects below one temporary folder, and closes all of them."""

    def __init__(self, base: Path, clock: Clock, say: Say) -> None:
        self.base = base
        self.clock = clock
        self.say = say
        self._folders = 0
        self._made: list[Scratch] = []
        self._kept: Scratch | None = None
        self._is_deployed = False

    def folder(self, name: str) -> Path:
        """A new folder that other users may pass."""
        self._folders += 1
        made = self.base / f"{name}-{self._folders}"
        made.mkdir(mode=0o711)
        return made

    def fresh(self) -> Scratch:
        """A project in which nothing has happened yet."""
        made = Scratch(self.folder("project"))
        self._made.append(made)
        return made

    def keep(self, project: Scratch, *, is_deployed: bool = False) -> None:
        """Let later groups use a project; the one that was kept before is closed."""
        if self._kept is not None and self._kept is not project:
            self.drop(self._kept)
        self._kept = project
        self._is_deployed = is_deployed

    def drop(self, project: Scratch) -> None:
        """Close a project."""
        project.close()
        self._made.remove(project)

    def extracted(self) -> Scratch:
        """A project whose extraction is known."""
        if self._kept is None:
            project = self.fresh()
            self.say("extracting once")
            project.l9("extract", COLLECTION)
            self.keep(project)
        assert self._kept is not None
        return self._kept

    def deployed(self) -> Scratch:
        """A project whose stack is up."""
        project = self.extracted()
        if not self._is_deployed:
            self.say("deploying once")
            project.l9("up")
            self._is_deployed = True
        return project

    def close(self) -> None:
        """Close every project."""
        while self._made:
            self._made.pop().close()
