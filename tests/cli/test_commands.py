"""The command line as a whole: what its table says is what its commands are."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import types
import typing
from pathlib import Path

import click
import pytest

from l9stack.cli.commands import GROUPS, ROWS, l9
from l9stack.cli.main import main
from l9stack.errors import EXIT_INPUT, EXIT_MACHINE, EXIT_USAGE

COMMANDS = {name: l9.get_command(click.Context(l9), name) for name in ROWS}
BIG = (
    *("asyncio", "boto3", "cryptography", "grpc", "jinja2", "neo4j", "networkx", "obstore", "psycopg", "pulumi"),
    *("pydantic", "redis", "rich", "yaml", "l9stack.model", "l9stack.planning", "l9stack.reading"),
)
L9 = [sys.executable, "-c", "from l9stack.cli.main import run; run()"]


@pytest.mark.parametrize("name", ROWS)
def test_the_summary_of_the_list_is_the_first_line_of_the_help(name: str) -> None:
    command = COMMANDS[name]
    assert command is not None
    first, _, rest = (command.help or "").partition("\n")
    assert first == f"{ROWS[name].summary[0].upper()}{ROWS[name].summary[1:]}.", "one sentence, said once"
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("name", ROWS)
def test_a_command_is_a_function_typed_as_its_options_are(name: str) -> None:
    """Each option's type is the annotation of the parameter that takes it, and one that may be absent says so."""
    command = COMMANDS[name]
    assert command is not None and command.callback is not None
    hints = typing.get_type_hints(inspect.unwrap(command.callback))
    assert hints.pop("return") is int
    hints.pop("project", None)
    assert {*hints} == {parameter.name for parameter in command.params}
    for parameter in command.params:
        wanted = value_type(parameter)
        assert hints[parameter.name] in (wanted, typing.Union[wanted, None]), parameter.name  # noqa: UP007
        optional = isinstance(hints[parameter.name], types.UnionType)
        assert optional == may_be_absent(parameter), parameter.name


def value_type(parameter: click.Parameter) -> typing.Any:
    kind = parameter.type
    if parameter.nargs == 2:
        return tuple[str, str]
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return bool
    if isinstance(kind, click.types.IntParamType):
        return int
    path = kind.name == "path" or (isinstance(kind, click.Path) and kind.type is Path)
    single = Path if path else str
    return tuple[single, ...] if parameter.nargs == -1 else single


def may_be_absent(parameter: click.Parameter) -> bool:
    flag = isinstance(parameter, click.Option) and parameter.is_flag
    always = flag or parameter.required or parameter.nargs == -1
    return not always and not isinstance(parameter.get_default(click.Context(l9)), str | int | Path)


def test_an_option_means_the_same_everywhere() -> None:
    """A name of an option belongs to one parameter and one type, and a short form to one long one."""
    kinds: dict[str, set[str]] = {}
    shorts: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        assert command is not None
        for option in (item for item in command.params if isinstance(item, click.Option)):
            long = next(text for text in option.opts if text.startswith("--"))
            kinds.setdefault(long, set()).add(repr((option.type.name, option.is_flag)))
            for short in (text for text in option.opts if not text.startswith("--")):
                shorts.setdefault(short, set()).add(long)
    assert {name for name, forms in kinds.items() if len(forms) > 1} == set()
    assert all(len(longs) == 1 for longs in shorts.values())
    assert shorts["-c"] == {"--collection"} and shorts["-s"] == {"--stack"}


def test_every_command_is_in_the_help_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--help"]) == 0
    text = capsys.readouterr().out
    positions = [text.index(f"\n{title}:\n") for title in GROUPS]
    assert positions == sorted(positions)
    assert all(f"\n  {name} " in text for name in ROWS)


@pytest.mark.parametrize(("slip", "neighbour"), [("statu", "status"), ("vaildate", "validate"), ("extrac", "extract")])
def test_a_mistyped_command_gets_its_neighbour(slip: str, neighbour: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([slip]) == EXIT_USAGE
    assert f"Did you mean '{neighbour}'?" in capsys.readouterr().err


def test_help_of_any_command_imports_no_big_library() -> None:
    """What a command works with comes when it works: `--help`, completion and a mistyped option wait for none of it."""
    code = (
        "import sys, click\n"
        "from l9stack.cli.commands import ROWS, l9\n"
        "from l9stack.cli.main import main\n"
        f"big = {sorted(BIG)!r}\n"
        "for name in ('', *ROWS):\n"
        "    assert main([name, '--help'] if name else ['--help']) == 0\n"
        "    if found := [library for library in big if library in sys.modules]:\n"
        "        sys.exit(f'the help of l9 {name} imports {found}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("l9 sta", ["status"]),
        ("l9 up --st", ["--stack"]),
        ("l9 up --stack p", ["prod"]),
        ("l9 schema --kind g", ["glue"]),
    ],
)
def test_a_shell_completes_commands_options_and_stacks(words: str, completed: list[str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = subprocess.run([*L9, "completion", "bash"], capture_output=True, text=True, check=True).stdout
    line = f"""
        {script}
        COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _l9_completion l9
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    script_file = tmp_path / "complete.sh"
    script_file.write_text(line)
    done = subprocess.run(["bash", str(script_file)], capture_output=True, text=True, cwd=tmp_path, env=environ)
    assert done.stdout.split() == completed, done.stderr


@pytest.mark.parametrize("refusal", [28, 30, 36])
def test_what_the_machine_refuses_is_no_unhealthy_agent(
    refusal: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(refusal, os.strerror(refusal), "somewhere")

    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("l9stack.running.stack.find_running", refuse)
    assert main(["status", "--json"]) == EXIT_MACHINE
    assert os.strerror(refusal) in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("colour", [True, False])
def test_colour_is_for_terminals_that_want_it(colour: bool, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    environ |= {} if colour else {"NO_COLOR": "1"}
    done = subprocess.run([*L9, "validate", "nowhere"], stderr=theirs, stdout=theirs, cwd=tmp_path, env=environ)
    os.close(theirs)
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == EXIT_INPUT and "nowhere does not exist" in text
    assert ("\x1b[" in text) is colour


def test_the_command_line_is_there_without_its_launcher() -> None:
    done = subprocess.run([sys.executable, "-m", "l9stack", "statu"], capture_output=True, text=True)
    assert done.returncode == EXIT_USAGE and "Did you mean 'status'?" in done.stderr
