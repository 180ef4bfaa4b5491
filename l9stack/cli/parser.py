"""The grammar of the command line. Handlers are named as text and imported when called: `l9 --help` stays fast."""

from __future__ import annotations

import argparse
import string
from collections.abc import Callable
from typing import Any

from l9stack import __version__

_EPILOG = """exit codes: 0 ok, 1 input wrong or gate failed, 2 usage, 3 drift found (preview --exit-code),
4 locked by another run, 5 Pulumi engine missing or failed, 6 backend or agent not healthy, 130 interrupted"""

_OF_STACKS = frozenset(f"{string.ascii_letters}{string.digits}.-_")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _stack(text: str) -> str:
    if not text or len(text) > 100 or not set(text) <= _OF_STACKS or not text.strip("."):
        raise argparse.ArgumentTypeError("a stack's name has letters, digits, '.', '-' and '_', 100 at most")
    return text


def _stack_option(to: argparse._ActionsContainer, told: str = "stack name (default: dev)", **more: Any) -> None:
    to.add_argument("--stack", type=_stack, help=told, **more)


_OR_ANOTHER = "stack name (default: dev; another collection gets dev-<collection>)"
Add = Callable[..., argparse.ArgumentParser]


def _generation(add: Add) -> None:
    command = add("validate", "inspecting:validate", "check a collection; lists unbound operations as questions")
    command.add_argument(
        "path", nargs="?", help="a collection: a file, or a folder with glue and answers beside the schemas"
    )
    _stack_option(command, "check a stack's config, and the collection that it deploys")
    command.add_argument("--meta", help="folder with the four meta templates (default: the project's templates/meta)")

    command = add("graph", "inspecting:graph", "show agents, dependencies, waves and wirings")
    command.add_argument("path", help="a collection: a file or a folder")
    command.add_argument("--format", choices=("text", "mermaid", "json"), default="text")
    command.add_argument("--meta", help="folder with the four meta templates")

    command = add("prompt", "inspecting:prompt", "print a prompt by which a language model can write the modules")
    command.add_argument("path", help="a collection: a file or a folder")
    command.add_argument("--output", help="write it to this file, and print the file's name")
    command.add_argument("--meta", help="folder with the four meta templates")

    command = add("extract", "extracting:extract", "generate, prove and publish extractions")
    command.add_argument("path", nargs="*", help="a collection: a file or a folder; several are extracted side by side")
    command.add_argument(
        "--all", metavar="FOLDER", help="every collection in a folder: its sub-folders and schema files"
    )
    command.add_argument(
        "--jobs", type=_positive, help="test runs, or collections, at a time (default: one for each core)"
    )
    command.add_argument(
        "--output", default="extractions", help="where <collection>_<time>/ is made (default: %(default)s)"
    )
    command.add_argument("--meta", help="folder with the four meta templates")

    command = add("verify", "extracting:verify", "check an extraction against its signed evidence, offline")
    command.add_argument("extraction", help="the folder of an extraction")


def _authoring(add: Add) -> None:
    command = add("init", "init:init", "make a folder a project, with a collection of two agents to begin with")
    command.add_argument("folder", nargs="?", default=".", help="default: the working directory")
    command.add_argument("--example", action="store_true", help="begin with the claims desk, an example of five agents")

    command = add("new", "authoring:new", "scaffold a collection, or an agent in one")
    command.add_argument("path", help="the collection's folder; made where it is not there")
    command.add_argument("--agent", help="add an agent of this name to it")

    command = add("schema", "authoring:schema", "print the JSON Schema of an agent, by which editors check")
    command.add_argument(
        "--kind", choices=("agent", "glue", "answers", "manifest"), default="agent", help="default: %(default)s"
    )

    command = add("explain", "explaining:explain", "tell where a setting's value comes from, and what it overrides")
    command.add_argument("setting", help="AGENT.SETTING, or AGENT for all of its settings")
    _stack_option(command, _OR_ANOTHER)
    _collection_options(command)

    command = add("bind", "binding:bind", "write a typed function and a failing example test for an operation")
    command.add_argument("operation", help="AGENT.OPERATION")
    _collection_options(command)

    command = add(
        "import", "importing:import_", "take modules that someone else wrote, and prove them by the same gates"
    )
    command.description = (
        "Take modules that someone else wrote, and prove them by the same gates. What passes is kept in `imported` "
        "beside the collection (NAME.imported for a single file) and is used by every extraction from then on; to take "
        "it back, use --remove, or delete it there. An operation that nobody has bound stays unbound."
    )
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "folder",
        nargs="?",
        help="modules below their rootpaths, as an extraction's code/ has them; or what holds code/",
    )
    which.add_argument("--remove", metavar="AGENT.MODULE", help="forget an imported module: generate it again")
    command.add_argument(
        "--output", default="extractions", help="where <collection>_<time>/ is made (default: %(default)s)"
    )
    _collection_options(command)


