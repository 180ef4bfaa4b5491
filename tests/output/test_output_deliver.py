from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from l9stack.errors import InputError, LockedError
from l9stack.output.deliver import _locked, deliver
from l9stack.output.ledger import FOLDER, Ledger
from l9stack.output.merge import Favour
from l9stack.output.placing import Parcel
from tests.output import test_output_crash as crash

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
CODE, DOCS, SHARED = "L9/agents/desk/controller.py", "docs/desk/README.md", "tests/agents/conftest.py"


def parcel(files: Mapping[str, str], collection: str = "office") -> Parcel:
    data = {path: text.encode() for path, text in files.items()}
    return Parcel(collection, f"{collection}_1", "0" * 64, data, frozenset({SHARED}))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    return root


def texts(root: Path) -> dict[str, str]:
    """Every file that is not of the record."""
    found = (path for path in root.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_text() for path in sorted(found)}


def state(root: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


def actions(root: Path, new: Parcel, favour: Favour = None) -> dict[str, str]:
    return {step.path: step.action for step in deliver(root, new, favour).steps}


def problems(root: Path, new: Parcel) -> list[tuple[str, str, int]]:
    """What stands against a delivery, which then has changed nothing at all."""
    before = state(root)
    with pytest.raises(InputError) as caught:
        deliver(root, new)
    assert state(root) == before
    return [
        (item.code, item.place.file if item.place else "", item.place.line if item.place else 0)
        for item in caught.value.problems
    ]


def test_a_second_delivery_writes_nothing(checkout: Path) -> None:
    new = parcel({CODE: TEXT, DOCS: "# Desk\n"})
    assert deliver(checkout, new).changed
    assert texts(checkout) == {CODE: TEXT, DOCS: "# Desk\n"}
    before = state(checkout)
    again = deliver(checkout, new)
    assert not again.changed
    assert state(checkout) == before


def test_a_dry_run_has_the_same_plan_and_writes_nothing(checkout: Path) -> None:
    new = parcel({CODE: TEXT})
    planned = deliver(checkout, new, dry_run=True)
    assert list(checkout.iterdir()) == []
    assert (planned.changed, planned.steps) == (True, deliver(checkout, new).steps)


def test_each_side_alone_wins_and_both_are_merged(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT, DOCS: "a\n", "docs/desk/API.md": TEXT, "docs/desk/OLD.md": "o\n"}))
    (checkout / CODE).write_text(TEXT.replace("line 2\n", "mine\n"))
    (checkout / "docs/desk/API.md").write_text(TEXT.replace("line 19\n", "mine\n"))
    new = parcel({CODE: TEXT, DOCS: "b\n", "docs/desk/API.md": TEXT.replace("line 2\n", "new\n")})
    assert actions(checkout, new) == {
        CODE: "keep",
        DOCS: "update",
        "docs/desk/API.md": "merge",
        "docs/desk/OLD.md": "remove",
    }
    merged = TEXT.replace("line 19\n", "mine\n").replace("line 2\n", "new\n")
    assert texts(checkout) == {
        CODE: TEXT.replace("line 2\n", "mine\n"), DOCS: "b\n", "docs/desk/API.md": merged
    }  # fmt: skip
    assert not deliver(checkout, new).changed


def test_a_conflict_is_told_with_its_line_and_nothing_is_written(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT, DOCS: "a\n"}))
    mine = TEXT.replace("line 9\n", "mine 9\n").replace("line 2\n", "added\nline 2\n")
    (checkout / CODE).write_text(mine)
    (checkout / DOCS).unlink()
    new = parcel({CODE: TEXT.replace("line 9\n", "new 9\n").replace("line 19\n", "new 19\n"), DOCS: "b\n", "x.py": ""})
    assert problems(checkout, new) == [("merge-conflict", CODE, 10), ("merge-conflict", DOCS, 1)]
    assert mine.splitlines()[10 - 1] == "mine 9"
    keep = shutil.copytree(checkout, checkout.parent / "copy")
    deliver(checkout, new, "mine")
    assert texts(checkout) == {CODE: mine.replace("line 19\n", "new 19\n"), "x.py": ""}
    assert not deliver(checkout, new).changed
    deliver(keep, new, "new")
    assert "new 9\n" in texts(keep)[CODE]
    assert "added\n" in texts(keep)[CODE]
    assert texts(keep)[DOCS] == "b\n"


