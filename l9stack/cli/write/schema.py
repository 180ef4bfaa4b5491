"""`l9 schema`: what editors check collections by."""

from __future__ import annotations

import click

from l9stack.cli.options import json_option
from l9stack.cli.printing import print_json

KINDS = ("agent", "glue", "answers", "manifest")


@click.command()
@click.option("--kind", type=click.Choice(KINDS), default="agent", show_default=True, help="Which file it is of.")
@json_option
def schema(kind: str, as_json: bool) -> int:
    """Print the JSON Schema of a kind of file, for editors.

    It is JSON with and without --json.
    """
    from l9stack.model.deployment import deployment_schema
    from l9stack.reading.glue_schema import answers_schema, glue_schema
    from l9stack.reading.schema import agent_schema

    kinds = {"agent": agent_schema, "glue": glue_schema, "answers": answers_schema, "manifest": deployment_schema}
    print_json(kinds[kind]())
    return 0
