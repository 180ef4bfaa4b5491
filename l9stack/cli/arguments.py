"""What a command is about: the project, a readable path, a stack's name."""

from __future__ import annotations

import argparse
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.inputs.names import collection_name
from l9stack.project import Project

DEFAULT_STACK = "dev"


def project_of(arguments: argparse.Namespace) -> Project:
    """The project that was named, or the nearest one upward."""
    return Project(Path(arguments.project).resolve()) if arguments.project else Project.find()


def existing_path(text: str) -> Path:
    """`text` as an existing path; a clear problem where it is none."""
    path = Path(text)
    if not path.exists():
        raise InputError([Problem("no-such-path", f"{text} does not exist", Place(text), "give a file or a folder")])
    return path.resolve()


def collection_of(arguments: argparse.Namespace, project: Project, stack: str = DEFAULT_STACK) -> Path:
    """The collection that was named, else the one that a stack of the project deploys."""
    if arguments.collection:
        return existing_path(arguments.collection)
    from l9stack.reading.stack import read_stack

    sources = read_stack(project.root, stack)
    if sources is None:
        problem = Problem(
            "no-collection", "no collection is named, and the project has none", None, "--collection PATH"
        )
        raise InputError([problem])
    return existing_path(str(project.root / sources.collection))


def stack_name(arguments: argparse.Namespace) -> str:
    """The stack that was named; else `dev`, or `dev-<collection>` for a collection other than the project's own."""
    if arguments.stack:
        return str(arguments.stack)
    collection = getattr(arguments, "collection", None)
    if not collection:
        return DEFAULT_STACK
    return stack_of(existing_path(collection))


def stack_of(collection: Path) -> str:
    """The stack of a collection other than the project's own, where none is named."""
    return f"{DEFAULT_STACK}-{collection_name(collection)}"
