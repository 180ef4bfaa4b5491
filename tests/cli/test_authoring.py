"""`l9 new`: what it makes is valid and passes every gate, and it never touches what is there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.reading.collection import read_collection


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the working folder."""
    (tmp_path / ".l9").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(capsys: pytest.CaptureFixture[str], *command: str) -> list[str]:
    """The codes of the problems with which a command is refused."""
    capsys.readouterr()
    assert main([*command, "--json"]) == 1
    return [problem["code"] for problem in json.loads(capsys.readouterr().out)["problems"]]


def test_a_new_collection_has_no_question_and_passes_every_gate(capsys):
    assert main(["new", "input_schemas/harbour-desk"]) == 0
    out = capsys.readouterr().out
    files = [f"input_schemas/harbour-desk/{name}.yaml" for name in ("agents", "glue", "answers")]
    assert all(f"  {file}\n" in out for file in files)
    assert "l9 validate input_schemas/harbour-desk" in out
    assert main(["validate", "input_schemas/harbour-desk"]) == 0
    told = capsys.readouterr()
    assert told.out == ("harbour_desk: 1 agent, 1 operation (1 bound, 0 unbound), 0 questions, 0 notes. Valid.\n")
    assert told.err == ""
    assert main(["new", "input_schemas/harbour-desk", "--agent", "Tug Boat"]) == 0
    assert main(["extract", "input_schemas/harbour-desk", "--json"]) == 0


def test_an_agent_lies_beside_the_others(capsys):
    main(["new", "harbour"])
    agents = Path("harbour/agents.yaml")
    agents.write_text(agents.read_text().replace("L9/agents/harbour", "L9/ports/harbour"))
    capsys.readouterr()
    assert main(["new", "harbour", "--agent", "TugBoat", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["ok"]
    assert made["made"] == ["harbour/tug_boat.yaml"]
    assert "l9 bind tug_boat.answer --collection harbour" in made["next"]
    roots = {
        agent.id: agent.root_path for agent in read_collection(Inputs.read(Project(Path()), Path("harbour"))).agents
    }
    assert roots == {"harbour": "L9/ports/harbour", "tug_boat": "L9/ports/tug_boat"}
    assert main(["validate", "harbour"]) == 0
    assert "1 question, " in capsys.readouterr().out


def test_words_of_yaml_are_names_all_the_same():
    for name in ("null", "true", "1e5", "class"):
        assert main(["new", name]) == 0
        assert main(["validate", name]) == 0


def test_nothing_is_written_over(capsys):
    main(["new", "harbour"])
    before = {path: path.read_bytes() for path in Path("harbour").iterdir()}
    assert codes(capsys, "new", "harbour") == ["not-empty"]
    assert codes(capsys, "new", "harbour", "--agent", "HARBOUR") == ["duplicate-agent"]
    Path("harbour/tug.yaml").write_text("# not an agent yet\n")
    assert codes(capsys, "new", "harbour", "--agent", "tug") == ["file-exists"]
    assert Path("harbour/tug.yaml").read_text() == "# not an agent yet\n"
    assert {path: path.read_bytes() for path in before} == before


def test_what_cannot_be_made_is_refused(capsys):
    Path("file").write_text("")
    Path("link").symlink_to("nowhere")
    Path("empty").mkdir()
    assert codes(capsys, "new", "file") == ["not-a-folder"]
    assert codes(capsys, "new", "link") == ["not-a-folder"]
    assert codes(capsys, "new", "file/inside") == ["not-written"]
    assert codes(capsys, "new", "???") == ["bad-name"]
    assert codes(capsys, "new", "link", "--agent", "tug") == ["not-a-folder"]
    assert codes(capsys, "new", "file", "--agent", "tug") == ["not-a-folder"]
    assert codes(capsys, "new", "empty", "--agent", "tug") == ["no-agents"]
    assert main(["new", "harbour"]) == 0
    assert codes(capsys, "new", "harbour", "--agent", "..") == ["bad-name"]
    assert codes(capsys, "new", "harbour", "--agent", "x" * 200) == ["bad-name"]
    shutil.rmtree("harbour")
    assert main(["new", "empty"]) == 0


def test_a_collection_is_made_with_a_second_agent_where_it_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "shop", "--agent", "Till"]) == 0
    assert "l9 bind till.answer --collection shop" in capsys.readouterr().out
    assert main(["validate", "shop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agents"] == ["shop", "till"]
    assert main(["new", "desk", "--agent", "Desk"]) == 1
    assert not (tmp_path / "desk").exists()
