"""What has to hold before a stack is touched: its secrets have a key, and a protected one is changed knowingly."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from l9stack.cli.options import DEFAULT_STACK, stack_name
from l9stack.errors import InputError, Place, Problem
from l9stack.project import Project
from l9stack.reading.stack import secrets_provider, stack_names, stack_text

DEFAULT_RUNTIME = "local"


def runtime_of(project: Project, stack: str) -> str:
    """The runtime that a stack's file names."""
    return stack_text(project.root, stack, "l9stack:runtime") or DEFAULT_RUNTIME


def is_protected(project: Project, stack: str) -> bool:
    """Whether a stack's file says that it is protected."""
    return stack_text(project.root, stack, "l9stack:protect").lower() == "true"


def pinned_release(project: Project, stack: str) -> str:
    """The digest of the release to which a stack is pinned; empty where it deploys the working files."""
    return stack_text(project.root, stack, "l9stack:release")


def chosen_stack(project: Project, named: str | None, collection: Path | None) -> str:
    """The stack that was named, which has a file, or gets one with a collection of its own; else the usual one."""
    stack = stack_name(named, collection)
    return known_stack(project, stack) if named and not collection and stack != DEFAULT_STACK else stack


def known_stack(project: Project, stack: str) -> str:
    """The stack, where the project has a file of it.

    Raises:
        InputError: there is none; naming a stack that was never described deploys to nowhere by accident.
    """
    files = stack_names(project.root)
    if stack not in files:
        hint = f"stacks with a file: {', '.join(files)}" if files else f"describe it in Pulumi.{stack}.yaml"
        problem = Problem("no-stack", f"the project has no stack {stack}", Place(f"Pulumi.{stack}.yaml"), hint)
        raise InputError([problem])
    return stack


def require_secrets_key(project: Project, stack: str) -> None:
    """Refuse a stack that keeps secrets before the engine makes it with a key that protects nothing.

    Raises:
        InputError: with the commands that give it one.
    """
    runtime = runtime_of(project, stack)
    provider = secrets_provider(project.root, stack)
    if runtime == DEFAULT_RUNTIME or provider not in ("", "passphrase") or _has_passphrase():
        return
    file = f"~/.config/l9stack/{stack}.passphrase"
    hint = (
        f"a passphrase of your own: `mkdir -p ~/.config/l9stack && (umask 077 && openssl rand -base64 32 > {file}) && "
        f"export PULUMI_CONFIG_PASSPHRASE_FILE={file}`, and keep a copy where the team keeps its secrets; "
        f"or a key of your cloud, as a line of Pulumi.{stack}.yaml: `secretsprovider: awskms://alias/NAME?region=REGION`"
    )
    message = f"stack {stack} keeps secrets in its state, and nothing says how they are encrypted"
    raise InputError([Problem("no-secrets-provider", message, Place(f"Pulumi.{stack}.yaml"), hint)])


def _has_passphrase() -> bool:
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if file and not Path(file).is_file():
        problem = Problem("no-passphrase", "PULUMI_CONFIG_PASSPHRASE_FILE names a file that is not there", Place(file))
        raise InputError([problem])
    if file and os.environ.get("PULUMI_CONFIG_PASSPHRASE") == "":
        message = "PULUMI_CONFIG_PASSPHRASE is set and empty: the engine takes it, and not the file of the passphrase"
        raise InputError([Problem("empty-passphrase", message, hint="unset PULUMI_CONFIG_PASSPHRASE")])
    return bool(file or os.environ.get("PULUMI_CONFIG_PASSPHRASE"))


def can_ask() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty()


def confirm(question: str) -> bool:
    """Ask on standard error, so that `--json` stays one document; anything but yes is no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
