"""Options that many commands have, each with one meaning; and what a command is about: a collection, a stack."""

from __future__ import annotations

import functools
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from l9stack.errors import InputError, Place, Problem
from l9stack.project import Project

DEFAULT_STACK = "dev"
F = TypeVar("F", bound=Callable[..., Any])
_OF_STACKS = frozenset(f"{string.ascii_letters}{string.digits}.-_")
_OR_ANOTHER = "Stack name (default: dev; another collection gets dev-<collection>)."

pass_project = click.pass_obj
"""The project that was named, or the nearest one upward, as the first argument of a command."""


def pass_stack_project(function: F) -> F:
    """The same for commands about stacks, which only a project has: a folder that is none is told as such."""

    @click.pass_obj
    @functools.wraps(function)
    def within(project: Project, *arguments: Any, **options: Any) -> Any:
        require_project(project)
        return function(project, *arguments, **options)

    return cast(F, within)


def require_project(project: Project) -> None:
    """Refuse a folder that the engine would not know as a project either.

    Raises:
        InputError: most often somebody stands in another folder.
    """
    if not (project.root / "Pulumi.yaml").is_file():
        message = f"there is no project in {project.root} or above: no Pulumi.yaml"
        hint = "go to the project's folder, or name it: `l9 --project PATH …`; `l9 init` makes one of this folder"
        raise InputError([Problem("no-project", message, hint=hint)])


class ExistingPath(click.ParamType[Path]):
    """A path that is there, made absolute; for one that is not, a problem and no usage error: exit code 1."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; raises InputError where nothing is there."""
        return existing_path(str(value))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files and folders, by the shell itself."""
        return [CompletionItem(incomplete, type="file")]


class StackName(click.ParamType[str]):
    """A stack's name, as it stands in `Pulumi.NAME.yaml`."""

    name = "stack"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; a usage error where it can be none."""
        text = str(value)
        if not text or len(text) > 100 or not set(text) <= _OF_STACKS or not text.strip("."):
            self.fail("a stack's name has letters, digits, '.', '-' and '_', 100 at most", param, ctx)
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The stacks that the project has a file of."""
        from l9stack.reading.stack import stack_names

        return [CompletionItem(name) for name in stack_names(_project(ctx).root) if name.startswith(incomplete)]


class AgentName(click.ParamType[str]):
    """An agent of what is deployed; `AGENT.OPERATION` for those that say so is completed up to the dot."""

    name = "agent"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The agents of the stack's manifest, where it was deployed."""
        from l9stack.running.manifest import read_manifest

        manifest = read_manifest(_project(ctx), ctx.params.get("stack") or DEFAULT_STACK)
        names = sorted(manifest.agents) if manifest else []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _project(ctx: click.Context) -> Project:
    """The project of a command line that is being completed, whose first words were not run."""
    named = ctx.find_root().params.get("project")
    return Project(Path(named).resolve()) if named else Project.find()


EXISTING = ExistingPath()
STACK = StackName()
AGENT = AgentName()
POSITIVE = click.IntRange(min=1)


def json_option(function: F) -> F:
    """`--json`: one JSON document on standard output instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")(function)


def stack_option(function: F) -> F:
    """`-s/--stack`: one stack of the project."""
    return click.option("-s", "--stack", type=STACK, metavar="STACK", help="Stack name (default: dev).")(function)


def deployment_options(function: F) -> F:
    """`-c/--collection` and `-s/--stack` of what is deployed."""
    stack = click.option("-s", "--stack", type=STACK, metavar="STACK", help=_OR_ANOTHER)
    return _collection("A collection: a file or a folder (default: what the stack is configured with).")(
        stack(function)
    )


def collection_option(function: F) -> F:
    """`-c/--collection`: the collection that is meant."""
    return _collection("A collection: a file or a folder (default: the project's own).")(function)


def _collection(text: str) -> Callable[[F], F]:
    return click.option("-c", "--collection", type=EXISTING, metavar="PATH", help=text)


def path_argument(function: F) -> F:
    """`[PATH]`, or `-c/--collection`: a collection, which may be left out where the project has one."""
    argument = click.argument("path", required=False, type=EXISTING)
    return argument(collection_option(function))


def meta_option(function: F) -> F:
    """`--meta`: other meta templates than the project's."""
    text = "Folder with the four meta templates (default: the project's templates/meta, else the shipped)."
    return click.option("--meta", metavar="FOLDER", help=text)(function)


def output_option(function: F) -> F:
    """`-o/--output`: where extractions are made."""
    text = "Where <collection>_<time>/ is made."
    return click.option(
        "-o", "--output", type=click.Path(path_type=Path), default="extractions", show_default=True, help=text
    )(function)


def yes_option(text: str) -> Callable[[F], F]:
    """`-y/--yes`: agreed beforehand."""
    return click.option("-y", "--yes", is_flag=True, help=text)


def exit_code_option(text: str) -> Callable[[F], F]:
    """`--exit-code`: 3 where something differs, for scripts."""
    return click.option("--exit-code", is_flag=True, help=text)


def existing_path(text: str) -> Path:
    """`text` as an existing path; a clear problem where it is none."""
    path = Path(text)
    if not path.exists():
        raise InputError([Problem("no-such-path", f"{text} does not exist", Place(text), "give a file or a folder")])
    return path.resolve()


def one_path(path: Path | None, collection: Path | None) -> Path | None:
    """The collection that was named in either way; both at once are a usage error."""
    if path and collection:
        raise click.UsageError("name the collection once: PATH, or --collection PATH")
    return path or collection


def chosen_collection(project: Project, named: Path | None, stack: str = DEFAULT_STACK) -> Path:
    """The collection that was named, else the one that a stack deploys, else the only one of the project.

    Raises:
        InputError: none is named, and the project has none, or several.
    """
    if named:
        return named
    from l9stack.reading.stack import read_stack

    sources = read_stack(project.root, stack)
    if sources is not None:
        return existing_path(str(project.root / sources.collection))
    folder = project.root / "input_schemas"
    own = sorted(path for path in folder.iterdir() if path.name[0] not in "._") if folder.is_dir() else []
    if len(own) == 1:
        return own[0]
    if not own:
        hint = "name one: --collection PATH; or begin one: `l9 new input_schemas/NAME`"
        raise InputError([Problem("no-collection", "no collection is named, and the project has none", None, hint)])
    names = ", ".join(project.shown(path) for path in own)
    message = f"no collection is named, and the project has {len(own)}: {names}"
    raise InputError([Problem("no-collection", message, None, "name one: --collection PATH")])


def stack_name(stack: str | None, collection: Path | None = None) -> str:
    """The stack that was named; else `dev`, or `dev-<collection>` for a collection other than the project's own."""
    if stack:
        return stack
    return stack_of(collection) if collection else DEFAULT_STACK


def stack_of(collection: Path) -> str:
    """The stack of a collection other than the project's own, where none is named."""
    from l9stack.inputs.names import collection_name

    return f"{DEFAULT_STACK}-{collection_name(collection)}"


def stack_words(stack: str) -> str:
    """` --stack NAME`, where a printed command has to say it."""
    return "" if stack == DEFAULT_STACK else f" --stack {stack}"
