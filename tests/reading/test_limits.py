"""What is refused for its number. The limits are lowered here: at their own height a test would take a minute."""

from pathlib import Path

import pytest

from l9stack.errors import InputError, Problem
from l9stack.reading import collection, imported, templates

AGENT = """
system: Pilot
module: harbour
name: Pilot{0}
role: Guides ships.
rootpath: L9/agents/pilot{0}
governance: {{anchors: [Harbour Master]}}
cursorinstructions: {{generatefiles: [controller.py]}}
deployment: {{endpoints: [POST /guide]}}
"""


def test_more_agents_than_a_collection_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "MAX_AGENTS", 2)
    (tmp_path / "agents.yaml").write_text("---".join(map(AGENT.format, range(3))))
    with pytest.raises(InputError) as caught:
        collection.read_collection(tmp_path)
    [problem] = [problem for problem in caught.value.problems if problem.level == "error"]
    assert problem.code == "too-many-agents"
    assert str(problem.place) == "agents.yaml:20:1"


def test_more_files_than_a_folder_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "MAX_FILES", 1)
    monkeypatch.setattr(templates, "_MAX_FILES", 1)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text('"""Nothing."""\n')
    for read in (imported.read_modules, templates.read_templates):
        problems: list[Problem] = []
        assert read(tmp_path, "kept", problems) == ()
        assert [(problem.code, str(problem.place)) for problem in problems] == [("too-many-files", "kept:1:1")]
