"""What holds before a stack is touched: told without an engine, and with nobody asked who cannot answer."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from l9stack.cli.deploy import checks as stacks
from l9stack.cli.main import main
from l9stack.errors import EXIT_INPUT, EXIT_USAGE, InputError
from l9stack.project import Project
from l9stack.reading.stack import stack_names, stack_values

SCHEMA = Path(__file__).parents[1] / "golden" / "minimal" / "input.yaml"
KEYS = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without an engine: a command that calls one fails."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: l9stack\nruntime: python\nconfig:\n  collection: {default: desk.yaml}\n  runtime: {default: local}\n"
        "  output: {default: extractions}\n"
    )
    (tmp_path / "desk.yaml").write_text(SCHEMA.read_text())
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  l9stack:runtime: swarm\n  l9stack:protect: true\n")
    monkeypatch.chdir(tmp_path)
    environment = importlib.import_module("l9stack.engine.environment")
    monkeypatch.setattr(environment, "obtain", lambda _: pytest.fail("the engine was called"))
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("file", "environ", "enough"),
    [
        ("config: {}\n", {}, True),
        ("config:\n  l9stack:runtime: docker\n", {}, False),
        ("config:\n  l9stack:runtime: docker\n", {KEYS[0]: ""}, False),
        ("config:\n  runtime: docker\n", {}, False),
        ("config:\n  l9stack:runtime: docker\n", {KEYS[0]: "a word"}, True),
        ("config:\n  l9stack:runtime: docker\n", {KEYS[1]: "word"}, True),
        ("config:\n  l9stack:runtime: docker\n", {KEYS[1]: "absent"}, False),
        ("config:\n  l9stack:runtime: docker\n", {KEYS[0]: "", KEYS[1]: "word"}, False),
        ("secretsprovider: passphrase\nconfig:\n  l9stack:runtime: external\n", {}, False),
        ("secretsprovider: gcpkms://projects/p/k\nconfig:\n  l9stack:runtime: swarm\n", {}, True),
        ("secretsprovider: awskms://alias/l9\nconfig:\n  l9stack:runtime: swarm\n", {KEYS[0]: ""}, True),
    ],
)
def test_a_stack_that_keeps_secrets_needs_a_key_for_them(
    project: Project, monkeypatch: pytest.MonkeyPatch, file: str, environ: dict[str, str], enough: bool
) -> None:
    (project.root / "Pulumi.shop.yaml").write_text(file)
    (project.root / "word").write_text("a word")
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    if enough:
        stacks.require_secrets_key(project, "shop")
        return
    with pytest.raises(InputError):
        stacks.require_secrets_key(project, "shop")


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_protected_stack_is_not_touched_where_nobody_can_be_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEYS[0], "a word")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert main([command, "--stack", "prod"]) == EXIT_USAGE
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "preview", "down"])
@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("config:\n  l9stack:protect: [true\n", "Pulumi.prod.yaml:3:1", "yaml-syntax"),
        ("config: swarm\n", "Pulumi.prod.yaml:1:9", "stack-file"),
    ],
)
def test_a_stacks_file_that_cannot_be_read_is_told_before_anything_is_touched(
    project: Project, command: str, text: str, place: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "Pulumi.prod.yaml").write_text(text)
    assert main([command, "--stack", "prod"]) == EXIT_INPUT
    assert f"{place}: {code}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "preview"])
def test_a_folder_that_is_no_project_stays_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([command]) == EXIT_INPUT
    assert f"no project in {tmp_path} or above" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["up", "preview"])
def test_a_stack_that_nobody_described_is_not_made_by_a_slip(
    project: Project, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--stack", "prdo"]) == EXIT_INPUT
    told = capsys.readouterr().err
    assert "the project has no stack prdo" in told and "stacks with a file: prod" in told
    assert not (project.root / "Pulumi.prdo.yaml").exists()


def test_a_stacks_name_may_have_dots(project: Project) -> None:
    (project.root / "Pulumi.shop.east.yaml").write_text("config: {}\n")
    assert stacks.known_stack(project, "shop.east") == "shop.east"
    assert stack_names(project.root) == ["prod", "shop.east"]


def test_a_key_is_the_projects_own_where_it_names_no_namespace(project: Project) -> None:
    (project.root / "Pulumi.prod.yaml").write_text("config:\n  runtime: swarm\n  protect: true\n")
    assert stacks.runtime_of(project, "prod") == "swarm" and stacks.is_protected(project, "prod")
    (project.root / "Pulumi.prod.yaml").write_text("config:\n  runtime: swarm\n  l9stack:runtime: local\n")
    with pytest.raises(InputError, match="l9stack:runtime is set twice") as caught:
        stacks.runtime_of(project, "prod")
    assert str(caught.value.problems[0].place) == "Pulumi.prod.yaml:2:3"


def test_what_nothing_reads_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / "Pulumi.prod.yaml").write_text(
        "encryptionsalt: v1:x\nconfig:\n  l9stck:protect: true\n  pulumi:tags: {a: b}\nconfg: {}\n"
    )
    assert main(["validate", "--stack", "prod", "--json"]) == 0
    notes = [note for note in json.loads(capsys.readouterr().out)["notes"] if note["code"] == "unread-key"]
    assert [(note["line"], note["message"]) for note in notes] == [
        (5, "nothing reads 'confg'"),
        (3, "nothing reads 'l9stck:protect'"),
    ]
    assert "secretsprovider" in notes[0]["hint"] and "l9stack:…" in notes[1]["hint"]


@pytest.mark.parametrize("name", ["", "..", "../prod", "a b", "é", "x" * 101])
def test_a_stack_is_named_as_the_engine_takes_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--stack", name]) == EXIT_USAGE
    assert "a stack's name has letters" in capsys.readouterr().err


def test_purging_a_protected_stack_is_refused_with_the_way_to_unprotect_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["down", "--stack", "prod", "--purge", "--yes", "--json"]) == EXIT_INPUT
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["file"]) == ("protected", "Pulumi.prod.yaml")
    assert "pulumi config set --stack prod l9stack:protect false" in problem["hint"]


def test_a_password_in_plain_text_is_told_and_not_repeated(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "Pulumi.prod.yaml").write_text(
        "config:\n  l9stack:backends:\n    redis: redis://:opensesame@h:6379\n    postgres: {secure: AAAB}\n"
        "    neo4j: bolt://h\n  l9stack:docker:\n"
        "    registry: {server: r.example.com, username: u, password: opensesame}\n"
    )
    assert main(["validate", "--stack", "prod", "--json"]) == 0
    told = capsys.readouterr().out
    notes = [note for note in json.loads(told)["notes"] if note["code"] == "plain-secret"]
    assert [(note["file"], note["line"]) for note in notes] == [("Pulumi.prod.yaml", 3), ("Pulumi.prod.yaml", 7)]
    assert "--path l9stack:docker.registry.password" in notes[1]["hint"] and "opensesame" not in told


def test_a_registrys_encrypted_password_goes_together_with_its_username(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = "  l9stack:docker:\n    registry: {server: r.example.com, username: u, password: {secure: AAAB}}\n"
    (project.root / "Pulumi.prod.yaml").write_text(f"config:\n  l9stack:runtime: swarm\n{registry}")
    assert main(["validate", "--stack", "prod"]) == 0
    (project.root / "Pulumi.prod.yaml").write_text(f"config:\n{registry.replace('username: u, ', '')}")
    assert main(["validate", "--stack", "prod"]) == EXIT_INPUT
    assert "username and password go together" in capsys.readouterr().err


def test_validate_checks_a_stack_with_its_config_all_at_once(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--stack", "prod", "--json"]) == 0
    notes = [note for note in json.loads(capsys.readouterr().out)["notes"] if note["code"] == "no-place"]
    assert {note["message"].partition(" ")[0] for note in notes} == {
        "l9stack:backends.redis",
        "l9stack:backends.postgres",
    }
    assert {(note["level"], note["file"], note["line"]) for note in notes} == {("note", "Pulumi.prod.yaml", 2)}
    (project.root / "Pulumi.prod.yaml").write_text(
        "config:\n  l9stack:runtime: swarms\n  l9stack:docker: {first_port: 80}\n"
        "  l9stack:backends:\n    redis: {secure: AAAB}\n    postgres: mysql://h/l9\n"
    )
    assert main(["validate", "--stack", "prod", "--json"]) == EXIT_INPUT
    found = json.loads(capsys.readouterr().out)["problems"]
    assert [(item["file"], item["line"], item["column"]) for item in found] == [
        ("Pulumi.prod.yaml", 2, 3),
        ("Pulumi.prod.yaml", 3, 20),
        ("Pulumi.prod.yaml", 6, 5),
    ]
    (project.root / "Pulumi.prod.yaml").write_text("config:\n  l9stack:settings: {logging.levl: DEBUG}\n")
    assert main(["validate", "--stack", "prod"]) == EXIT_INPUT
    assert "logging.levl" in capsys.readouterr().err
    (project.root / "Pulumi.prod.yaml").write_text("config:\n\tl9stack:runtime: swarm\n")
    assert main(["validate", "--stack", "prod"]) == EXIT_INPUT
    assert "Pulumi.prod.yaml:2:1: yaml-syntax" in capsys.readouterr().err
    assert main(["validate", "desk.yaml", "--stack", "prod"]) == EXIT_USAGE


def test_the_values_of_a_stack_without_a_file(project: Project) -> None:
    with pytest.raises(InputError) as caught:
        stack_values(project.root, "prdo")
    [problem] = caught.value.problems
    assert (problem.code, str(problem.place)) == ("no-stack", "Pulumi.prdo.yaml:1:1")
