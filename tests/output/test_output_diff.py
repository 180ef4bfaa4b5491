from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from l9stack.output.diff import compare, texts_below
from l9stack.output.merge import merge

TEXT = "".join(f"line {number}\n" for number in range(1, 11))


def changed(*pairs: tuple[str, str]) -> bytes:
    text = TEXT
    for old, new in pairs:
        text = text.replace(f"{old}\n", f"{new}\n" if new else "")
    return text.encode()


@pytest.mark.parametrize(
    ("before", "disk", "now", "state", "lines"),
    [
        (TEXT.encode(), changed(("line 2", "mine")), TEXT.encode(), "edited", []),
        (TEXT.encode(), None, TEXT.encode(), "edited", []),
        (None, b"mine\n", None, "edited", []),
        (TEXT.encode(), TEXT.encode(), changed(("line 2", "new")), "regenerated", []),
        (TEXT.encode(), TEXT.encode(), None, "regenerated", []),
        (None, None, b"new\n", "regenerated", []),
        (TEXT.encode(), changed(("line 2", "x")), changed(("line 2", "x")), "both-agree", []),
        (TEXT.encode(), None, None, "both-agree", []),
        (TEXT.encode(), changed(("line 2", "mine")), changed(("line 9", "new")), "both-merge", []),
        (TEXT.encode(), changed(("line 2", ""), ("line 9", "mine")), changed(("line 9", "new")), "both-conflict", [8]),
        (TEXT.encode(), None, changed(("line 2", "new")), "both-conflict", [1]),
        (None, b"mine\n", b"new\n", "both-conflict", [1]),
        (b"\xff\0a", b"\xff\0b", b"\xff\0c", "both-conflict", [1]),
    ],
)
def test_every_state_of_a_file(
    before: bytes | None, disk: bytes | None, now: bytes | None, state: str, lines: list[int]
) -> None:
    sides = [{"f.py": text} if text is not None else {} for text in (before, disk, now)]
    (found,) = compare(*sides, lambda _path: "desk")
    assert found.state == state
    assert [conflict.line for conflict in found.conflicts] == lines


def test_what_nobody_changed_is_not_named_and_the_rest_is_sorted_by_owner() -> None:
    texts = {"b/x": b"1\n", "a/y": b"1\n", "a/x": b"1\n"}
    found = compare(texts, texts | {"b/x": b"2\n", "a/x": b"3\n"}, texts, lambda path: {"a": "z", "b": "c"}[path[0]])
    assert [(diff.owner, diff.path) for diff in found] == [("c", "b/x"), ("z", "a/x")]


def test_a_patch_applies_and_counts_its_lines(tmp_path: Path) -> None:
    edit = changed(("line 2", "--- mine"), ("line 9", ""))
    (found,) = compare({"f.py": TEXT.encode()}, {"f.py": edit}, {"f.py": TEXT.encode()}, lambda _path: "desk")
    assert found.by_hand is not None
    assert (found.by_hand.added, found.by_hand.removed) == (1, 2)
    (tmp_path / "f.py").write_text(TEXT)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=found.by_hand.patch.encode(), check=True)
    assert (tmp_path / "f.py").read_bytes() == edit


def test_a_link_is_told_by_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "f.py").symlink_to("/etc/passwd")
    assert texts_below(tmp_path) == {"f.py": b"link to /etc/passwd\n"}


@pytest.mark.parametrize("marks", ["<<<<<<< a\n=======\n>>>>>>> b\n", "||||||| base\n"])
def test_markers_in_a_text_are_text(marks: str) -> None:
    base = f"{marks}{TEXT}{marks}".encode()
    mine, new = base.replace(b"line 2\n", b"mine\n"), base.replace(b"line 2\n", b"new\n")
    (conflict,) = merge(base, mine, new).conflicts
    assert mine.splitlines()[conflict.line - 1] == b"mine"
    assert conflict.text.splitlines()[1::2] == ["mine", "line 2", "new"]
    assert merge(base, mine, new, "mine").data == mine
    assert merge(base, mine, new, "new").data == new


def test_without_git_both_sides_are_one_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert shutil.which("git") is None
    found = merge(b"a\n", b"b\n", b"c\n")
    assert (found.data, [conflict.line for conflict in found.conflicts]) == (None, [1])
    assert "not installed" in found.conflicts[0].text


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\r\n", b"\xe2\x80\xa8\n"]), max_size=12).map(b"".join)


@settings(max_examples=80, deadline=None)
@given(base=LINES, mine=LINES, new=LINES)
def test_a_merge_is_one_side_or_says_where_it_is_none(base: bytes, mine: bytes, new: bytes) -> None:
    found = merge(base, mine, new)
    assert (found.data is None) == bool(found.conflicts)
    for conflict in found.conflicts:
        assert 1 <= conflict.line <= len(mine.splitlines()) + 1
    lines = set((mine + new).splitlines(keepends=True))
    for favour in ("mine", "new", None):
        data = merge(base, mine, new, favour).data  # type: ignore[arg-type]
        assert data is None or set(data.splitlines(keepends=True)) <= lines
    if mine == base:
        assert found.data == new
    if new == base:
        assert found.data == mine
