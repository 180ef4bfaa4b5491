"""What `l9 validate` prints: every problem with its place, and each thing once."""

from __future__ import annotations

from pathlib import Path

from l9stack.cli.main import main

AGENT = """system: Desk
module: desk
name: Desk
role: Decides.
rootpath: L9/agents/desk
depends_on: {hard: [], soft: []}
governance: {anchors: [Ada], auditscope: [decisions]}
memorytopology: {workingmemory: redis}
cursorinstructions: {generatefiles: [controller.py], generatedocs: [README.md], linkexisting: [L9/core/governance.py]}
deployment: {endpoints: [POST /decide, POST /weigh, POST /ask]}
"""


def test_how_questions_are_answered_is_said_once_and_of_the_right_file(tmp_path: Path, capsys):
    single, folder = tmp_path / "office.yaml", tmp_path / "office"
    folder.mkdir()
    for path in (single, folder / "desk.yaml"):
        path.write_text(AGENT)
    for path, answers in ((single, "office.answers.yaml"), (folder, "answers.yaml")):
        assert main(["validate", str(path)]) == 0
        told = capsys.readouterr()
        assert told.err.count("unbound-operation: desk.") == 3
        assert told.err.count("hint: ") == 1
        assert f" in {answers}; " in told.err
        assert told.out == "office: 1 agent, 3 operations (0 bound, 3 unbound), 3 questions, 0 notes. Valid.\n"


def test_one_is_one(tmp_path: Path, capsys):
    path = tmp_path / "office.yaml"
    path.write_text(
        AGENT.replace(", POST /weigh, POST /ask", "").replace("memorytopology: {workingmemory: redis}\n", "")
    )
    assert main(["validate", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out == "office: 1 agent, 1 operation (0 bound, 1 unbound), 1 question, 1 note. Valid.\n"
    assert "`operations: {desk.decide: …}` in office.answers.yaml" in told.err


def test_all_problems_of_all_files_come_at_once(tmp_path: Path, capsys):
    (tmp_path / "a.yaml").write_text(AGENT.replace("L9/agents/desk", "../desk"))
    (tmp_path / "b.md").write_text(f"```yaml\n{AGENT}  x: [\n```\n")
    assert main(["validate", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "a.yaml:5:11: bad-rootpath" in told
    assert "b.md:12:3: yaml-syntax" in told
    assert told.endswith("2 problems\n")
