"""The commands of `l9`, in groups by what a person does. A command's module is imported when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import NamedTuple

import click

from l9stack import __version__


class CommandRow(NamedTuple):
    """One command: its name, `module:attribute` below `l9stack.cli`, and what it does, in a line."""

    name: str
    home: str
    summary: str


GROUPS: dict[str, tuple[CommandRow, ...]] = {
    "Write": (
        CommandRow("init", "write.init:init", "make a folder a project, with two agents to begin with"),
        CommandRow("new", "write.new:new", "scaffold a collection, or an agent in one"),
        CommandRow("bind", "write.bind:bind", "write a typed function and a failing example test for an operation"),
        CommandRow("prompt", "write.prompt:prompt", "print a prompt by which a language model can write the modules"),
        CommandRow(
            "import",
            "write.importing:import_",
            "take modules that someone else wrote, and prove them by the same gates",
        ),
        CommandRow("schema", "write.schema:schema", "print the JSON Schema of a kind of file, for editors"),
    ),
    "Prove": (
        CommandRow("validate", "prove.validate:validate", "check a collection; lists unbound operations as questions"),
        CommandRow("extract", "prove.extract:extract", "generate, prove and publish extractions"),
        CommandRow("verify", "prove.verify:verify", "check an extraction against its signed evidence, offline"),
        CommandRow("diff", "prove.diff:diff", "tell edited files from changed schemas, since the last extraction"),
        CommandRow("deliver", "prove.deliver:deliver", "put an extraction into a checkout, merging hand edits"),
    ),
    "Deploy": (
        CommandRow("up", "deploy.up:up", "extract and deploy a collection; mends drift"),
        CommandRow("preview", "deploy.preview:preview", "show what `l9 up` would change, drift included"),
        CommandRow("down", "deploy.down:down", "stop a stack's agents; data stays unless --purge"),
        CommandRow("promote", "deploy.promote:promote", "deploy to a stack exactly what another one runs, by digest"),
        CommandRow("rollback", "deploy.promote:rollback", "return a stack to the release before, by digest"),
        CommandRow("releases", "deploy.releases:releases", "list what was deployed to a stack, newest first"),
        CommandRow("export", "deploy.export:export", "write a stack as a folder that `docker compose up` runs"),
    ),
    "Operate": (
        CommandRow("status", "operate.status:status", "agents and backends of a stack, as they are now"),
        CommandRow("health", "operate.health:health", "how every part is; with --wait, until all is well"),
        CommandRow("logs", "operate.logs:logs", "show an agent's log"),
        CommandRow("call", "operate.call:call", "call an operation of a running agent, authorised as the operator"),
        CommandRow("decisions", "operate.decisions:decisions", "list an agent's pending decisions"),
        CommandRow("decide", "operate.decisions:decide", "settle a pending decision as a governance anchor"),
        CommandRow("audit", "operate.audit:audit", "check an agent's audit chain against its last audit anchor"),
        CommandRow("token", "operate.token:token", "print a short-lived token for one agent"),
        CommandRow(
            "monitoring", "operate.monitoring:monitoring", "where the dashboards are, and whether they have data"
        ),
    ),
    "Inspect": (
        CommandRow("graph", "inspect.graph:graph", "show agents, dependencies, waves and wirings"),
        CommandRow(
            "explain",
            "inspect.explain:explain",
            "tell where a setting's value comes from, and how a policy is executed",
        ),
        CommandRow("manifest", "inspect.manifest:manifest", "write and print the deployment manifest of a stack"),
        CommandRow("archive", "inspect.archive:archive", "print the policy that the keys of a stack's archive need"),
        CommandRow("doctor", "inspect.doctor:doctor", "tell what is there, what is missing, and how to get it"),
        CommandRow("engine", "inspect.engine:engine", "obtain the Pulumi engine now, and print where it is"),
        CommandRow("env", "inspect.engine:env", 'print shell lines: after eval "$(l9 env)", plain `pulumi up` works'),
        CommandRow("completion", "inspect.completion:completion", "print what makes a shell complete commands"),
    ),
}
"""What `l9 --help` shows, in this order."""

ROWS = {row.name: row for rows in GROUPS.values() for row in rows}

EXTRAS = {"Write": "generate", "Prove": "generate", "Deploy": "deploy", "Inspect": "generate"}
"""The extra that all of a group's commands can do with; what operates agents needs no more than they do."""


class CommandGroup(click.Group):
    """A group whose commands are named by rows, and imported when they are wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, in the order of help."""
        return list(ROWS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now; None where there is none."""
        if (row := ROWS.get(cmd_name)) is None:
            return None
        module, _, attribute = row.home.partition(":")
        command: click.Command = getattr(importlib.import_module(f"l9stack.cli.{module}"), attribute)
        command.name = row.name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is none is told with its neighbours."""
        name = args[0]
        if name not in ROWS and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.NoSuchCommand(name, possibilities=list(ROWS), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A section for each group; nothing is imported for it."""
        width = max(map(len, ROWS))
        for title, rows in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(row.name.ljust(width), row.summary) for row in rows])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes; their table is imported for help alone."""
        from l9stack.errors import EXIT_CODES

        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])


@click.group(
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False),
    help="The project's folder (default: the nearest folder upward with a Pulumi.yaml).",
)
@click.version_option(__version__, message="l9stack %(version)s")
@click.pass_context
def l9(ctx: click.Context, project: str | None) -> None:
    """Collections of agent schemas become running, governed multi-agent systems."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        return
    from pathlib import Path

    from l9stack.project import Project

    ctx.obj = Project(Path(project).resolve()) if project else Project.find()


def extra_of(words: Sequence[str]) -> str:
    """The extra for the command of a command line; empty where no command is named, or what agents have will do."""
    name = next((word for word in words if word in ROWS), "")
    return next((extra for title, extra in EXTRAS.items() if name in {row.name for row in GROUPS[title]}), "")
