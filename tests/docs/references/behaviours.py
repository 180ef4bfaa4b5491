"""`docs/behaviours.md`: what an operation may do, by the models of behaviours, with an example each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import get_args

from l9stack.model.base import Model
from l9stack.model.glue import Behaviour
from tests.docs.references.markdown import code, doc, fields_of, prose, table

EXAMPLES = {
    "record": """
        desk.add_note:
          request: {claim: {type: string, example: C-1}, note: {type: string, example: call back}}
          response: {record_id: string, length: integer}
          behaviour: {record: {assign: {length: len(note)}}}
        """,
    "route": """
        desk.submit:
          request: {claim: {type: string, example: C-1}, amount: {type: number, example: 480}}
          response: {claim: string, limit: number}
          behaviour:
            route:
              to: cover.check
              send: {amount: amount}
              assign: {claim: claim, limit: "min(answer.limit, amount)"}
        """,
    "query_memory": """
        desk.history:
          request: {claim: {type: string, example: C-1}}
          behaviour: {query_memory: {match: [claim], limit: 20}}
        """,
    "check_policy": """
        desk.weigh:
          request: {amount: {type: number, example: 480}}
          behaviour: check_policy
        """,
    "decision_table": """
        cover.check:
          request: {amount: {type: number, minimum: 0, example: 480}}
          response: {covered: boolean, limit: number}
          behaviour:
            decision_table:
              rows:
                - {when: amount > 20000, then: {covered: false, limit: 0}}
              otherwise: {covered: true, limit: =amount}
        """,
    "transform": """
        cover.share:
          request: {amount: {type: number, example: 480}, percent: {type: number, example: 80}}
          response: {share: number}
          behaviour: {transform: {assign: {share: "round(amount * percent / 100, 2)"}}}
        """,
    "echo": """
        cover.ping:
          request: {text: {type: string, example: hello}}
          behaviour: echo
        """,
    "unbound": """
        cover.settle:
          request: {amount: {type: number, example: 480}}
          response: {paid: boolean}
          behaviour: unbound
        """,
    "implementation": """
        cover.assess:
          request: {amount: {type: number, example: 480}}
          response: {estimate: number}
          implementation: shop.assess:assess
        """,
}
"""By behaviour, an entry of `operations:`; together with their agents they are a collection that is planned."""
_NEEDS = {
    "record": "at least one layer of memory",
    "query_memory": "episodic memory",
    "route": "an operation of another agent, which is called",
}
_ANSWERS = {
    "record": "`record_id`, where no response is declared; that field is filled in any case",
    "query_memory": "`count` and `decisions`, where no response is declared",
    "check_policy": "`status` (`APPROVED` or `ESCALATED`), `fired` and `anchors`, where no response is declared",
    "echo": "the request's fields",
    "unbound": "what an anchor says; the caller gets 202 and the decision's id at once",
    "implementation": "what the function returns, checked against the response",
}
_KINDS = {
    "str": "text",
    "int": "whole number",
    "dict[str, str]": "mapping",
    "dict[str, JsonValue]": "mapping",
    "tuple[str, ...]": "list of texts",
    "tuple[TableRow, ...]": "list of rows",
}
_HEAD = """# Behaviours

Made by `make regen` from `l9stack/model/glue.py`, by which glue and answers are read; a test plans each example.

Under `behaviour` of an operation in glue or answers stands the name of one of these alone, or that name over its
parts. An operation without `behaviour` and `implementation` is unbound. Request and response are fields of their own,
with bounds: [the words of glue](glue.md) lists them, and [expressions](expressions.md) what conditions and values may
say. What no behaviour can do is a function of your own: [implementations](implementations.md).
"""


def behaviours_page() -> str:
    """The page in Markdown."""
    rows = [(f"[`{kind}`](#{kind})", prose(doc(model))) for kind, model in models()]
    return "".join(
        [_HEAD, "\n", table(("behaviour", "does"), rows), *(_section(kind, model) for kind, model in models())]
    )


def models() -> Iterator[tuple[str, type[Model]]]:
    """Every behaviour by its word."""
    for model in get_args(get_args(Behaviour)[0]):
        yield str(model.model_fields["kind"].default), model


def example(kind: str) -> str:
    """The entry of `operations:` that shows it."""
    return textwrap.dedent(EXAMPLES[kind]).strip()


def _section(kind: str, model: type[Model]) -> str:
    parts = [f"\n## `{kind}`\n\n{prose(doc(model))}\n"]
    rows = list(_parts(model)) if kind != "implementation" else []
    if rows:
        parts.append(f"\n{table(('part', 'holds', 'default', 'means'), rows)}")
    facts = [f"It needs {_NEEDS[kind]}."] if kind in _NEEDS else []
    facts += [f"It answers {_ANSWERS[kind]}."] if kind in _ANSWERS else []
    if facts:
        parts.append(f"\n{' '.join(facts)}\n")
    body = textwrap.indent(example(kind), "  ")
    return "".join([*parts, f"\n```yaml\noperations:\n{body}\n```\n"])


def _parts(model: type[Model]) -> Iterator[tuple[str, str, str, str]]:
    texts = fields_of(model)
    for name, field in model.model_fields.items():
        if name != "kind":
            annotation, about = texts[name]
            assert about, f"{model.__name__}.{name} says nothing of itself"
            default = "required" if field.is_required() else code(str(field.default)) if field.default else "none"
            yield code(name), _KINDS[annotation], default, prose(about)
