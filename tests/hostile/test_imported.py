"""Payloads in every free place at once: the modules are imported and the tests collected, and none of them runs.

CVE-2026-55415 and CVE-2026-63720 ran at import, CVE-2026-61437 by a file beside, CVE-2026-105801 by a docstring.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.files import write_files
from tests.hostile.crowd import crowded
from tests.hostile.product import DESK, META
from tests.hostile.skeletons import skeleton

ROOT = Path(__file__).parents[2]
CANARY = """
import builtins, pathlib
builtins.L9_CANARY = 1
pathlib.Path("l9_canary_ran").touch()
print("canary")
"""
IMPORT_ALL = """
import builtins, importlib, pathlib, sys
code = pathlib.Path("code")
files = [path.relative_to(code) for path in sorted(code.rglob("*.py")) if path.is_file()]
names = [".".join(file.with_suffix("").parts) for file in files]
for name in names:
    importlib.import_module(name.removesuffix(".__init__"))
assert names and not hasattr(builtins, "L9_CANARY") and "l9_canary" not in sys.modules
"""


EXAMPLE, TEMPLATES = ROOT / "input_schemas" / "claims_desk", ROOT / "templates" / "meta"


@pytest.mark.parametrize(
    ("collection", "meta", "first"),
    [
        pytest.param(DESK, META, 0, id="every kind of field"),
        pytest.param(DESK, META, 31, id="every kind of field, dealt otherwise"),
        pytest.param(EXAMPLE, TEMPLATES, 17, id="the example"),
    ],
)
def test_no_payload_runs_when_code_is_imported_and_tests_are_collected(tmp_path, collection, meta, first):
    count, files = crowded(tmp_path / "bench", collection, meta, first)
    assert count > 100
    for path, text in files.items():
        skeleton(path, text)
    tree = tmp_path / "tree"
    write_files(tree, ((path, text.encode()) for path, text in files.items()))
    (tmp_path / "canary").mkdir()
    (tmp_path / "canary" / "l9_canary.py").write_text(CANARY)
    assert _run(tree, tmp_path, "-c", "import l9_canary") == "canary\n", "a canary that does not sing proves nothing"
    (tree / "l9_canary_ran").unlink()
    assert _run(tree, tmp_path, "-c", IMPORT_ALL) == ""
    collected = _run(tree, tmp_path, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests")
    assert "error" not in collected.lower().rsplit("\n", 3)[-2]
    assert "::test_" in collected and "canary\n" not in collected
    assert list(tmp_path.rglob("l9_canary_ran")) == []


def _run(tree: Path, folder: Path, *arguments: str) -> str:
    """What Python prints, with the canary, the code and the user's own package in reach."""
    paths = [folder / "canary", tree / "code", *folder.glob("bench/*/implementations"), ROOT]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout
