"""A command line read by the grammar alone: nothing is run, and no path has to be there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from l9stack.cli.commands import l9


def parsed(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The command and what was given to it, as text; raises click.UsageError where the words are none of `l9`'s."""
    root = click.Context(l9, info_name="l9")
    parser = l9.make_parser(root)
    parser.allow_interspersed_args = False
    _, rest, _ = parser.parse_args(list(words))
    name, command, rest = l9.resolve_command(root, rest)
    assert name is not None
    assert command is not None
    context = click.Context(command, info_name=name, parent=root)
    values, more, _ = command.make_parser(context).parse_args(rest)
    if more:
        raise click.UsageError(f"{more} is too much for {name}")
    for parameter in command.params:
        if parameter.required and not isinstance(values.get(parameter.name), str):
            raise click.MissingParameter(ctx=context, param=parameter)
    return name, values
