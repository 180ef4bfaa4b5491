"""What a command changes in a stack's file, and sets back where nothing came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from l9stack.cli.deploy.checks import pinned_release
from l9stack.cli.options import stack_of
from l9stack.engine.drive import StackEngine
from l9stack.errors import LockedError
from l9stack.project import Project
from l9stack.reading.stack import is_set, stack_text


def collection_setting(
    engine: StackEngine, project: Project, collection: Path | None
) -> AbstractContextManager[Callable[[], None]]:
    """Give a stack the collection that was named; what its file said is set back, unless what is yielded is called.

    The stack that has its name from the collection was made for it, and keeps it.
    """
    if not collection:
        return nullcontext(lambda: None)
    key = "l9stack:collection"
    wanted = project.shown(collection)
    if engine.stack == stack_of(collection):
        engine.configure("collection", wanted)
        return nullcontext(lambda: None)
    before = stack_text(project.root, engine.stack, key) if is_set(project.root, engine.stack, key) else None
    return _configured(engine, "collection", before, wanted)


def release_setting(
    engine: StackEngine, project: Project, release: str | None
) -> AbstractContextManager[Callable[[], None]]:
    """Pin a stack to a release, or unpin it; set back afterwards, unless what is yielded is called and it was deployed.

    A deployment that failed has begun, and leaves the pin; one that another run has locked out has not.
    """
    return _configured(engine, "release", pinned_release(project, engine.stack) or None, release)


@contextmanager
def _configured(engine: StackEngine, key: str, before: str | None, wanted: str | None) -> Iterator[Callable[[], None]]:
    if wanted != before:
        engine.configure(key, wanted)
    kept: list[bool] = []
    try:
        yield lambda: kept.append(True)
    except LockedError:  # nothing was begun
        kept.clear()
        raise
    finally:
        if not kept and wanted != before:
            engine.configure(key, before)
