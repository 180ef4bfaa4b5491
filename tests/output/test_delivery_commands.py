"""`l9 diff` and `l9 deliver` as a person calls them, on extractions whose measurements are made up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from l9stack.cli import main
from l9stack.evidence.records import Provenance, RunResults, build_evidence
from l9stack.extraction.extract import extract
from l9stack.extraction.prepare import prepare
from l9stack.extraction.prove import _publish
from l9stack.inputs import Inputs
from l9stack.model.evidence import TestCounts
from l9stack.project import Project
from tests.evidence.conftest import good_results

REPOSITORY = Path(__file__).resolve().parents[2]
MESSAGE = "extraction: echoes agents (phases 0-6 complete, evidence signed)"


class Desk:
    """A project with one collection, and what the commands say about it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.project, self.capsys = Project(root), capsys
        (root / ".l9").mkdir(parents=True)
        self.collection = root / "echoes.yaml"
        shutil.copy(REPOSITORY / "tests/golden/minimal/input.yaml", self.collection)
        shutil.copy(REPOSITORY / "tests/golden/minimal/input.answers.yaml", root / "echoes.answers.yaml")

    def extract(self, collection: Path | None = None, day: int = 1) -> Path:
        """Publish what is generated now, as if every gate had held."""
        prepared = prepare(Inputs.read(self.project, collection or self.collection))
        prepared.stored()
        now = datetime(2026, 3, day, tzinfo=UTC)
        evidence = build_evidence(
            prepared.plan,
            prepared.tree,
            RunResults(
                gates=tuple(good_results(prepared.plan)),
                tests={agent.id: TestCounts(unit_passed=1, coverage_percent=100) for agent in prepared.plan.agents},
                collection_tests=TestCounts(unit_passed=1),
            ),
            Provenance(input_digest=prepared.inputs.digest, generator="l9stack", run_id="run", now=now),
        )
        return _publish(prepared, evidence, self.project.root / "out", now).path

    def change(self) -> None:
        """Let the schema name another role."""
        text = self.collection.read_text()
        assert "role: " in text
        self.collection.write_text(text.replace("role: ", "role: Now ", 1))

    def run(self, *words: str, collection: Path | None = None) -> tuple[int, str, str]:
        code = main(["--project", str(self.project.root), *words, "--collection", str(collection or self.collection)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str) -> dict[str, Any]:
        code, out, _ = self.run(*words, "--json")
        return {"exit": code, **json.loads(out)}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path / "project", capsys)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "config", "user.email", "ada@example.com")
    git(root, "config", "user.name", "Ada")
    return root


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def edit(path: Path, text: str = "# mine\n") -> None:
    path.write_text(path.read_text() + text)


CONTROLLER = "L9/agents/echo/controller.py"


def test_diff_says_that_nothing_changed_and_what_to_do_before_there_is_anything(desk: Desk) -> None:
    code, _, said = desk.run("diff")
    assert (code, "no-extraction" in said, "l9 extract" in said) == (1, True, True)
    folder = desk.extract()
    assert desk.run("diff", "--exit-code") == (0, f"{folder}: nothing was edited, and the inputs are the same\n", "")
    shutil.rmtree(folder)
    code, _, said = desk.run("diff")
    assert (code, "is gone" in said) == (1, True)


def test_diff_tells_hand_edits_from_changed_inputs_and_names_them(desk: Desk) -> None:
    folder = desk.extract()
    edit(folder / "code" / CONTROLLER)
    (folder / "manifests/notes.txt").write_text("mine\n")
    found = desk.json("diff", "--exit-code")
    assert (found["exit"], found["differs"], found["inputs"]) == (3, True, [])
    states = {file["path"]: (file["owner"], file["state"]) for file in found["files"]}
    assert states == {f"code/{CONTROLLER}": ("echo", "edited"), "manifests/notes.txt": ("echo", "edited")}
    desk.change()
    (desk.collection.parent / "implementations").mkdir()
    (desk.collection.parent / "implementations/new.py").write_text("")
    found = desk.json("diff")
    assert found["exit"] == 0
    assert [(item["name"], item["change"]) for item in found["inputs"]] == [
        ("echoes.yaml", "changed"),
        ("implementations/new.py", "added"),
    ]
    states = {file["path"]: file["state"] for file in found["files"]}
    assert states[f"code/{CONTROLLER}"] == "both-merge"
    assert states["manifests/echo.json"] == "regenerated"
    _, out, _ = desk.run("diff", "--stat")
    assert "both, they merge" in out
    assert "+# mine" not in out
    _, out, _ = desk.run("diff")
    assert "\n+# mine\n" in out
    assert "\033[" not in out