def test_what_was_there_before_is_not_ours(checkout: Path) -> None:
    (checkout / "docs").mkdir()
    (checkout / "docs/desk").write_text("a file\n")
    (checkout / "L9/agents/desk/controller.py").mkdir(parents=True)
    (checkout / "setup.py").write_text("theirs\n")
    (checkout / "same.py").write_text("same\n")
    new = parcel({CODE: TEXT, DOCS: "a\n", "setup.py": "ours\n", "same.py": "same\n"})
    assert problems(checkout, new) == [("in-the-way", CODE, 1), ("in-the-way", DOCS, 1), ("not-ours", "setup.py", 1)]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../x.py", "path-outside"), ("/etc/x", "path-outside"), ("link/x.py", "path-outside"),
        ("linked.py", "path-outside"), ("dangling", "path-outside"), (".git/hooks/pre-commit", "path-reserved"),
        ("a/.GIT/config", "path-reserved"), (f"{FOLDER}/office.json", "path-reserved"),
    ],
)  # fmt: skip
def test_nothing_leaves_the_checkout(checkout: Path, path: str, code: str) -> None:
    outside = checkout.parent / "outside"
    outside.mkdir()
    (outside / "file.py").write_text("theirs\n")
    (checkout / "link").symlink_to(outside)
    (checkout / "linked.py").symlink_to(outside / "file.py")
    (checkout / "dangling").symlink_to(outside / "none")
    before = state(outside)
    assert [code for code, _, _ in problems(checkout, parcel({"a.py": "a\n", path: "ours\n"}))] == [code]
    assert state(outside) == before


def test_a_hostile_record_removes_nothing(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT}))
    victim = checkout.parent / "victim"
    victim.write_text(TEXT)
    record = checkout / FOLDER / "office.json"
    record.write_text(record.read_text().replace(CODE, "../victim"))
    assert ("path-outside", "../victim", 1) in problems(checkout, parcel({"a.py": "a\n"}))
    assert victim.read_text() == TEXT
    record.write_text("{}")
    assert [code for code, _, _ in problems(checkout, parcel({CODE: TEXT}))] == ["bad-delivery-record"]
    shutil.rmtree(checkout / FOLDER)
    (checkout / FOLDER).symlink_to(checkout.parent)
    assert [code for code, _, _ in problems(checkout, parcel({CODE: TEXT}))] == ["path-outside"]


def test_stale_files_go_with_their_folders_and_changed_ones_stay(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT, "L9/agents/post/controller.py": "p\n", DOCS: "d\n"}))
    (checkout / "L9/agents/post/__pycache__").mkdir()
    (checkout / "L9/agents/post/__pycache__/controller.cpython-311.pyc").write_bytes(b"x")
    (checkout / DOCS).write_text("mine\n")
    done = deliver(checkout, parcel({CODE: TEXT}))
    assert {step.path: step.action for step in done.steps if step.action != "same"} == {
        DOCS: "keep",
        "L9/agents/post/controller.py": "remove",
    }
    assert sorted(path.name for path in (checkout / "L9/agents").iterdir()) == ["desk"]
    assert (checkout / DOCS).read_text() == "mine\n"
    assert not deliver(checkout, parcel({CODE: TEXT})).changed


def test_two_collections_share_what_is_shared_and_nothing_else(checkout: Path) -> None:
    depot = "L9/agents/depot/controller.py"
    office, store = {CODE: TEXT, SHARED: "v1\n"}, {depot: TEXT, SHARED: "v1\n"}
    deliver(checkout, parcel(office))
    deliver(checkout, parcel(store, "store"))
    # A later generator brings another shared file, by one of them first; the other one does not bring the old one back.
    assert actions(checkout, parcel(store | {SHARED: "v2\n"}, "store"))[SHARED] == "update"
    assert not deliver(checkout, parcel(office)).changed
    assert not deliver(checkout, parcel(store | {SHARED: "v2\n"}, "store")).changed
    assert actions(checkout, parcel(office | {SHARED: "v3\n"}))[SHARED] == "update"
    # What only one of them has no more is still the other's.
    deliver(checkout, parcel({CODE: TEXT}))
    assert (checkout / SHARED).read_text() == "v3\n"
    clash = parcel({depot: "theirs\n", CODE: TEXT})
    assert problems(checkout, clash) == [("other-collection", depot, 1)]


def test_one_delivery_at_a_time(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT}))
    with _locked(checkout / FOLDER), pytest.raises(LockedError, match="another delivery"):
        deliver(checkout, parcel({CODE: "other\n"}))


