"""A collection as read: agents, glue, answers, and remarks on what was read."""

from __future__ import annotations

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.base import Model
from l9stack.model.glue import Answers, Glue


class ImportedModule(Model):
    """A module that somebody else wrote in place of the generated one; `path` is below the import root."""

    path: str
    text: str
    place: Place


class OwnTemplate(Model):
    """A template beside the collection: in place of the shipped one that it `shadows`, or one that glue names."""

    name: str
    """`modules/controller.py.j2`."""
    text: str
    place: Place
    shadows: bool


class Collection(Model):
    """Everything that a user wrote for one system of agents."""

    name: str
    """snake_case; the file's stem, or the folder's name."""
    root: str
    agents: tuple[AgentSpec, ...]
    glue: Glue = Glue()
    answers: Answers = Answers()
    answers_file: str = "answers.yaml"
    """The name of the file that answers belong to, whether it is there or not."""
    imported: tuple[ImportedModule, ...] = ()
    templates: tuple[OwnTemplate, ...] = ()
    implementations: dict[str, bytes] = {}
    """The user's own files below `implementations`, by path there: parsed by planning, and run by the gates alone."""
    notes: tuple[Problem, ...] = ()
