"""Releases: kept by digest, intact or none, and rendered to what was proven or not at all."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from l9stack.errors import InputError
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.files import files_below
from l9stack.inputs import Inputs
from l9stack.model.release import DeployedRelease, Release
from l9stack.project import Project
from l9stack.releases import preparation
from l9stack.releases.archives import export_release, import_release
from l9stack.releases.history import changed_agents, current_line, earlier_release
from l9stack.releases.preparation import prepare_release
from l9stack.releases.snapshots import Snapshot, Snapshots, release_digest, release_of

GOLDEN = Path(__file__).parents[1] / "golden"
SETTINGS = {"logging.level": "DEBUG"}


def project_at(root: Path) -> Project:
    """A project with meta templates of its own, and a collection with the user's own functions."""
    shutil.copytree(Path(__file__).parents[2] / "templates" / "meta", root / "templates" / "meta")
    shutil.copytree(
        GOLDEN / "every_behaviour",
        root / "desk",
        ignore=shutil.ignore_patterns("expected", "digests.txt", "__pycache__"),
    )
    (root / "Pulumi.yaml").write_text("name: l9stack\n")
    return Project(root.resolve())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_at(tmp_path / "here")


@pytest.fixture
def kept(project: Project) -> Snapshot:
    prepared = desk(project)
    prepared.stored()
    return Snapshots(project).keep(prepared)


def desk(project: Project) -> PreparedCollection:
    return prepare(Inputs.read(project, project.root / "desk", settings=SETTINGS))


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "# edited\n")


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_a_release_is_prepared_as_it_was_whatever_the_working_files_are_now(project: Project, kept: Snapshot) -> None:
    made = desk(project)
    own_code = made.inputs.own_code
    shutil.rmtree(project.root / "desk")
    shutil.rmtree(project.root / "templates")
    again = prepare_release(project, kept.digest, SETTINGS)
    assert again.tree == made.tree and again.inputs.digest == made.inputs.digest
    assert again.inputs.own_code == own_code != {}
    assert release_digest(release_of(again)) == kept.digest


def test_every_input_is_in_the_digest(project: Project, kept: Snapshot) -> None:
    names = set(kept.release.files)
    assert {"collection/desk/implementations/toll/__init__.py", "templates/meta/meta.codegen.schema.yaml"} <= names
    # The project has no glue of its own: it is l9stack's, which no test changes.
    for name in sorted(name for name in names if not name.startswith("templates/glue/")):
        file = project.root / name.removeprefix("collection/")
        text = file.read_bytes()
        edit(file)
        assert release_digest(release_of(desk(project))) != kept.digest, file
        file.write_bytes(text)
    assert release_digest(release_of(desk(project))) == kept.digest
    other = prepare(desk(project).inputs.with_settings({}))
    assert release_digest(release_of(other)) != kept.digest


def test_a_stack_has_its_own_settings_and_the_proof_has_those_it_was_made_with(
    project: Project, kept: Snapshot
) -> None:
    other = prepare_release(project, kept.digest, {"logging.level": "ERROR"})
    assert other.tree.digest != kept.release.tree
    assert "ERROR" in next(item.text for item in other.tree.artifacts if item.path.endswith("_config.yaml"))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda folder: edit(folder / "inputs/collection/desk/implementations/toll/__init__.py"),
        lambda folder: edit(folder / "inputs/templates/meta/meta.codegen.schema.yaml"),
        lambda folder: (folder / "inputs/collection/desk/more.yaml").write_text("system: More\n"),
        lambda folder: next((folder / "inputs/collection/desk").glob("*.yaml")).unlink(),
        lambda folder: edit(folder / "release.json"),
        lambda folder: (folder / "release.json").write_text(
            (folder / "release.json").read_text().replace('"l9stack":"', '"l9stack":"9')
        ),
        lambda folder: (folder / "release.json").unlink(),
        lambda folder: (
            (folder / "inputs/collection/desk/x.yaml").write_text("x"),
            (folder / "inputs/collection/desk/x.yaml").unlink(),
            shutil.move(folder / "inputs/templates", folder / "elsewhere"),
            (folder / "inputs/templates").symlink_to(folder / "elsewhere"),
        ),
    ],
)
def test_a_release_that_was_tampered_with_is_refused(
    project: Project, kept: Snapshot, tamper: Callable[[Path], object]
) -> None:
    tamper(project.releases / kept.digest)
    with pytest.raises(InputError) as refused:
        prepare_release(project, kept.digest, SETTINGS)
    assert codes(refused) == ["release-changed"]
    # From the working files it is made again: they are what was asked for.
    assert Snapshots(project).keep(desk(project)).digest == kept.digest
    assert prepare_release(project, kept.digest, SETTINGS).tree.digest == kept.release.tree


