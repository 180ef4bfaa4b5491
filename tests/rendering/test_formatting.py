"""What ruff makes of generated code depends on the code alone, wherever it lies meanwhile."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from l9stack.gates.lint import lint_findings
from l9stack.rendering import formatting

FILES = {
    "code/L9/agents/echo/config.py": "X = 1\n",
    "code/L9/agents/echo/own.py": "import os\nfrom L9.agents.echo.config import X\nimport httpx\nprint( X,httpx )\n",
    "notes.md": "as  it is\n",
}
SORTED = "import httpx\n\nfrom L9.agents.echo.config import X\n\nprint(X, httpx)\n"


@pytest.fixture(params=["plain", "w [x]*? {b} $HOME ~ ü", "ignored", "build/venv"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / request.param
    folder.mkdir(parents=True)
    if request.param == "ignored":
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
        (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "ruff.toml").write_text('exclude = ["*"]\n')
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(formatting, "_IN_MEMORY", tmp_path / "nothing")
    return folder


def test_code_is_formatted_the_same_in_any_folder(folder: Path):
    done = formatting.format_files(FILES)
    assert done["code/L9/agents/echo/own.py"] == SORTED
    assert done["notes.md"] == FILES["notes.md"]


def test_findings_are_the_same_in_any_folder(folder: Path):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert [(str(found.place.file), found.rule) for found in lint_findings(folder)] == [
        ("code/L9/agents/echo/own.py", "I001"),
        ("code/L9/agents/echo/own.py", "F401"),
    ]
    (folder / "code/L9/agents/echo/own.py").write_text(SORTED)
    assert lint_findings(folder) == ()