def _delivery(add: Add) -> None:
    command = add("diff", "delivering:diff", "tell edited files from changed schemas, since the last extraction")
    _collection_options(command)
    command.add_argument("--exit-code", action="store_true", help="exit with 3 where something differs")
    command.add_argument("--stat", action="store_true", help="only the summary, without the changed lines")

    command = add("deliver", "delivering:deliver", "put an extraction into an existing checkout, merging hand edits")
    command.add_argument("path", help="the checkout")
    _collection_options(command)
    command.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    command.add_argument("--commit", action="store_true", help="commit what was delivered, with the guide's message")
    command.add_argument(
        "--conflicts",
        choices=("refuse", "mine", "new"),
        default="refuse",
        help="lines that both sides changed: refuse to deliver, keep mine, or take the new ones (default: %(default)s)",
    )


def _collection_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--collection", help="a collection: a file or a folder (default: the project's own)")
    command.add_argument("--meta", help="folder with the four meta templates")


def _stack_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--collection", help="a collection: a file or a folder (default: what the stack is configured with)"
    )
    _stack_option(command, _OR_ANOTHER)


def _deployment(add: Add) -> None:
    command = add("up", "deploying:up", "extract and deploy a collection; mends drift")
    _stack_options(command)
    command.add_argument("--unpin", action="store_true", help="deploy the working files again, not a pinned release")
    command.add_argument("--yes", action="store_true", help="do not ask before a protected stack is changed")

    command = add("preview", "deploying:preview", "show what `l9 up` would change, drift included; changes nothing")
    _stack_options(command)
    command.add_argument("--exit-code", action="store_true", help="exit with 3 where something would change")

    command = add("down", "removing:down", "stop a stack's agents; data stays unless --purge")
    _stack_option(command, "only this stack (default: every stack that runs on this machine)")
    command.add_argument("--purge", action="store_true", help="also remove the data of its backends (asks first)")
    command.add_argument("--yes", action="store_true", help="do not ask")

    command = add("status", "observing:status", "agents and backends of a stack, as they are now")
    _stack_option(command)

    command = add("health", "observing:health", "how every part of a stack is; with --wait, until all is well")
    _stack_option(command)
    command.add_argument("--wait", action="store_true", help="wait until everything is healthy, or the time is over")
    command.add_argument(
        "--timeout", type=_positive, default=120, metavar="SECONDS", help="how long to wait (default: %(default)s)"
    )

    command = add("manifest", "manifesting:manifest", "write and print the deployment manifest of a stack")
    _stack_option(command)

    command = add(
        "export", "exporting:export", "write a stack as a Compose file, in a folder that `docker compose up` runs"
    )
    command.add_argument("format", choices=("compose",))
    _stack_option(command)
    command.add_argument("--output", help="the folder (default: deployments/STACK/compose)")

    command = add("logs", "observing:logs", "show an agent's log")
    command.add_argument("agent")
    _stack_option(command)
    command.add_argument(
        "--lines", type=_positive, default=50, help="how many of the last lines (default: %(default)s)"
    )
    command.add_argument("--follow", action="store_true", help="go on until interrupted")