def test_diff_names_templates_and_settings_that_changed(desk: Desk) -> None:
    desk.extract()
    shutil.copytree(REPOSITORY / "templates/meta", desk.project.root / "templates/meta")
    assert desk.json("diff")["inputs"] == []
    meta = desk.project.root / "templates/meta/meta.validation.checklist.yaml"
    meta.write_text(meta.read_text() + "# another\n")
    assert desk.json("diff")["inputs"] == [
        {"name": "templates/meta/meta.validation.checklist.yaml", "change": "changed"}
    ]


def test_deliver_refuses_what_is_edited_outdated_or_nowhere_to_go(desk: Desk, checkout: Path) -> None:
    assert "no-extraction" in desk.run("deliver", str(checkout))[2]
    folder = desk.extract()
    for path, code in ((checkout / "none", "no-such-path"), (desk.collection, "not-a-folder"),
                       (folder / "code", "inside-extraction"), (desk.project.state, "inside-extraction")):  # fmt: skip
        exit_code, _, said = desk.run("deliver", str(path))
        assert (exit_code, code in said) == (1, True), path
    edit(folder / "code" / CONTROLLER)
    assert "file-changed" in desk.run("deliver", str(checkout))[2]
    desk.change()
    code, _, said = desk.run("deliver", str(checkout))
    assert (code, "outdated" in said, "l9 extract" in said) == (1, True, True)
    assert [path.name for path in checkout.iterdir()] == [".git"]


def test_deliver_refuses_an_edit_that_signs_itself(desk: Desk, checkout: Path) -> None:
    folder = desk.extract()
    (folder / "attestation.dsse.json").unlink()
    assert "no-signature" in desk.run("deliver", str(checkout))[2]


@pytest.mark.parametrize("place", ["docs", "tests", "manifests", "implementations"])
def test_a_rootpath_in_a_folder_that_deliveries_need_is_refused(desk: Desk, checkout: Path, place: str) -> None:
    text = desk.collection.read_text()
    assert "rootpath: L9/agents/echo" in text
    desk.collection.write_text(text.replace("rootpath: L9/agents/echo", f"rootpath: {place}/agents/echo"))
    desk.extract()
    code, _, said = desk.run("deliver", str(checkout))
    assert (code, "rootpath-taken" in said) == (1, True)
    assert [path.name for path in checkout.iterdir()] == [".git"]


def test_a_delivery_is_one_commit_and_a_second_one_is_none(desk: Desk, checkout: Path) -> None:
    desk.extract()
    (checkout / "mine.txt").write_text("mine\n")
    (checkout / ".gitignore").write_text("docs/\n.*\n")
    dry = desk.json("deliver", str(checkout), "--dry-run", "--commit")
    assert (dry["changed"], dry["commit"], (checkout / "L9").exists()) == (True, None, False)
    done = desk.json("deliver", str(checkout), "--commit")
    assert done["files"] == dry["files"]
    assert git(checkout, "log", "--format=%H %s") == f"{done['commit']} {MESSAGE}"
    assert git(checkout, "status", "--short", "--", "mine.txt") == "?? mine.txt"
    committed = set(git(checkout, "ls-files").splitlines())
    listed = {file["path"] for file in done["files"]}
    assert {path for path in committed if not path.startswith(".l9-delivery/")} == listed
    assert {CONTROLLER, "docs/echo/README.md", "manifests/echo.json", "echoes_config.yaml",
            "manifests/echoes/evidence_report.md", "manifests/echoes/attestation.dsse.json",
            "manifests/echoes/extraction_manifest.json", "tests/agents/conftest.py",
            "tests/agents/echo/test_controller.py", "requirements-l9stack.txt"} <= listed  # fmt: skip
    assert not (checkout / "tests/conftest.py").exists()
    assert "l9stack[agent]==" in (checkout / "requirements-l9stack.txt").read_text()
    again = desk.json("deliver", str(checkout), "--commit")
    assert (again["changed"], again["files"], again["commit"]) == (False, [], None)


