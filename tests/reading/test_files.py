"""What lies where a schema should: line ends, marks and bytes of all kinds, links, pipes, nothing at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.errors import InputError, Problem
from l9stack.inputs import Inputs
from l9stack.inputs.limits import most_of_file
from l9stack.model.collection import Collection
from l9stack.project import Project
from l9stack.reading.collection import read_collection

AGENT = """system: Desk
module: desk
name: Desk
role: Decides.
rootpath: L9/agents/desk
governance: {anchors: [Ada]}
cursorinstructions: {generatefiles: [controller.py]}
deployment: {endpoints: [POST /decide]}
"""


def refused(path: Path) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        read_collection(Inputs.read(Project(path.parent), path))
    return [problem for problem in caught.value.problems if problem.level == "error"]


def read(path: Path, raw: bytes) -> Collection:
    path.write_bytes(raw)
    return read_collection(Inputs.read(Project(path.parent), path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["desk.yaml", "desk.yml", "DESK.YAML", "desk.md", "fenced.md"])
def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path, end, name):
    text = f"Prose.\n\n```yaml\n{AGENT}```\n" if name == "fenced.md" else AGENT
    plain = read(tmp_path / name, text.encode())
    other = read(tmp_path / name, b"\xef\xbb\xbf" + text.replace("\n", end).encode())
    assert other.agents == plain.agents
    assert other.notes == plain.notes


def test_places_are_right_with_windows_line_ends_and_beyond_plain_text(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_bytes(
        AGENT.replace("Decides.", "Décide \U0001f600.").replace("[Ada]", "[é, {a: b}]").replace("\n", "\r\n").encode()
    )
    (problem,) = refused(path)
    assert (problem.code, str(problem.place)) == ("not-text", "desk.yaml:6:27")


@pytest.mark.parametrize(
    ("raw", "code", "line", "column"),
    [
        (b"", "no-agents", 1, 1),
        (b"# nothing\n\n# but words\n", "no-agents", 1, 1),
        (b"---\n---\n...\n", "no-agents", 1, 1),
        (b"~\n", "no-agents", 1, 1),
        (b"a: b\nc: \0\n", "control-character", 2, 4),
        (b"\x7fELF\x02\x01\x01\x00", "control-character", 1, 1),
        (b"\x89PNG\r\n\x1a\n", "not-utf8", 1, 1),
        ("name: x\n".encode("utf-16"), "not-utf8", 1, 1),
        (b"a: b\r\nc: caf\xe9\r\n", "not-utf8", 2, 7),
        (AGENT.encode() + b"\xef\xbb\xbf" + AGENT.encode(), "control-character", 9, 1),
    ],
)
def test_bytes_that_are_no_schema(tmp_path, raw, code, line, column):
    path = tmp_path / "desk.yaml"
    path.write_bytes(raw)
    (problem,) = refused(path)
    assert (problem.code, problem.place.line, problem.place.column) == (code, line, column)


def test_a_folder_without_a_schema_is_no_collection(tmp_path):
    (tmp_path / "notes.txt").write_text(AGENT)
    assert [problem.code for problem in refused(tmp_path)] == ["no-agents"]


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "desk.yaml"
    with path.open("wb") as stream:
        stream.truncate(most_of_file() + 1)
    assert [problem.code for problem in refused(path)] == ["too-large"]


def test_links_are_followed_inside_the_folder_only(tmp_path):
    outside, folder = tmp_path / "secret.yaml", tmp_path / "desk"
    folder.mkdir()
    outside.write_text("password: 1")
    (folder / "real.txt").write_text(AGENT)
    (folder / "desk.yaml").symlink_to("real.txt")
    assert [agent.id for agent in read_collection(Inputs.read(Project(folder.parent), folder)).agents] == ["desk"]
    (folder / "other.yaml").symlink_to("../secret.yaml")
    (folder / "lost.md").symlink_to("nowhere.md")
    assert [(p.code, p.place.file) for p in refused(folder)] == [
        ("unreadable", "lost.md"),
        ("link-outside", "other.yaml"),
    ]


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path):
    folder = tmp_path / "desk"
    (folder / "more.yaml").mkdir(parents=True)
    (folder / "desk.yaml").write_text(AGENT)
    os.mkfifo(folder / "pipe.yaml")
    found = read_collection(Inputs.read(Project(folder.parent), folder))
    assert [(note.code, note.place.file) for note in found.notes if note.code == "not-read"] == [
        ("not-read", "more.yaml"),
        ("not-read", "pipe.yaml"),
    ]
    assert [problem.code for problem in refused(folder / "pipe.yaml")] == ["unreadable"]


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text(AGENT)
    (tmp_path / "b.yaml").write_text("a: [")
    whole = os.open

    def opened(path: Path, flags: int, *more: int) -> int:
        if Path(path).name == "a.yaml":
            raise PermissionError(13, "Permission denied")
        return whole(path, flags, *more)

    monkeypatch.setattr(os, "open", opened)
    assert [problem.code for problem in refused(tmp_path)] == ["unreadable", "yaml-syntax"]


@pytest.mark.parametrize("command", ["validate", "graph", "extract"])
def test_commands_say_what_is_wrong_with_a_pipe(tmp_path, command, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.yaml")
    assert main([command, "pipe.yaml"]) == 1
    assert "unreadable" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["settings: {desk.depth: 3}", "purpose: Deep.\nSettings:\n  desk: {depth: 3}"])
def test_a_document_of_settings_alone_is_glue(tmp_path, text):
    (tmp_path / "agents.yaml").write_text(AGENT + "settings: {desk.depth: 1}\n")
    (tmp_path / "glue.yaml").write_text(text + "\n")
    collection = read_collection(Inputs.read(Project(tmp_path), tmp_path))
    assert (collection.glue.file, collection.glue.settings) == ("glue.yaml", {"desk.depth": 3})
    assert [note for note in collection.notes if note.code == "not-an-agent"] == []


@pytest.mark.parametrize("text", ["title: Desks", "settings: {depth: 3}\ncolour: red", "{}"])
def test_a_document_that_sets_nothing_or_has_other_words_is_no_glue(tmp_path, text):
    (tmp_path / "agents.yaml").write_text(AGENT)
    (tmp_path / "other.yaml").write_text(text + "\n")
    collection = read_collection(Inputs.read(Project(tmp_path), tmp_path))
    assert collection.glue.file == ""
    assert "not-an-agent" in [note.code for note in collection.notes]


def test_settings_after_an_agent_are_its_own(tmp_path):
    collection = read(tmp_path / "desk.yaml", f"{AGENT}---\nsettings: {{desk.depth: 3}}\n".encode())
    assert (collection.glue.file, collection.agents[0].settings) == ("", {"desk.depth": 3})