def _releases(add: Add) -> None:
    command = add("promote", "releasing:promote", "deploy to a stack exactly what another one runs, by digest")
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--from", dest="source", type=_stack, metavar="STACK", help="the stack whose release is taken")
    source.add_argument("--release", metavar="DIGEST", help="a release by its digest, or the first digits of it")
    command.add_argument(
        "--to", dest="target", type=_stack, metavar="STACK", required=True, help="the stack that gets it"
    )
    command.add_argument("--yes", action="store_true", help="do not show what would change, and do not ask")

    command = add("rollback", "releasing:rollback", "return a stack to the release before, by digest")
    _stack_option(command, "stack name", required=True)
    where = command.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="DIGEST", help="a release by its digest, or the first digits of it")
    where.add_argument("--steps", type=_positive, default=1, help="how many releases to go back (default: %(default)s)")
    command.add_argument("--yes", action="store_true", help="do not show what would change, and do not ask")

    command = add("releases", "releasing:releases", "list what was deployed to a stack, newest first")
    which = command.add_mutually_exclusive_group()
    _stack_option(which)
    which.add_argument("--export", nargs=2, metavar=("DIGEST", "FILE"), help="write a release to a file")
    which.add_argument("--import", dest="import_", metavar="FILE", help="take a release from such a file")


def _archive(add: Add) -> None:
    command = add(
        "archive", "archiving:archive", "print the policy that the keys of a stack's archive need, as IAM has it"
    )
    command.add_argument("what", choices=("policy",), metavar="policy", help="the policy, for a bucket of S3")
    command.add_argument(
        "--for", dest="whom", choices=("agents", "deployer"), default="agents", help="default: %(default)s"
    )
    command.add_argument("--bucket", metavar="URL", help="s3://BUCKET (default: l9stack:backends.archive of the stack)")
    _stack_option(command, default="dev")
    command.add_argument("--collection", help="a collection (default: what the stack is configured with)")


def _operation(add: Add) -> None:
    command = add("call", "operating:call", "call an operation of a running agent, authorised as the operator")
    command.add_argument("operation", help="AGENT.OPERATION")
    command.add_argument("--data", default="{}", help="the request as JSON, or @FILE, or - for standard input")
    _stack_option(command)

    command = add("token", "operating:token", "print a short-lived token for one agent")
    command.add_argument("agent")
    command.add_argument("--as", dest="principal", default="operator", help="operator, or a governance anchor's name")
    command.add_argument("--minutes", type=_positive, default=5, help="lifetime, at most 15 (default: %(default)s)")
    _stack_option(command)

    command = add("monitoring", "watching:monitoring", "tell where a stack's dashboards are; check that they have data")
    _stack_option(command)
    command.add_argument(
        "--check", action="store_true", help="exit with 6 where a panel has no data or a rule is not loaded"
    )
    command.add_argument("--prometheus", metavar="URL", help="another than the stack's own")
    command.add_argument(
        "--minutes", type=_positive, default=15, help="how far back calls count (default: %(default)s)"
    )

    command = add("decisions", "operating:decisions", "list an agent's pending decisions")
    command.add_argument("agent")
    _stack_option(command)

    command = add("audit", "operating:audit", "check an agent's audit chain against its last audit anchor")
    command.add_argument("agent")
    _stack_option(command)

    command = add("decide", "operating:decide", "settle a pending decision as a governance anchor of the agent")
    command.add_argument("agent")
    command.add_argument("decision", help="the decision's id")
    command.add_argument("--as", dest="anchor", required=True, help="the governance anchor who decides")
    command.add_argument("--verdict", choices=("approve", "block", "override"), default="approve")
    command.add_argument(
        "--data", default="null", help="the answer as JSON, checked against the response model, or @FILE"
    )
    _stack_option(command)


def _machine(add: Add) -> None:
    add("doctor", "machine:doctor", "tell what is there, what is missing, and how to get it")
    command = add("engine", "machine:obtain", "obtain the Pulumi engine now, and print where it is")
    command.add_argument("--quiet", action="store_true", help="no progress")
    add("env", "machine:env", 'print shell lines; after eval "$(l9 env)" plain `pulumi up` works in the project')


def build() -> argparse.ArgumentParser:
    """The whole parser; each command sets `handler` to `module:function` below `l9stack.cli`."""
    parser = argparse.ArgumentParser(
        prog="l9",
        description="Collections of agent schemas become running, governed multi-agent systems.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"l9stack {__version__}")
    parser.add_argument("--project", help="the project's folder (default: nearest folder upward with a Pulumi.yaml)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, handler: str, summary: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=summary, description=summary.capitalize() + "."
        )
        command.add_argument("--json", action="store_true", help="print one JSON document instead of text")
        command.set_defaults(handler=handler)
        return command

    for group in (_generation, _authoring, _delivery, _deployment, _releases, _operation, _archive, _machine):
        group(add)
    return parser
