"""The one Jinja environment: undefined names are errors, nothing is escaped by Jinja, quoting is explicit."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from l9stack import printable
from l9stack.rendering import quoting
from l9stack.sources import templates_folder


@cache
def environment() -> Environment:
    """The environment with one filter per format."""
    made = Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML is rendered; every value goes through quoting
    )
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


def fill(template: str, **values: Any) -> str:
    """The template's text; exactly one newline ends it."""
    text = environment().get_template(template).render(**values)
    return text.strip("\n") + "\n"
