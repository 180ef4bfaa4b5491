"""`docs/commands.md`: every command with its usage, options and exit codes, as click has them."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

import l9stack
from l9stack import errors
from l9stack.cli.commands import GROUPS, CommandRow, l9
from l9stack.errors import EXIT_CODES, EXIT_DRIFT, EXIT_ENGINE, EXIT_LOCKED, EXIT_RUNTIME
from tests.docs.references.markdown import code, prose, table

_PACKAGE = Path(l9stack.__file__).parent
_ERRORS = {"EngineError": EXIT_ENGINE, "LockedError": EXIT_LOCKED, "ServiceError": EXIT_RUNTIME}
_ASKS_AGENTS = dict.fromkeys(("status", "health", "logs", "call", "decisions", "decide", "audit"), (EXIT_RUNTIME,))
_BY_ENGINE = dict.fromkeys(("up", "promote", "rollback", "down"), (EXIT_LOCKED, EXIT_ENGINE, EXIT_RUNTIME))
ENDS: dict[str, tuple[int, ...]] = {
    "import": (EXIT_LOCKED, EXIT_RUNTIME),
    "extract": (EXIT_LOCKED, EXIT_RUNTIME),
    "diff": (EXIT_DRIFT,),
    "deliver": (EXIT_LOCKED,),
    **_BY_ENGINE,
    "preview": (EXIT_DRIFT, EXIT_LOCKED, EXIT_ENGINE),
    "releases": (EXIT_ENGINE,),
    **_ASKS_AGENTS,
    "monitoring": (EXIT_RUNTIME,),
    "manifest": (EXIT_ENGINE,),
    "doctor": (),
    "engine": (EXIT_ENGINE,),
    "env": (EXIT_ENGINE,),
}
"""Which of the codes 3 to 6 a command may end with; tests hold it within what its modules can raise."""
_HEAD = """# Commands

Made by `make regen` from the commands themselves. `l9 COMMAND --help` prints the same.

A project is the folder with `Pulumi.yaml`, here or upward. Where a command takes a collection, it may be left out in a
project that has one: it is what the stack deploys, else what is alone in `input_schemas/`. With `--json`, standard
output is one JSON document, also where the command fails. `NO_COLOR`, a pipe and `TERM=dumb` give plain lines. Nobody
is asked where standard input is no terminal: what would ask wants `--yes`, or does nothing.
"""


def commands_page() -> str:
    """The page in Markdown."""
    parts = [_HEAD, "\n## Exit codes\n\n", table(("code", "meaning"), _codes())]
    common = "Each command ends with one of 0, 1, 2, 7 and 130, and with those of 3 to 6 that stand beside it.\n"
    parts += ["\n", common, "\n## `l9`\n\n", _options(click.Context(l9, info_name="l9"))]
    for title, rows in GROUPS.items():
        parts.append(f"\n## {title}\n")
        parts += [_command(row) for row in rows]
    return "".join(parts)


def _codes() -> Iterator[tuple[str, str]]:
    yield from ((str(number), prose(meaning)) for number, meaning in EXIT_CODES.items())


def _command(row: CommandRow) -> str:
    command = l9.get_command(click.Context(l9), row.name)
    assert command is not None
    context = click.Context(command, info_name=row.name, parent=click.Context(l9, info_name="l9"))
    usage = " ".join(["l9", row.name, *command.collect_usage_pieces(context)])
    text = inspect.cleandoc(command.help or "")
    about = "\n\n".join(map(_paragraph, text.split("\n\n")))
    ends = ", ".join(f"{number} ({EXIT_CODES[number].partition(' (')[0]})" for number in ENDS.get(row.name, ()))
    more = f"\nAlso ends with {ends}.\n" if ends else ""
    return f"\n### `l9 {row.name}`\n\n```text\n{usage}\n```\n\n{about}\n\n{_options(context)}{more}"


def _paragraph(text: str) -> str:
    """A paragraph of help; one that click is told not to wrap stays as it is."""
    return f"```text\n{text[1:].strip(chr(10))}\n```" if text.startswith("\b") else prose(text)


def _options(context: click.Context) -> str:
    rows = []
    for parameter in context.command.get_params(context):
        if isinstance(parameter, click.Option):
            record = parameter.get_help_record(context)
            if record is not None and "--help" not in parameter.opts:
                rows.append((code(record[0]), prose(record[1])))
    return table(("option", "meaning"), rows) if rows else ""


def possible_codes(row: CommandRow, command: click.Command) -> set[int]:
    """The codes 3 to 6 that the modules of a command can raise, or its options ask for: it ends with no other."""
    modules = _reached(f"l9stack.cli.{row.home.partition(':')[0]}")
    found = {number for module in modules for name, number in _ERRORS.items() if name in _module(module)[1]}
    return found | ({EXIT_DRIFT} if any("--exit-code" in each.opts for each in command.params) else set())


def _reached(module: str) -> set[str]:
    """The module and all of ours that it may import, at whatever moment."""
    found: set[str] = set()
    open_ends = [module]
    while open_ends:
        if (name := open_ends.pop()) not in found:
            found.add(name)
            open_ends += _module(name)[0]
    return found


@cache
def _module(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a module of ours imports of ours, types alone left out, and the names of the errors that it raises."""
    imports: set[str] = set()
    raised: set[str] = set()
    for node in _run(ast.parse(_path(name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "l9stack":
            below = {each.name: f"{node.module}.{each.name}" for each in node.names}
            imports |= {dotted if _path(dotted).exists() else str(node.module) for dotted in below.values()}
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised |= {each.id for each in ast.walk(node.exc) if isinstance(each, ast.Name)}
    return frozenset(imports), frozenset(raised)


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below, without what is for types alone."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _run(child)


def _path(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def stated_codes() -> set[int]:
    """Every exit code that the program names: constants and those of its errors."""
    constants = {value for name, value in vars(errors).items() if name.startswith("EXIT_") and isinstance(value, int)}
    raised = {
        value.exit_code for value in vars(errors).values() if inspect.isclass(value) and hasattr(value, "exit_code")
    }
    return constants | raised


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its name."""
    for rows in GROUPS.values():
        for row in rows:
            module, _, attribute = row.home.partition(":")
            yield row.name, getattr(importlib.import_module(f"l9stack.cli.{module}"), attribute)
