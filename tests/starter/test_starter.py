"""What `l9 init` writes: a project that is valid as it is, and never over a file that is there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.files import digests_below
from l9stack.reading.stack import keeps_no_secret, read_stack, stack_names

REPOSITORY = Path(__file__).parents[2]
COLLECTION = "input_schemas/bookings"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which commands run."""
    root = tmp_path / "eatery"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def test_the_small_collection_is_valid_without_a_note_or_a_question(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["init"]) == 0
    capsys.readouterr()
    assert main(["validate", COLLECTION]) == 0
    said = capsys.readouterr()
    assert said.out == "bookings: 2 agents, 3 operations (3 bound, 0 unbound), 0 questions, 0 notes. Valid.\n"
    assert said.err == ""


def test_the_tests_of_its_function_pass(folder: Path):
    main(["init"])
    tests = folder / COLLECTION / "implementations" / "tests"
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", str(tests)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_stack_has_the_collection_and_dev_keeps_no_secret(folder: Path):
    main(["init"])
    assert stack_names(folder) == ["dev", "prod", "staging"]
    assert {read_stack(folder, stack).collection for stack in stack_names(folder)} == {COLLECTION}
    assert [stack for stack in stack_names(folder) if keeps_no_secret(folder, stack)] == ["dev"]
    assert (folder / "Pulumi.yaml").read_text().startswith("name: eatery\n")


def test_what_is_shown_and_what_scripts_get_agree(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["init", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert sorted(told["made"]) == sorted(digests_below(folder))
    assert (told["project"], told["collection"], told["kept"]) == (str(folder), COLLECTION, [])
    assert told["next"][-1] == "l9 up"


def test_a_folder_that_is_not_there_is_made_and_entered(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["init", "my shop"]) == 0
    assert f"next:\n  cd '{folder}/my shop'\n" in capsys.readouterr().out
    assert (folder / "my shop" / "Pulumi.yaml").read_text().startswith("name: my_shop\n")


def test_a_second_time_says_that_there_is_a_project_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    main(["init"])
    (folder / "README.md").unlink()
    before = digests_below(folder)
    assert main(["init"]) == 1
    assert "project-exists" in capsys.readouterr().err
    assert digests_below(folder) == before


def test_files_that_serve_people_stay_as_they_are_and_are_named(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "README.md").write_text("mine\n")
    (folder / ".gitignore").write_text("*.log\n/.l9/\n")
    assert main(["init"]) == 0
    said = capsys.readouterr().out
    assert (folder / "README.md").read_text() == "mine\n"
    assert "README.md was there already" in said
    lacking = said.partition(".gitignore lacks these lines")[2].partition("next:")[0]
    assert "  /extractions/\n" in lacking
    assert "  .l9/" not in lacking


@pytest.mark.parametrize("name", ["__main__.py", f"{COLLECTION}/glue.yaml", "Pulumi.prod.yaml"])
def test_a_file_that_the_engine_needs_is_in_the_way_of_all(folder: Path, name: str, capsys: pytest.CaptureFixture[str]):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine\n")
    assert main(["init"]) == 1
    assert f"file-exists: {name} is there already" in capsys.readouterr().err
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]


def test_a_folder_that_cannot_be_written_is_told(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "file").write_text("")
    assert main(["init", "file"]) == 1
    assert "not-written" in capsys.readouterr().err


def test_the_clone_is_the_project_that_the_example_makes(folder: Path):
    assert main(["init", "--example"]) == 0
    desk = "input_schemas/claims_desk"
    assert digests_below(folder / desk) == digests_below(REPOSITORY / desk)
    for name in ("__main__.py", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"):
        assert (folder / name).read_bytes() == (REPOSITORY / name).read_bytes()
    own = (REPOSITORY / "Pulumi.yaml").read_text()
    assert (folder / "Pulumi.yaml").read_text() == own.replace("name: l9stack", "name: eatery")
