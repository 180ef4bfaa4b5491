from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.files import contained_path
from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.output.store import Store
from l9stack.project import Project


def test_an_entry_is_named_by_its_digest_and_reused(project: Project, tree: RenderedTree) -> None:
    store = Store(project)
    digest = store.put(tree.artifacts)
    assert digest == tree.digest
    before = {path: path.stat().st_mtime_ns for path in store.path(digest).rglob("*")}
    assert store.put(tree.artifacts) == digest
    assert {path: path.stat().st_mtime_ns for path in store.path(digest).rglob("*")} == before
    assert [path.name for path in project.store.iterdir()] == [digest]


@pytest.mark.parametrize("change", ["edit", "remove", "add", "link"])
def test_a_changed_entry_is_no_entry_and_is_replaced(project: Project, tree: RenderedTree, change: str) -> None:
    store = Store(project)
    digest = store.put(tree.artifacts)
    file = store.path(digest) / "office_config.yaml"
    if change == "edit":
        file.write_text("a: 2\n")
    elif change == "add":
        (file.parent / "code/L9/desk/evil.py").write_text("")
    else:
        file.unlink()
    if change == "link":
        other = project.root / "other"
        other.write_text("a: 1\n")
        file.symlink_to(other)
    assert not store.has(digest)
    with pytest.raises(InputError, match="was changed"):
        store.path(digest)
    assert store.put(tree.artifacts) == digest
    assert store.has(digest)
    assert [path.name for path in project.store.iterdir()] == [digest]


def test_bytecode_beside_the_code_does_not_count(project: Project, tree: RenderedTree) -> None:
    store = Store(project)
    digest = store.put(tree.artifacts)
    cache = store.path(digest) / "code/L9/desk/__pycache__"
    cache.mkdir()
    (cache / "controller.cpython-311.pyc").write_bytes(b"x")
    assert store.has(digest)


def test_a_digest_is_not_a_path(project: Project) -> None:
    with pytest.raises(InputError):
        Store(project).has("../../etc")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", ".", "a//b", "a/./b", "a\x00b", "a\\b", "link/x", "l", ""]
)
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (tmp_path / "elsewhere").mkdir()
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "l").symlink_to(tmp_path / "elsewhere/file")
    with pytest.raises(InputError, match="path-outside"):
        contained_path(root, path)


def test_a_hostile_path_leaves_nothing_behind(project: Project) -> None:
    with pytest.raises(InputError):
        Store(project).put([Artifact(path="code/a.py", text=""), Artifact(path="code/../../b.py", text="")])
    assert list(project.store.iterdir()) == []
    assert not (project.root / ".l9/b.py").exists()


def _put(root: Path, tree: RenderedTree, times: int) -> None:
    for _ in range(times):
        store = Store(Project(root))
        digest = store.put(tree.artifacts)
        assert store.has(digest)


def test_writers_at_once_agree(project: Project, tree: RenderedTree) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_put, args=(project.root, tree, 10)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert [path.name for path in project.store.iterdir()] == [tree.digest]
