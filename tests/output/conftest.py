from __future__ import annotations

from pathlib import Path

import pytest

from l9stack.model.artifact import Artifact, RenderedTree
from l9stack.names import AgentId
from l9stack.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".l9").mkdir()
    return Project(tmp_path)


@pytest.fixture
def tree() -> RenderedTree:
    desk, post = AgentId("desk"), AgentId("post")
    return RenderedTree(
        collection="office",
        artifacts=(
            Artifact(path="code/L9/desk/controller.py", text="A = 1\nB = 2\n", agent=desk),
            Artifact(path="code/L9/post/controller.py", text="A = 3\n", agent=post),
            Artifact(path="docs/desk/README.md", text="# Desk\n\nno newline at the end", agent=desk),
            Artifact(path="office_config.yaml", text="a: 1\n"),
        ),
    )
