"""Golden cases: each is a collection, beside what is said and generated of it (`case.py` says how a case lies).

They change by `make regen` alone, and the change is looked at before it is committed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.case import HERE, REPOSITORY, Case, agreed, difference, outcome, small_cases, whole_collections, write


@pytest.mark.parametrize("case", [*whole_collections(), *small_cases()], ids=lambda case: case.name)
def test_what_is_generated_is_what_was_agreed(case: Case, tmp_path: Path, regen: bool):
    files = outcome(case, tmp_path)
    if regen:
        write(case, files)
    if found := difference(case, agreed(case), files):
        pytest.fail(f"{case.name}: not as it was agreed\n{found}", pytrace=False)


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
