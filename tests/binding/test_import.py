"""`l9 import`: what somebody else wrote is checked as text, proven by the gates, and kept as an input."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from l9stack.errors import GateError
from l9stack.evidence.extraction_manifest import extraction_manifest
from l9stack.evidence.records import Provenance, RunResults, build_evidence
from l9stack.extraction import importing
from l9stack.extraction.extract import PublishedExtraction
from l9stack.extraction.prepare import prepare
from l9stack.gates.locked_plan import locked_plan
from l9stack.inputs import Inputs
from l9stack.model.evidence import TestCounts
from l9stack.project import Project

LETTERS = "L9/agents/desk/letters.py"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def generated(office: Path) -> str:
    artifacts = {a.path: a.text for a in prepare(Inputs.read(Project(office.parent), office)).tree.artifacts}
    return artifacts[f"code/{LETTERS}"]


@pytest.fixture
def written(office: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an author hands over: the generated module with another docstring, laid out below its rootpath."""
    folder = tmp_path_factory.mktemp("written")
    file = folder / LETTERS
    file.parent.mkdir(parents=True)
    file.write_text('"""Letters, as another author sees them."""\n' + generated(office).partition("\n")[2])
    return folder


@pytest.fixture
def proving(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Extractions that were asked for, none of which runs; an entry `fails` makes the next one fail at a gate."""
    asked: list[str] = []

    def extract(inputs, output, progress):
        digest = prepare(inputs).tree.digest
        if "fails" in asked:
            raise GateError(())
        asked.append(digest)
        return PublishedExtraction(output, False, digest, "office", None)

    monkeypatch.setattr(importing, "extract", extract)
    return asked


def test_an_imported_module_is_in_every_later_tree_word_for_word_and_marked(office, l9, written, proving, capsys):
    before = prepare(Inputs.read(Project(office.parent), office))
    assert l9("import", str(written), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["modules"] == [LETTERS]
    assert Path(said["kept"]) == office.parent / "office.imported"

    after = prepare(Inputs.read(Project(office.parent), office))
    assert proving == [after.tree.digest]
    assert after.inputs.digest != before.inputs.digest
    assert generated(office) == (written / LETTERS).read_text()
    changed = {a.path for a in after.tree.artifacts} ^ {a.path for a in before.tree.artifacts}
    assert not changed
    manifest = json.loads(next(a.text for a in after.tree.artifacts if a.path == "manifests/desk.json"))
    assert manifest["imported"] == [f"code/{LETTERS}"]
    todo = locked_plan(after.plan, after.tree)
    assert [item.file for item in todo if item.origin == "imported"] == [f"code/{LETTERS}"]
    counts = {"desk": TestCounts()}
    measured = RunResults(gates=(), tests=counts, collection_tests=TestCounts())
    provenance = Provenance(input_digest="", generator="", run_id="", now=NOW)
    evidence = build_evidence(after.plan, after.tree, measured, provenance, todo)
    files = extraction_manifest(evidence, after.plan, after.tree, {})["files"]
    assert [file["path"] for file in files if file["origin"] == "imported"] == [f"code/{LETTERS}"]
    assert f"imported/{LETTERS}" in after.inputs.collection


def test_removing_it_generates_the_module_again(office, l9, written, proving, capsys):
    before = prepare(Inputs.read(Project(office.parent), office)).tree.digest
    l9("import", str(written))
    assert l9("import", "--remove", "desk.leters") == 1
    assert "did you mean desk.letters?" in capsys.readouterr().err
    assert l9("import", "--remove", "Desk.letters") == 0
    assert prepare(Inputs.read(Project(office.parent), office)).tree.digest == before
    assert not (office.parent / "office.imported").exists()


def test_what_fails_a_gate_is_not_kept_and_what_was_kept_before_stays(office, l9, written, proving):
    l9("import", str(written))
    first = generated(office)
    (written / LETTERS).write_text(first.replace("another author", "a third author"))
    controller = written / "L9/agents/desk/controller.py"
    controller.write_text('"""Another controller."""\n')
    proving.append("fails")
    assert l9("import", str(written)) == 1
    assert generated(office) == first
    assert not (office.parent / "office.imported/L9/agents/desk/controller.py").exists()


def test_a_whole_extraction_gives_its_code_and_says_what_is_not_taken(office, l9, written, proving, capsys):
    whole = written.parent / "whole"
    (whole / "docs/desk").mkdir(parents=True)
    (whole / "docs/desk/README.md").write_text("# Mine\n")
    written.rename(whole / "code")
    assert l9("import", str(whole)) == 0
    assert "not-taken: docs/ is not taken (1 files)" in capsys.readouterr().err


def test_everything_outside_the_schema_is_named_and_nothing_is_kept(office, l9, written, proving, capsys, tmp_path):
    ran = tmp_path / "ran"
    effect = f"open({str(ran)!r}, 'w')\n"
    folder = written / "L9/agents/desk"
    (folder / "other.py").write_text(effect)
    (folder / "leters.py").write_text(effect)
    (folder / "broken.py").write_text(f"{effect}x = (\n")
    (folder / "latin.py").write_bytes(b"# \n# \xe4\n")
    (folder / "zero.py").write_bytes(b"x = 1\0")
    (folder / "notes.txt").write_text("hello")
    (folder / "huge.py").write_bytes(b"#" * (1 << 20) + b"\n")
    (folder / "secret.py").symlink_to("/etc/hostname")
    (folder / "away").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.py")
    assert l9("import", str(written)) == 1
    error = capsys.readouterr().err
    for name, code in {
        "other.py:1:1": "not-in-schema",
        "leters.py:1:1": "not-in-schema",
        "broken.py:2:5": "python-syntax",
        "latin.py:2:1": "not-utf8",
        "zero.py:1:1": "python-syntax",
        "notes.txt:1:1": "no-module",
        "huge.py:1:1": "too-large",
        "secret.py:1:1": "no-plain-file",
        "away:1:1": "no-plain-file",
        "pipe.py:1:1": "no-plain-file",
    }.items():
        assert f"L9/agents/desk/{name}: {code}" in error
    assert f"did you mean {LETTERS}?" in error
    assert not proving
    assert not ran.exists()
    assert not (office.parent / "office.imported").exists()


@pytest.mark.parametrize("way", ["link", "extra"])
def test_what_is_put_there_by_hand_is_refused_as_well(office, l9, written, proving, capsys, way):
    l9("import", str(written))
    kept = office.parent / "office.imported"
    if way == "link":
        (kept / LETTERS).unlink()
        (kept / LETTERS).symlink_to(written / LETTERS)
    else:
        (kept / "L9/agents/desk/extra.py").write_text("x = 1\n")
    capsys.readouterr()
    assert l9("bind", "desk.weigh") == 1
    assert f"office.imported/L9/agents/desk/{'letters' if way == 'link' else 'extra'}.py:1:1" in capsys.readouterr().err


def test_nothing_of_it_runs_before_the_static_gates_hold(office, l9, written, capsys, tmp_path):
    ran = tmp_path / "ran"
    module = written / LETTERS
    open_end = "# TO" + "DO: later\n"
    module.write_text(f"{module.read_text()}{open_end}open({str(ran)!r}, 'w').close()\n")
    assert l9("import", str(written), "--output", str(tmp_path / "extractions")) == 1
    assert "gate-no-placeholders" in capsys.readouterr().err
    assert not ran.exists()
    assert not (office.parent / "office.imported").exists()
    assert not list((tmp_path / "extractions").glob("office_*"))
