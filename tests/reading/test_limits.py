"""What is refused for its number. The limits are lowered here: at their own height a test would take a minute."""

from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.inputs import Inputs, read
from l9stack.project import Project
from l9stack.reading import collection

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
        collection.read_collection(Inputs.read(Project(tmp_path), tmp_path))
    [problem] = [problem for problem in caught.value.problems if problem.level == "error"]
    assert problem.code == "too-many-agents"
    assert str(problem.place) == "agents.yaml:20:1"


def test_more_files_than_a_folder_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_MODULES", 1)
    monkeypatch.setattr(read, "MAX_TEMPLATES", 1)
    (tmp_path / "agents.yaml").write_text(AGENT.format(""))
    for path in ("imported/a.py", "imported/b.py", "templates/modules/a.py.j2", "templates/modules/b.py.j2"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text('"""Nothing."""\n')
    with pytest.raises(InputError) as caught:
        collection.read_collection(Inputs.read(Project(tmp_path), tmp_path))
    found = [(problem.code, str(problem.place)) for problem in caught.value.problems if problem.level == "error"]
    assert found == [("too-many-files", "imported:1:1"), ("too-many-files", "templates:1:1")]
