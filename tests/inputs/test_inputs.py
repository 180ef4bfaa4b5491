"""Inputs are one value: read at one moment, and what every later stage speaks of, whatever becomes of the files."""

from __future__ import annotations

import json
import os
import shutil
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from l9stack.errors import InputError
from l9stack.evidence.verify import verify
from l9stack.extraction import measurement, prove
from l9stack.extraction.extract import extract, find_published
from l9stack.extraction.input_store import keep_inputs, kept_inputs
from l9stack.extraction.last_extraction import last_extraction
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.extraction.servers import GateServers
from l9stack.inputs import Inputs, files
from l9stack.inputs.files import FileLimits, InputFile, ReadAttempt
from l9stack.project import Project
from l9stack.releases.snapshots import Snapshots
from tests.chaos.conftest import NOW, measured
from tests.chaos.edits import COLLECTION, REPOSITORY, texts

_OPENED: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _OPENED is not None and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        _OPENED.append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_hook)  # it cannot be removed: it notes nothing but while a test asks for it


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Every path that this process opens from now on."""
    global _OPENED
    _OPENED = []
    yield _OPENED
    _OPENED = None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    shutil.copytree(REPOSITORY / "templates" / "meta", root / "templates" / "meta")
    shutil.copytree(REPOSITORY / "templates" / "glue", root / "templates" / "glue")
    (root / "Pulumi.yaml").write_text("name: l9stack\n")
    write(root, "first")
    return Project(root)


def write(root: Path, version: str) -> None:
    for name, text in texts(version, edited=False).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def read(project: Project) -> Inputs:
    return Inputs.read(project, project.root / COLLECTION)


def attested(folder: Path) -> dict[str, str]:
    statement = json.loads(b64decode(json.loads((folder / "attestation.dsse.json").read_bytes())["payload"]))
    return {item["name"]: item["digest"]["sha256"] for item in statement["predicate"]["inputs"]}


def quiet(_message: str) -> None: ...


def test_no_input_is_opened_after_it_was_read(project: Project, opened: list[str], tmp_path: Path) -> None:
    """Nor could it be: they are gone while gates run, in this process and in those of the tests."""
    inputs = read(project)
    places = [str(project.root / COLLECTION), str(project.root / "templates")]
    assert [path for path in opened if path.startswith(tuple(places))]
    opened.clear()
    for place in places:
        shutil.move(place, f"{place}-gone")
    done = extract(inputs, tmp_path / "out", quiet, jobs=2)
    assert [path for path in opened if path.startswith(tuple(places))] == []
    assert done.evidence is not None and verify(done.folder, project).ok
    assert attested(done.folder) == dict(inputs.materials)
    own = done.evidence.tests
    assert own.unit_passed and not own.unit_failed
    for place in places:
        shutil.move(f"{place}-gone", place)
    assert extract(read(project), tmp_path / "out", quiet).reused


def test_an_edit_while_gates_run_is_not_what_is_signed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = read(project)

    def edited(prepared: PreparedCollection, *_arguments: Any, **_options: Any) -> measurement.Measurement:
        write(project.root, "second")
        return measured(prepared)

    monkeypatch.setattr(measurement, "measure", edited)
    prepared = prepare(inputs)
    with GateServers(project, quiet, 1) as grounds:
        view, _ = prove.prove_and_publish(prepared, tmp_path / "out", quiet, NOW, grounds)
    assert attested(view.path) == dict(inputs.materials)
    report = (view.path / "evidence_report.md").read_text()
    for name, digest in inputs.collection.items():
        assert f"| `{name}` | `{digest}` |" in report
    now = read(project)
    assert now.digest != inputs.digest and find_published(now, tmp_path / "out") is None
    changed = last_extraction(now.path, project, None, None).changed_inputs()
    assert {change.name for change in changed} == {
        name.removeprefix(f"{COLLECTION}/") for name in texts("second", edited=False)
    }


def test_a_save_after_reading_leaves_no_tree_under_another_digest(project: Project) -> None:
    """Once, what was read before the save was remembered under the digest of what lay there after it."""
    inputs = read(project)
    write(project.root, "second")
    prepared = prepare(inputs)
    prepared.stored()
    second = prepare(read(project))
    assert second.tree.digest != prepared.tree.digest
    second.stored()
    write(project.root, "first")
    assert read(project).digest == inputs.digest
    assert prepare(read(project)).tree == prepared.tree


def test_a_save_while_files_are_read_is_wholly_in_or_not_at_all(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several files are saved one after another, the first of them after it was read."""
    whole, saves = ReadAttempt.file, ["second", "third"]

    def read_file(self: ReadAttempt, path: Path, name: str, limits: FileLimits) -> InputFile:
        found = whole(self, path, name, limits)
        if name == "glue.yaml" and saves:
            write(project.root, saves.pop(0))
        return found

    monkeypatch.setattr(ReadAttempt, "file", read_file)
    inputs = read(project)
    assert saves == []
    write(project.root, "third")
    monkeypatch.undo()
    assert inputs.digest == read(project).digest


