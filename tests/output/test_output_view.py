from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from l9stack.errors import LockedError
from l9stack.model.artifact import RenderedTree
from l9stack.output.edits import restore
from l9stack.output.lock import collection_lock
from l9stack.output.view import assemble, find
from l9stack.project import Project

NOW = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)

EXTRA = {"evidence_report.md": "# Report\n"}


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_view_is_named_after_collection_and_time(tmp_path: Path, tree: RenderedTree) -> None:
    view = assemble(tmp_path / "out", tree, EXTRA, NOW)
    assert view.path == tmp_path / "out/office_20260301_123005"
    assert not view.reused
    assert set(view.files) == {artifact.path for artifact in tree.artifacts} | set(EXTRA)
    assert view.edits().none


def test_the_same_tree_reuses_the_folder_and_changes_no_file(tmp_path: Path, tree: RenderedTree) -> None:
    first = assemble(tmp_path, tree, EXTRA, NOW)
    before = snapshot(tmp_path)
    second = assemble(tmp_path, tree, {"evidence_report.md": "# another time\n"}, NOW + timedelta(hours=1))
    assert second.reused
    assert second.path == first.path
    assert snapshot(tmp_path) == before


def test_another_key_or_an_edited_folder_makes_a_new_one(tmp_path: Path, tree: RenderedTree) -> None:
    first = assemble(tmp_path, tree, EXTRA, NOW)
    other = assemble(tmp_path, tree, EXTRA, NOW, key="f" * 64)
    assert other.path.name == "office_20260301_123006"  # the second was taken
    (first.path / "office_config.yaml").write_text("a: 9\n")
    third = assemble(tmp_path, tree, EXTRA, NOW)
    assert not third.reused
    assert third.path.name == "office_20260301_123007"
    assert (first.path / "office_config.yaml").read_text() == "a: 9\n"


@pytest.mark.parametrize("index", ["", "[]", '{"views": 3}', '{"views": {"KEY": {"folder": "../x", "files": {}}}}'])
def test_a_broken_index_finds_nothing(tmp_path: Path, tree: RenderedTree, index: str) -> None:
    assemble(tmp_path, tree, EXTRA, NOW)
    (tmp_path / ".l9-index/office.json").write_text(index.replace("KEY", tree.digest))
    assert find(tmp_path, "office", tree.digest) is None


def edit(view: Path) -> None:
    (view / "code/L9/desk/controller.py").write_text("A = 1\nB = 20\r\u2028\n")
    (view / "docs/desk/README.md").unlink()
    (view / "code/L9/post/mine.py").write_text("MINE = True")


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1", "-s", "-i"]])
def test_an_edit_is_kept_as_a_patch_that_brings_it_back(tmp_path: Path, tree: RenderedTree, tool: list[str]) -> None:
    view = assemble(tmp_path / "out", tree, EXTRA, NOW)
    edit(view.path)
    edits = view.edits()
    assert edits.changed == ("code/L9/desk/controller.py",)
    assert edits.missing == ("docs/desk/README.md",)
    assert edits.extra == ("code/L9/post/mine.py",)
    texts = {artifact.path: artifact.text for artifact in tree.artifacts} | EXTRA
    owners = {artifact.path: artifact.agent for artifact in tree.artifacts}
    patches = restore(view.path, texts, edits, tmp_path / "patches", NOW, owners.get)
    assert [str(path.relative_to(tmp_path)) for path in patches] == [
        "patches/collection/20260301_123005-1.patch",
        "patches/desk/20260301_123005-1.patch",
    ]
    assert view.edits().none
    for patch in patches:
        subprocess.run(
            [*tool, str(patch)], cwd=view.path, check=True, env={**os.environ, "GIT_CEILING_DIRECTORIES": "/"}
        )
    assert view.edits() == edits
    assert (view.path / "code/L9/desk/controller.py").read_bytes() == "A = 1\nB = 20\r\u2028\n".encode()
    assert (view.path / "code/L9/post/mine.py").read_text() == "MINE = True"
    again = restore(view.path, texts, edits, tmp_path / "patches", NOW, owners.get)
    assert [path.name for path in again] == ["20260301_123005-2.patch"] * 2


def test_what_no_patch_can_say_is_kept_as_files(tmp_path: Path, tree: RenderedTree) -> None:
    view = assemble(tmp_path / "out", tree, EXTRA, NOW)
    (view.path / "office_config.yaml").write_bytes(b"\xff\x00")
    (view.path / "docs/desk/README.md").unlink()
    (view.path / "docs/desk/README.md").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_text("untouched")
    (view.path / "odd name é.txt").write_text("x")
    post = view.path / "code/L9/post"
    (post / "controller.py").unlink()
    (post / "controller.py").mkdir()
    (post / "controller.py/inner.py").write_text("I = 1\n")
    texts = {artifact.path: artifact.text for artifact in tree.artifacts} | EXTRA
    (patch,) = restore(view.path, texts, view.edits(), tmp_path / "patches", NOW)
    kept = patch.with_suffix(".files")
    assert (kept / "office_config.yaml").read_bytes() == b"\xff\x00"
    assert (kept / "docs/desk/README.md").readlink() == tmp_path / "target"
    assert (kept / "odd name é.txt").read_text() == "x"
    assert "+I = 1" in patch.read_text()
    assert view.edits().none
    assert (tmp_path / "target").read_text() == "untouched"


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path, tree: RenderedTree) -> None:
    view = assemble(tmp_path / "out", tree, EXTRA, NOW)
    (view.path / "code").rename(tmp_path / "moved")
    (view.path / "code").symlink_to(tmp_path / "moved")
    before = snapshot(tmp_path / "moved")
    texts = {artifact.path: artifact.text for artifact in tree.artifacts} | EXTRA
    edits = view.edits()
    assert "code" in edits.extra
    restore(view.path, texts, edits, tmp_path / "patches", NOW)
    assert view.edits().none
    assert snapshot(tmp_path / "moved") == before


def test_a_second_holder_is_refused_and_told_who_holds(project: Project) -> None:
    with collection_lock(project, "office", "l9 extract office.yaml", NOW):
        refused = pytest.raises(LockedError, match=rf"process {os.getpid()} on .*l9 extract office.yaml")
        with refused, collection_lock(project, "office", "l9 up", NOW):
            pass
        with collection_lock(project, "other", "l9 up", NOW):
            pass
    with collection_lock(project, "office", "l9 up", NOW):
        pass
