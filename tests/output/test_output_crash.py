"""SIGKILL at every write and rename: the tree is wholly old or wholly new, and the next run heals."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.output.edits import find_edits, restore
from l9stack.output.store import Store
from l9stack.output.view import assemble, find
from l9stack.project import Project

NOW = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)

BOUNDARIES = ("rename", "replace", "mkdir", "fsync", "open")


def _die_at(call: int) -> None:
    """Make the `call`-th write boundary of this process its last."""
    counter = itertools.count(1)

    def deadly(real: Callable[..., object], after: bool) -> Callable[..., object]:
        def wrapper(*args: object, **kwargs: object) -> object:
            fatal = next(counter) == call
            if fatal and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return real(*args, **kwargs)
            finally:
                if fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

        return wrapper

    for name in BOUNDARIES:
        setattr(os, name, deadly(getattr(os, name), after=call % 2 == 0))
    real_write = Path.write_bytes

    def torn(path: Path, data: bytes) -> int:
        if next(counter) == call:
            with path.open("wb") as stream:  # half of it reaches the disk
                stream.write(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real_write(path, data)

    Path.write_bytes = torn  # type: ignore[method-assign]


def killed(call: int, action: Callable[[], object]) -> bool:
    """Run `action` in a child that dies at its `call`-th boundary; False where it ended before."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _die_at(call)
            action()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.fixture
def large(tree: RenderedTree) -> RenderedTree:
    more = tuple(Artifact(path=f"code/L9/many/part_{number}.py", text=f"N = {number}\n") for number in range(80))
    return RenderedTree(collection=tree.collection, artifacts=(*tree.artifacts, *more))


def test_put_killed_anywhere_is_whole_or_absent(project: Project, large: RenderedTree) -> None:
    deaths = 0
    for call in itertools.count(1):
        died = killed(call, lambda: Store(project).put(large.artifacts))
        deaths += died
        store = Store(project)
        entry = project.store / large.digest
        assert store.has(large.digest) == entry.exists()  # no torn entry under its final name
        assert store.put(large.artifacts) == large.digest
        assert [path.name for path in project.store.iterdir()] == [large.digest] or store.has(large.digest)
        store.remove(large.digest)
        if not died:
            break
    assert deaths > 90


def test_rubbish_of_a_killed_writer_is_swept(project: Project, large: RenderedTree) -> None:
    assert killed(20, lambda: Store(project).put(large.artifacts))
    assert [path for path in project.store.iterdir() if path.name.startswith(".tmp-")]
    Store(project).put(large.artifacts)
    assert [path.name for path in project.store.iterdir()] == [large.digest]


def test_assemble_killed_anywhere_is_whole_or_absent(tmp_path: Path, tree: RenderedTree, large: RenderedTree) -> None:
    extra = {"evidence_report.md": "# Report\n"}
    deaths = 0
    for call in itertools.count(1):
        output = tmp_path / str(call)
        old = assemble(output, tree, extra, NOW)
        died = killed(call, lambda output=output: assemble(output, large, extra, NOW))  # type: ignore[misc]
        deaths += died
        assert old.edits().none
        published = [path for path in output.iterdir() if path.name.startswith("office_") and path != old.path]
        assert len(published) <= 1
        for path in published:
            view = find(output, "office", large.digest)
            assert view is not None
            assert view.path == path
            assert view.edits().none
        healed = assemble(output, large, extra, NOW)
        assert healed.edits().none
        assert find(output, "office", tree.digest) == old.model_copy(update={"reused": True})
        if not died:
            break
    assert deaths > 90


def test_restore_killed_anywhere_loses_no_edit(tmp_path: Path, tree: RenderedTree) -> None:
    texts = {artifact.path: artifact.text for artifact in tree.artifacts}
    expected = {artifact.path: artifact.sha256 for artifact in tree.artifacts}
    for call in itertools.count(1):
        view = assemble(tmp_path / str(call), tree, {}, NOW).path
        (view / "code/L9/desk/controller.py").write_text("MINE = 1\n")
        (view / "office_config.yaml").unlink()
        patches = tmp_path / f"patches{call}"
        edits = find_edits(view, expected)
        died = killed(call, lambda v=view, e=edits, p=patches: restore(v, texts, e, p, NOW))  # type: ignore[misc]
        kept = "".join(path.read_text() for path in patches.rglob("*.patch"))
        mine = view / "code/L9/desk/controller.py"
        assert mine.read_text() == "MINE = 1\n" or "+MINE = 1" in kept
        restore(view, texts, find_edits(view, expected), patches, NOW)
        assert find_edits(view, expected).missing == find_edits(view, expected).changed == ()
        if not died:
            break


@pytest.mark.parametrize("failing", [1, 40, 80])
def test_a_full_disk_leaves_the_old_and_no_rubbish(
    tmp_path: Path, tree: RenderedTree, large: RenderedTree, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    project = Project(tmp_path / "project")
    old, output = Store(project).put(tree.artifacts), tmp_path / "out"
    view = assemble(output, tree, {}, NOW)
    real, counter = Path.write_bytes, itertools.count(1)

    def full(path: Path, data: bytes) -> int:
        if next(counter) % 81 == failing:
            real(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        Store(project).put(large.artifacts)
    with pytest.raises(OSError, match="No space left"):
        for _ in range(2):
            assemble(output, large, {}, NOW)
            shutil.rmtree(find(output, "office", large.digest).path)  # type: ignore[union-attr]
    monkeypatch.undo()
    assert Store(project).has(old)
    assert [path.name for path in project.store.iterdir()] == [old]
    assert view.edits().none
    assert sorted(path.name for path in output.iterdir()) == [".l9-index", view.path.name]
    assert assemble(output, large, {}, NOW).edits().none


def test_two_assemblies_at_once_both_end_whole(tmp_path: Path, large: RenderedTree) -> None:
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if assemble(tmp_path, large, {}, NOW).edits().none else 2
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".tmp-")]