def test_a_commit_holds_no_edit_and_no_change_of_anybody_else(desk: Desk, checkout: Path) -> None:
    desk.extract()
    (checkout / "mine.txt").write_text("mine\n")
    git(checkout, "add", "mine.txt")
    code, _, said = desk.run("deliver", str(checkout), "--commit")
    assert (code, "other changes are staged: mine.txt" in said) == (1, True)
    assert not (checkout / "L9").exists()
    git(checkout, "rm", "-q", "--cached", "mine.txt")
    desk.run("deliver", str(checkout), "--commit")
    edit(checkout / "echoes_config.yaml")
    (checkout / "docs/echo/README.md").unlink()
    desk.change()
    desk.extract(day=2)
    code, _, said = desk.run("deliver", str(checkout), "--commit")
    assert (code, "docs/echo/README.md was removed by hand, and changed" in said) == (1, True)
    code, _, said = desk.run("deliver", str(checkout), "--commit", "--conflicts", "mine")
    assert code == 0, said
    assert git(checkout, "log", "--format=%s").splitlines() == [MESSAGE, MESSAGE]
    left = git(checkout, "status", "--short").splitlines()
    assert [line.split() for line in left] == [
        ["D", "docs/echo/README.md"],
        ["M", "echoes_config.yaml"],
        ["??", "mine.txt"],
    ]
    assert not desk.json("deliver", str(checkout))["changed"]


def test_a_refusing_hook_and_a_folder_without_git_are_told(desk: Desk, checkout: Path, tmp_path: Path) -> None:
    desk.extract()
    (tmp_path / "plain").mkdir()
    assert "is no checkout of git" in desk.run("deliver", str(tmp_path / "plain"), "--commit")[2]
    assert list((tmp_path / "plain").iterdir()) == []
    hook = checkout / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    code, _, said = desk.run("deliver", str(checkout), "--commit")
    assert (code, "not today" in said) == (1, True)


def test_two_collections_live_in_one_checkout(desk: Desk, checkout: Path) -> None:
    desk.extract()
    other = desk.project.root / "voices.yaml"
    other.write_text(desk.collection.read_text().replace(": Echo", ": Voice").replace("agents/echo", "agents/voice"))
    shutil.copy(desk.project.root / "echoes.answers.yaml", desk.project.root / "voices.answers.yaml")
    answers = desk.project.root / "voices.answers.yaml"
    answers.write_text(answers.read_text().replace("echo.", "voice."))
    desk.extract(other)
    for _ in range(2):
        for collection in (desk.collection, other):
            code, _, said = desk.run("deliver", str(checkout), "--commit", collection=collection)
            assert code == 0, said
    assert git(checkout, "status", "--short") == ""
    assert len(git(checkout, "log", "--format=%s").splitlines()) == 2
    assert sorted(path.name for path in (checkout / "L9/agents").iterdir()) == ["echo", "voice"]


def test_delivered_tests_leave_the_tests_beside_them_alone(desk: Desk, checkout: Path) -> None:
    """The checkout has a conftest and tests that import their neighbours: both are as before, in one run."""
    (checkout / "tests").mkdir()
    (checkout / "tests/conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef own():\n    return 1\n")
    (checkout / "tests/near.py").write_text("N = 1\n")
    (checkout / "tests/test_own.py").write_text("from near import N\n\ndef test_own(own):\n    assert own == N\n")
    desk.extract()
    code, _, said = desk.run("deliver", str(checkout))
    assert code == 0, said
    # Named alike, as the tests of two agents are.
    shutil.copytree(checkout / "tests/agents/echo", checkout / "tests/agents/copy")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "tests/test_own.py::test_own" in done.stdout
    assert "tests/agents/copy/test_controller.py::" in done.stdout
    assert "tests/agents/echo/test_controller.py::" in done.stdout


def test_an_extraction_is_found_known_after_all_that(desk: Desk) -> None:
    """What the tests above publish is what `l9 extract` publishes: it finds the folder, and makes no other."""
    folder = desk.extract()
    inputs = Inputs.read(desk.project, desk.collection)
    found = extract(inputs, desk.project.root / "out", lambda _message: None)
    assert (found.folder, found.reused) == (folder, True)