def test_inputs_that_change_all_the_time_are_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, count = ReadAttempt.file, iter(range(10_000))

    def read_file(self: ReadAttempt, path: Path, name: str, limits: FileLimits) -> InputFile:
        if name == "glue.yaml":
            path.write_text(f"# {next(count)}\n")
        return whole(self, path, name, limits)

    monkeypatch.setattr(ReadAttempt, "file", read_file)
    monkeypatch.setattr(files, "_ATTEMPTS", 5)
    with pytest.raises(InputError) as refused:
        read(project)
    assert [problem.code for problem in refused.value.problems] == ["inputs-changing"]


@pytest.mark.parametrize("name", sorted(texts("", edited=False)))
def test_every_input_is_in_the_digest_and_among_the_materials(project: Project, name: str) -> None:
    before = read(project)
    file = project.root / name
    file.write_text(f"{file.read_text()}\n")
    after = read(project)
    shown = name.removeprefix(f"{COLLECTION}/")
    assert after.digest != before.digest
    assert {key for key, digest in after.materials.items() if before.materials[key] != digest} == {shown}


def test_what_was_kept_is_read_again_whatever_lies_there_now(project: Project) -> None:
    inputs = read(project)
    digest = keep_inputs(inputs)
    shutil.rmtree(inputs.path)
    shutil.rmtree(project.root / "templates")
    again = kept_inputs(project, digest, inputs.path, {})
    assert (again.digest, again.path, again.root, again.name) == (inputs.digest, inputs.path, inputs.root, COLLECTION)
    assert prepare(again).tree == prepare(inputs).tree
    with pytest.raises(InputError, match="store-entry"):
        kept_inputs(project, digest[::-1], inputs.path, {})


def test_a_single_file_is_kept_with_all_that_lies_beside_it(project: Project) -> None:
    (project.root / "desk.yaml").write_text(texts("one", edited=False)[f"{COLLECTION}/more.yaml"])
    (project.root / "desk.answers.yaml").write_text("settings: {logging.level: DEBUG}\n")
    (project.root / "desk.requirements.txt").write_text("")
    (project.root / "implementations").mkdir()
    (project.root / "implementations" / "own.py").write_text("")
    (project.root / "desk.templates" / "modules").mkdir(parents=True)
    (project.root / "desk.templates" / "modules" / "config.py.j2").write_text('"""Ours."""\n')
    inputs = Inputs.read(project, project.root / "desk.yaml")
    assert set(inputs.collection) == {
        *("desk.yaml", "desk.answers.yaml", "desk.requirements.txt"),
        *("implementations/own.py", "templates/modules/config.py.j2"),
    }
    assert kept_inputs(project, keep_inputs(inputs), inputs.path, {}).digest == inputs.digest
    kept = Snapshots(project).keep(prepare(inputs))
    assert Snapshots(project).inputs(kept, {}).digest == inputs.digest


def test_the_users_code_is_imported_as_it_was_read(project: Project) -> None:
    prepared = prepare(read(project))
    own = prepared.implementations
    assert own is not None and own.is_relative_to(project.store)
    shutil.rmtree(project.root / COLLECTION / "implementations")
    assert prepared.implementations == own
    assert (own / "office" / "table.json").read_text() == texts("first", edited=False)[
        f"{COLLECTION}/implementations/office/table.json"
    ]


@pytest.mark.parametrize(
    ("link", "to", "code"),
    [
        ("away.py", "../../Pulumi.yaml", "link-outside"),
        ("lost.py", "nowhere.py", "unreadable"),
        ("folder", "office", "no-plain-file"),
    ],
)
def test_what_cannot_be_kept_of_the_users_code_is_told(project: Project, link: str, to: str, code: str) -> None:
    (project.root / COLLECTION / "implementations" / link).symlink_to(to)
    with pytest.raises(InputError) as refused:
        prepare(read(project))
    errors = [problem for problem in refused.value.problems if problem.level == "error"]
    assert [(problem.code, str(problem.place)) for problem in errors] == [(code, f"implementations/{link}:1:1")]


def test_a_link_within_the_users_code_and_its_caches_are_no_mistake(project: Project) -> None:
    own = project.root / COLLECTION / "implementations"
    before = read(project)
    (own / "__pycache__").mkdir()
    (own / "__pycache__" / "letters.pyc").write_bytes(b"\0")
    (own / ".hidden").write_text("an editor's")
    assert read(project).digest == before.digest
    (own / "same.py").symlink_to("office/letters.py")
    assert (
        prepare(read(project)).inputs.own_code["implementations/same.py"]
        == before.own_code["implementations/office/letters.py"]
    )


def test_what_editors_and_file_systems_hide_among_schemas_is_nobodys_schema(project: Project) -> None:
    before = read(project)
    folder = project.root / COLLECTION
    (folder / ".#desk.yaml").symlink_to("me@here.4711")
    (folder / "._desk.yaml").write_bytes(b"\x00\x05\x16\x07")
    (folder / ".desk.yaml").write_text("system: [")
    assert read(project).digest == before.digest