def test_another_generator_is_refused_and_the_one_that_made_it_is_named(
    project: Project, kept: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(inputs: Inputs) -> PreparedCollection:
        made = prepare(inputs)
        first = made.tree.artifacts[0]
        artifacts = (first.model_copy(update={"text": first.text + "# newer\n"}), *made.tree.artifacts[1:])
        return replace(made, tree=made.tree.model_copy(update={"artifacts": artifacts}))

    monkeypatch.setattr(preparation, "prepare", newer)
    monkeypatch.setattr(preparation, "__version__", "99.0")
    with pytest.raises(InputError) as refused:
        prepare_release(project, kept.digest, SETTINGS)
    assert codes(refused) == ["release-renders-otherwise"]
    assert f"l9stack {kept.release.l9stack}" in str(refused.value) and "99.0" in str(refused.value)


def test_a_collection_that_is_edited_while_it_is_deployed_is_released_as_it_was_read(project: Project) -> None:
    prepared = desk(project)
    schema = next((project.root / "desk").glob("*.yaml"))
    before = schema.read_bytes()
    edit(schema)
    shutil.rmtree(project.root / "desk" / "implementations")
    kept = Snapshots(project).keep(prepared)
    assert (kept.path / schema.name).read_bytes() == before
    assert prepare_release(project, kept.digest, SETTINGS).inputs.materials == prepared.inputs.materials


def test_a_release_is_found_by_its_first_digits(project: Project, kept: Snapshot) -> None:
    assert Snapshots(project).find(kept.digest[:8]) == kept
    for short in (kept.digest[:7], "0" * 64, "zzzzzzzz", "../../..", ""):
        with pytest.raises(InputError) as refused:
            Snapshots(project).find(short)
        assert codes(refused) == ["no-release"]


def test_a_release_travels_between_machines_as_one_file(project: Project, kept: Snapshot, tmp_path: Path) -> None:
    export_release(project, kept.digest[:12], tmp_path / "one.tgz")
    export_release(project, kept.digest, tmp_path / "two.tgz")
    assert (tmp_path / "one.tgz").read_bytes() == (tmp_path / "two.tgz").read_bytes()
    there = Project(tmp_path / "there")
    assert import_release(there, tmp_path / "one.tgz").digest == kept.digest
    assert prepare_release(there, kept.digest, SETTINGS).tree.digest == kept.release.tree
    assert import_release(there, tmp_path / "two.tgz").digest == kept.digest


@pytest.mark.parametrize(
    ("hostile", "code"),
    [
        ({"release.json": b"{}"}, "bad-release"),
        ({"release.json": b"not json"}, "bad-release"),
        ({}, "bad-release"),
        ({"../../outside.yaml": b"x"}, "path-outside"),
        ({"/tmp/outside.yaml": b"x"}, "path-outside"),
        ({"inputs/collection/desk/more.yaml": b"x"}, "release-changed"),
        ({"inputs/collection/desk/link.yaml": None}, "bad-release"),
        (b"no archive", "bad-release"),
    ],
)
def test_a_file_that_holds_no_intact_release_leaves_nothing(
    project: Project, kept: Snapshot, tmp_path: Path, hostile: dict[str, bytes | None] | bytes, code: str
) -> None:
    file = tmp_path / "hostile.tgz"
    if isinstance(hostile, bytes):
        file.write_bytes(hostile)
    else:
        with tarfile.open(file, "w:gz") as archive:
            if "release.json" not in hostile and hostile:
                for name in files_below(project.releases / kept.digest):
                    archive.add(project.releases / kept.digest / name, name)
            for name, data in hostile.items():
                entry = tarfile.TarInfo(name)
                if data is None:
                    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
                entry.size = len(data or b"")
                archive.addfile(entry, BytesIO(data or b""))
    there = Project(tmp_path / "there")
    with pytest.raises(InputError) as refused:
        import_release(there, file)
    assert codes(refused) == [code]
    assert not (tmp_path / "outside.yaml").exists()
    assert [path for path in there.releases.glob("*") if path.name != ".tmp"] == []


def entries(names: str) -> list[DeployedRelease]:
    return [
        DeployedRelease(release=name, tree="", at=str(number), by="", l9stack="", gates="", evidence="")
        for number, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("history", "steps", "failed", "to"),
    [
        ("ab", 1, False, "a"),
        ("ab", 1, True, "b"),
        ("abc", 2, False, "a"),
        ("aba", 1, False, None),
        ("abac", 1, False, "a"),
        ("abab", 1, False, "a"),
        ("abcb", 1, False, "a"),
        ("a", 1, False, None),
        ("a", 1, True, "a"),
        ("", 1, True, None),
    ],
)
def test_back_is_what_ran_before_and_a_return_forgets_what_it_undid(
    history: str, steps: int, failed: bool, to: str | None
) -> None:
    if to is not None:
        assert earlier_release(entries(history), steps, failed=failed).release == to
        return
    with pytest.raises(InputError) as refused:
        earlier_release(entries(history), steps, failed=failed)
    assert codes(refused) == ["no-release-before"]


@given(st.text("abcd", max_size=12))
def test_a_lineage_ends_with_what_runs_and_has_nothing_twice(history: str) -> None:
    line = [entry.release for entry in current_line(entries(history))]
    assert line[-1:] == list(history[-1:])
    assert len(set(line)) == len(line) and set(line) <= set(history)
    # Each return leads down this line, so that going back again and again ends at the first release.
    walked = history
    for expected in reversed(line[:-1]):
        walked += earlier_release(entries(walked), 1, failed=False).release
        assert walked[-1] == expected


def test_what_changed_is_told_by_agent() -> None:
    def of(**parts: str) -> Release:
        return Release(collection="c", path="c", files={}, settings={}, tree="", parts=parts, l9stack="1")

    assert changed_agents(of(a="1", b="1", c="1"), of(b="2", c="1", d="1")) == ["-a", "b", "+d"]
    assert changed_agents(None, of(a="1")) == ["+a"]
