"""`docs/expressions.md`: the closed grammar, from the parser's own tables, with values worked out by it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from l9stack.model.glue import FieldSpec
from l9stack.planning import expressions as grammar
from l9stack.planning.expression_types import in_words, kind_of, mismatches
from tests.docs.references.markdown import code, prose, table

FIELDS = (
    FieldSpec(name="amount", type="number"),
    FieldSpec(name="days", type="integer"),
    FieldSpec(name="express", type="boolean"),
    FieldSpec(name="level", type="string"),
    FieldSpec(name="names", type="strings"),
    FieldSpec(name="answer.limit", type="number"),
)
VALUES: dict[str, Any] = {
    "amount": 480.0,
    "days": 9,
    "express": True,
    "level": "Economy",
    "names": ["A", "B"],
    "answer.limit": 500.0,
}
OPERATORS = {
    "BinOp": ("days + 1", "days - 2", "amount * 2", "amount / 3", "days % 7", 'level + "!"'),
    "UnaryOp": ("-days", "not express"),
    "Compare": (
        "days < 7",
        "days <= 9",
        "days > 7",
        "7 < days >= 9",
        'level == "Economy"',
        'level != "Economy"',
        '"A" in names',
        'level not in ["Express", "Standard"]',
    ),
    "BoolOp": ("express and days > 7", "express or days > 7"),
    "IfExp": ("0 if days > 7 else amount",),
}
FUNCTIONS = {
    "min": ("min(answer.limit, amount)",),
    "max": ("max([days, 7])",),
    "round": ("round(amount / 7, 2)", "round(amount / 7)"),
    "len": ("len(names)", "len(level)"),
    "abs": ("abs(7 - days)",),
    "lower": ("lower(level)",),
}
REFUSED = (
    "amount ** 2",
    "level.upper()",
    "names[0]",
    "sum(names)",
    "lambda: 1",
    "answer.__class__",
    "min(amount)",
    "amount >",
)
CLASHING = ('amount > "high"', "len(days)", "lower(amount)", 'level % "s"')
_HEAD = f"""# Expressions

Made by `make regen` from the parser, `l9stack/planning/expressions.py`, which worked out the values below.

An expression stands in `assign` and `send` of a behaviour, in `when` of a decision table's row, and after `=` in its
`then` and `otherwise` ([behaviours](behaviours.md)). It is parsed to a tree of what is listed here and printed again as
code; anything else is an error with its line and column, before anything is generated. At most {grammar.MAX_LENGTH}
characters, and {grammar.MAX_NODES} parts. Why it is closed:
[decision 4](decisions/0004-behaviours-are-small-and-closed.md).

"""


def expressions_page() -> str:
    """The page in Markdown."""
    by_type = {spec.name: spec for spec in FIELDS}
    fields = [(code(name), by_type[name].type, code(repr(value))) for name, value in VALUES.items()]
    parts = [
        _HEAD,
        "Examples are worked out with these fields:\n\n",
        table(("field", "type", "value"), fields),
        "\n## Names and literals\n\n",
        "`FIELD` and `request.FIELD` are fields of the request; `answer.FIELD`, in `assign` of `route`, is one of the\n"
        "other agent's answer. A name that begins with `_`, and one of a function, cannot be read. Literals are\n"
        f"numbers, texts in quotes, `True`, `False`, `None` (also written {_words()}), and lists of these.\n",
        "\n## Operators\n\n",
        table(("expression", "gives", "value"), _rows(text for row in OPERATORS.values() for text in row)),
        "\nComparisons may be chained. `and` and `or` give the operand that decides, as Python does.\n",
        "\n## Functions\n\n",
        table(("function", "takes", "example", "gives", "value"), _functions()),
        "\n## What is refused\n\n",
        "By the grammar:\n\n",
        table(("text", "why"), ((code(text), prose(refusal(text))) for text in REFUSED)),
        "\nBy the types of its fields, where no value could make it right:\n\n",
        table(("text", "why"), ((code(text), prose(clash(text))) for text in CLASHING)),
        "\nWhat an expression gives has to fit the field that it is for. A field that may be absent is of no known\n"
        "type, and is checked when the agent runs.\n",
    ]
    return "".join(parts)


def _words() -> str:
    return ", ".join(f"`{word}`" for word in grammar._WORDS)


def _rows(texts: Iterator[str]) -> Iterator[tuple[str, str, str]]:
    for text in texts:
        parsed = grammar.parse(text)
        kind = _kind(parsed.tree)
        gives = "what its entries are" if kind == "unknown" else in_words(kind)
        yield code(text), gives, code(repr(parsed.evaluate(VALUES)))


def _kind(tree: ast.expr) -> str:
    return kind_of(tree, {spec.name: spec for spec in FIELDS})


def _functions() -> Iterator[tuple[str, ...]]:
    for name, arguments in grammar._ARGUMENTS.items():
        for row in _rows(iter(FUNCTIONS[name])):
            yield code(name), grammar._COUNTS[arguments], *row


def refusal(text: str) -> str:
    """Why a text is not of the grammar."""
    try:
        grammar.parse(text)
    except grammar.ExpressionError as error:
        return str(error)
    raise AssertionError(f"{text} is an expression")


def clash(text: str) -> str:
    """Why an expression cannot be worked out, whatever the values."""
    return next(mismatches(grammar.parse(text).tree, {spec.name: spec for spec in FIELDS})).message


def operators() -> set[type]:
    """The operators of all examples."""
    trees = [grammar.parse(text).tree for row in OPERATORS.values() for text in row]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    kinds = (ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    return {type(node) for node in nodes if isinstance(node, kinds)}
