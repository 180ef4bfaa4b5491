"""The one Jinja environment: undefined names are errors, nothing is escaped by Jinja, quoting is explicit."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from l9stack import printable
from l9stack.errors import InputError, Place, Problem
from l9stack.inputs.generator import shipped_templates, templates_folder
from l9stack.model.collection import OwnTemplate
from l9stack.rendering import quoting

_OPTIONS: dict[str, Any] = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,  # no HTML is rendered; every value goes through quoting
}
_OWN: ContextVar[Environment | None] = ContextVar("environment of a collection with templates of its own", default=None)


@cache
def environment() -> Environment:
    """The environment of the shipped templates, with one filter per format."""
    return _furnished(Environment(loader=_shipped(), **_OPTIONS))  # noqa: S701


def _shipped() -> BaseLoader:
    """The shipped templates as they were read, whose digests an attestation names."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        data = shipped_templates().get(name)
        return None if data is None else (data.decode(), str(templates_folder() / name), lambda: True)

    return FunctionLoader(load)


@contextmanager
def own_templates(templates: Sequence[OwnTemplate]) -> Iterator[None]:
    """As long as this lasts, a collection's own templates come first, and everything runs in Jinja's sandbox.

    Raises:
        InputError: where one of them fails, with its file and line.
    """
    if not templates:
        yield
        return
    texts = {template.name: template for template in templates}

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        found = texts.get(name)
        return (found.text, found.place.file, lambda: True) if found else None

    loader = ChoiceLoader([FunctionLoader(load), _shipped()])
    token = _OWN.set(_furnished(ImmutableSandboxedEnvironment(loader=loader, **_OPTIONS)))
    try:
        yield
    except Exception as error:
        if problem := _problem(error, {template.place.file for template in templates}):
            raise InputError([problem]) from error
        raise
    finally:
        _OWN.reset(token)


def _problem(error: Exception, files: Collection[str]) -> Problem | None:
    """What is wrong with an own template, where the error comes from one."""
    if isinstance(error, TemplateSyntaxError):
        named = error.filename or ""
        place = Place(named, error.lineno) if named in files else None
    else:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
        place = Place(frames[-1].filename, frames[-1].lineno or 1) if frames else None
    if place is None:
        return None
    hint = "docs/templates.md names what a template is given"
    return Problem("bad-template", f"the template fails: {str(error) or type(error).__name__}", place, hint)


def _furnished(made: Environment) -> Environment:
    made.filters |= {
        "python": quoting.python,
        "docstring": quoting.docstring,
        "comment": quoting.comment,
        "markdown": printable.markdown,
        "code": printable.markdown_code,
        "table_code": printable.table_code,
        "yaml": quoting.yaml,
        "yaml_key": quoting.yaml_key,
        "shell": quoting.shell,
        "json": quoting.json_text,
        "mermaid": printable.mermaid,
    }
    return made


def render_template(template: str, **values: Any) -> str:
    """The template's text; exactly one newline ends it."""
    text = (_OWN.get() or environment()).get_template(template).render(**values)
    return text.strip("\n") + "\n"
