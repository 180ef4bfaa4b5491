"""Golden cases: each folder is a collection, beside what is generated of it.

`expected/` holds every file, for cases that people read; `digests.txt` a line for each file of any case. They change
by `make regen` alone, and the change is looked at before it is committed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.model.artifact import RenderedTree
from l9stack.project import Project

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
CASES = sorted(path for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("__"))


def source(case: Path) -> Path:
    """A case's collection: its own file, its own folder, or the example of that name."""
    example = REPOSITORY / "input_schemas" / case.name
    if example.is_dir():
        return example
    return case / "input.yaml" if (case / "input.yaml").is_file() else case


def generated(path: Path, project: Path) -> RenderedTree:
    return prepare(Inputs.read(Project(project), path)).tree


def digests(tree: RenderedTree) -> str:
    return "".join(f"{artifact.sha256}  {artifact.path}\n" for artifact in tree.artifacts) + f"{tree.digest}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_generated_is_what_was_agreed(case: Path, tmp_path: Path, regen: bool):
    tree = generated(source(case), tmp_path)
    if case.name != "claims_desk":
        compare_files(case / "expected", tree, regen)
    compare_text(case / "digests.txt", digests(tree), regen)


def compare_files(expected: Path, tree: RenderedTree, regen: bool) -> None:
    if regen:
        shutil.rmtree(expected, ignore_errors=True)
        for artifact in tree.artifacts:
            (expected / artifact.path).parent.mkdir(parents=True, exist_ok=True)
            (expected / artifact.path).write_bytes(artifact.text.encode())
    known = {path.relative_to(expected).as_posix() for path in expected.rglob("*") if path.is_file()}
    assert known == {artifact.path for artifact in tree.artifacts}
    for artifact in tree.artifacts:
        assert artifact.text == (expected / artifact.path).read_bytes().decode(), artifact.path


def compare_text(expected: Path, text: str, regen: bool) -> None:
    if regen:
        expected.write_text(text)
    assert text == expected.read_text()


def test_the_example_is_the_same_in_another_place_locale_zone_and_hash_seed(tmp_path: Path):
    folder = tmp_path / "a folder of another länge" / "claims_desk"
    shutil.copytree(REPOSITORY / "input_schemas" / "claims_desk", folder)
    program = (
        "import sys, pathlib; from l9stack.extraction.prepare import prepare; from l9stack.inputs import Inputs\n"
        "from l9stack.project import Project\n"
        "inputs = Inputs.read(Project(pathlib.Path(sys.argv[2])), pathlib.Path(sys.argv[1]))\n"
        "print(prepare(inputs).tree.digest)"
    )
    elsewhere = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4242"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(tmp_path)],
        env={**os.environ, **elsewhere, "PYTHONUTF8": "0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (HERE / "claims_desk" / "digests.txt").read_text().splitlines()[-1]
