"""What a stack is deployed from, checked without the engine: its file, its collection, and that they fit."""

from __future__ import annotations

import os

from l9stack.errors import InputError, Problem
from l9stack.extraction.input_store import VARIABLE, kept_inputs
from l9stack.extraction.prepare import PreparedCollection, plan_of, prepare
from l9stack.infra.needed_services import unplaced_services
from l9stack.infra.settings import StackSettings
from l9stack.infra.settings.stack import check_stack
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.releases.preparation import prepare_release


def prepare_for_stack(project: Project, settings: StackSettings) -> PreparedCollection:
    """What a stack deploys: the release to which it is pinned, else what `l9 up` has extracted, else the working files.

    Raises:
        InputError: they are wrong, or the release is not what it was.
    """
    if settings.release:
        return prepare_release(project, settings.release, settings.settings)
    path = project.root / settings.collection
    if extracted := os.environ.get(VARIABLE):
        return prepare(kept_inputs(project, extracted, path, settings.settings))
    return prepare(Inputs.read(project, path, settings=settings.settings))


def input_problems(project: Project, stack: str) -> tuple[Problem, ...]:
    """Every problem that can be told; what is encrypted in the stack's file is not looked at."""
    try:
        settings = check_stack(project.root, stack)
        if settings.release:
            plan = prepare_release(project, settings.release, settings.settings).plan
        else:
            _, plan = plan_of(Inputs.read(project, project.root / settings.collection, settings=settings.settings))
    except InputError as error:
        return error.problems
    return tuple(unplaced_services(settings, plan, project.root, stack))
