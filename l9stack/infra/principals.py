"""Keys of a stack's principals: agents, anchors and the operator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from l9stack.agent._security.keys import KeyFileError, ensure_keys
from l9stack.errors import InputError, Problem
from l9stack.infra.deployment_files import provider_lock
from l9stack.project import Project

OPERATOR = "operator"


def principals_of(agents: Iterable[str], anchors: Iterable[str]) -> tuple[str, ...]:
    """Everybody of some agents who acts by a key of their own."""
    return (*(f"agent:{agent}" for agent in agents), *(f"anchor:{anchor}" for anchor in anchors), OPERATOR)


def make_keys(project: Project, principals: Sequence[str]) -> None:
    """A key for everybody who has none, one run at a time.

    Raises:
        InputError: a key that is there, or their list, is damaged: only a person knows what may take its place.
    """
    try:
        with provider_lock(project, "keys"):
            ensure_keys(project.keys, principals)
    except KeyFileError as error:
        raise InputError([Problem("bad-key", str(error))]) from error