@pytest.mark.parametrize("failing", [0, 3, 6])
def test_a_full_disk_changes_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    deliver(checkout, parcel({CODE: TEXT, DOCS: "a\n"}))
    before, real, count = texts(checkout), os.fsync, itertools.count()

    def full(descriptor: int) -> None:
        if next(count) == failing:  # of the kept text, the note, the staged files
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        deliver(checkout, parcel({CODE: "b\n", DOCS: "b\n"}))
    monkeypatch.undo()
    assert texts(checkout) == before
    assert actions(checkout, parcel({CODE: "b\n", DOCS: "b\n"})) == {CODE: "update", DOCS: "update"}


def test_a_file_keeps_its_mode(checkout: Path) -> None:
    deliver(checkout, parcel({CODE: TEXT}))
    (checkout / CODE).chmod(0o755)
    deliver(checkout, parcel({CODE: "new\n"}))
    assert (checkout / CODE).stat().st_mode & 0o777 == 0o755


def scene(root: Path) -> tuple[Parcel, Parcel, dict[str, str]]:
    """A checkout with an edit, what is delivered next and after that, and the texts that the first one has to give."""
    root.mkdir()
    deliver(root, parcel({CODE: TEXT, DOCS: "a\n", "docs/desk/OLD.md": "o\n", "docs/desk/API.md": TEXT}))
    (root / CODE).write_text(TEXT.replace("line 2\n", "mine\n"))
    more = {f"L9/agents/desk/part_{number}.py": f"N = {number}\n" for number in range(2)}
    first = {CODE: TEXT.replace("line 19\n", "new\n"), DOCS: "b\n", "docs/desk/API.md": TEXT, **more}
    second = {**first, DOCS: "c\n", "L9/agents/desk/part_0.py": "N = 10\n"}
    wanted = {**first, CODE: TEXT.replace("line 2\n", "mine\n").replace("line 19\n", "new\n")}
    return parcel(first), parcel(second), wanted


@pytest.mark.parametrize(("then", "step"), [("the same", 1), ("another", 1), ("another, killed too", 4)])
def test_a_delivery_killed_anywhere_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, step: int
) -> None:
    monkeypatch.setattr(crash, "BOUNDARIES", (*crash.BOUNDARIES, "unlink", "rmdir"))
    first, second, promised = scene(tmp_path / "scene")
    deaths = 0
    for call in itertools.count(1, step):
        root, wanted = shutil.copytree(tmp_path / "scene", tmp_path / str(call)), promised
        before = texts(root)
        died = crash.killed(call, lambda r=root, p=first: deliver(r, p))  # type: ignore[misc]
        deaths += died
        # Each file is wholly old or wholly new.
        for path, text in texts(root).items():
            assert text in (before.get(path), wanted.get(path)), path
        if then != "the same":
            wanted = {**wanted, DOCS: "c\n", "L9/agents/desk/part_0.py": "N = 10\n"}
        if then == "another, killed too":
            crash.killed(3 * call % 90, lambda r=root, p=second: deliver(r, p))  # type: ignore[misc]
        last = first if then == "the same" else second
        deliver(root, last)
        assert texts(root) == wanted
        assert not deliver(root, last).changed
        assert sorted(path.name for path in (root / FOLDER).iterdir()) == ["base", "office.json"]
        ledger = Ledger(root)
        assert {path.name for path in (root / FOLDER / "base").iterdir()} == set(
            ledger.records()["office"].files.values()
        )
        shutil.rmtree(root)
        if not died:
            break
    assert deaths > 60 / step


LINES = st.lists(st.sampled_from("abcde"), max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.tuples(LINES, st.none() | LINES), min_size=1, max_size=5))
def test_whatever_happens_a_hand_edit_is_never_lost(
    tmp_path_factory: pytest.TempPathFactory, versions: list[tuple[str, str | None]]
) -> None:
    """After each delivery the file is what both sides say, or the delivery was refused and it is as it was."""
    root = tmp_path_factory.mktemp("checkout")
    base: str | None = None
    for new, edit in versions:
        if edit is not None and base is not None:
            (root / "f.py").write_text(edit)
        disk = (root / "f.py").read_text() if (root / "f.py").exists() else None
        try:
            deliver(root, parcel({"f.py": new}))
        except InputError as error:
            assert {problem.code for problem in error.problems} == {"merge-conflict"}
            assert disk not in (base, new)
            assert (root / "f.py").read_text() == disk
            continue
        now = (root / "f.py").read_text()
        if disk in (base, new):
            assert now == new
        elif new == base:
            assert now == disk
        base = new
        assert not deliver(root, parcel({"f.py": new})).changed
        assert (root / "f.py").read_text() == now
