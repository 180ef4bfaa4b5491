"""The architecture page: it lists the folders of `.l9` that the project names, and nobody else names one."""

from __future__ import annotations

import re
from pathlib import Path

from l9stack.project import Project

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_where_state_lies():
    project = Project(Path("/project"))
    properties = [name for name, value in vars(Project).items() if isinstance(value, property)]
    folders = {getattr(project, name) for name in properties if name != "state"}
    listed = re.findall(r"^\| `([a-z]+)/` \|", PAGE.partition("## Where state lies")[2], re.MULTILINE)
    assert {folder.relative_to(project.state).as_posix() for folder in folders} == set(listed)
    assert len(listed) == len(folders)


def test_only_the_project_says_where_state_lies():
    modules = [path for path in sorted((ROOT / "l9stack").rglob("*.py")) if path.name != "project.py"]
    assert [str(path) for path in modules if re.search(r"\.state /|\"\.l9\"", path.read_text(encoding="utf-8"))] == []
