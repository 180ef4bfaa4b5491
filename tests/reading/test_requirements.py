"""A collection's lock of third-party packages: what is locked, and what is told of what is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.extraction.packages import packages_of
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.reading.requirements import read_lock

REPOSITORY = Path(__file__).parents[2]
AGENTS_LOCK = "l9stack/agent/requirements.txt"
HASH = f"--hash=sha256:{'a' * 64}"


def lock(folder: Path, text: str) -> Path:
    file = folder / "requirements.txt"
    file.write_text(text)
    return file


def test_locks_as_tools_write_them_are_read(tmp_path: Path) -> None:
    text = (
        f"# by uv\nHumanize==4.12.1 \\\n    {HASH} \\\n    --hash=sha512:{'b' * 128}\n    # via -r requirements.in\n\n"
        f'zope.interface[test]==8.0 ; python_version >= "3.11" {HASH}  # why\n'
    )
    pins = read_lock(lock(tmp_path, text).read_bytes(), "requirements.txt")
    assert [(pin.name, pin.version, str(pin.place)) for pin in pins] == [
        ("humanize", "4.12.1", "requirements.txt:2:1"),
        ("zope-interface", "8.0", "requirements.txt:7:1"),
    ]


@pytest.mark.parametrize("name", ["requirements.lock", AGENTS_LOCK])
def test_our_own_locks_are_locks(name: str) -> None:
    text = (REPOSITORY / name).read_text()
    assert len(read_lock(text.encode(), name)) == text.count("==") - text.count(" == ")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (f"humanize>=4 {HASH}", "requirements.txt:2:3: not-locked: humanize>=4 names no version by `==`"),
        ("humanize==4.12.1", "humanize==4.12.1 has no hash"),
        ("humanize==4.12.1 --hash=md5:00", "humanize==4.12.1: --hash=md5:00 is no SHA-2 hash"),
        ("-r more.txt", "-r more.txt: options are not followed"),
        ("--index-url https://user:word@host/", "options are not followed"),
        (f"humanize @ https://host/humanize.whl {HASH}", "names no version"),
        (f"pydantic==1.10.2 {HASH}", "requirements.txt:2:1: packages-clash: agents use pydantic"),
    ],
)
def test_what_is_not_locked_is_refused_with_its_place_and_what_to_do(tmp_path: Path, entry: str, expected: str) -> None:
    indent = "  " if ":2:3:" in expected else ""
    lock(tmp_path, f"# ours\n{indent}{entry}\n")
    with pytest.raises(InputError) as refused:
        packages_of(Inputs.read(Project(tmp_path), tmp_path).contents.lock)
    assert expected in str(refused.value) and "uv pip compile" in refused.value.problems[0].hint


def test_a_lock_is_told_of_with_all_other_problems_and_is_part_of_the_input(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\nruntime: python\n")
    desk = tmp_path / "input_schemas" / "claims_desk"
    shutil.copytree(REPOSITORY / "input_schemas" / "claims_desk", desk)
    project = Project(tmp_path)
    without = prepare(Inputs.read(project, desk))
    assert without.packages is None
    lock(desk, f"humanize==4.12.1 {HASH}\n")
    locked = prepare(Inputs.read(project, desk))
    assert locked.packages is not None and locked.packages.name == "requirements.txt"
    assert locked.inputs.digest != without.inputs.digest and locked.tree.digest == without.tree.digest
    lock(desk, "humanize\n")
    schema = desk / "agents.yaml"
    schema.write_text(schema.read_text().replace("rootpath:", "rootpath: [", 1))
    with pytest.raises(InputError) as refused:
        prepare(Inputs.read(project, desk))
    assert {"not-locked"} < {problem.code for problem in refused.value.problems}
