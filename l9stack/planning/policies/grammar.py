"""The grammar of a condition: comparisons either way round, in signs and in words, joined by and, or, not, unless."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from lark import Lark, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError
from lark.lexer import Token

GRAMMAR = r"""
start: condition
?condition: disjunction
    | disjunction _UNLESS disjunction -> unless
    | _UNLESS disjunction -> only_unless
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: _NOT negation -> negated
    | "(" condition ")" -> grouped
    | comparison
comparison: field OPERATOR quantity
    | quantity OPERATOR field -> turned
    | quantity OPERATOR field OPERATOR quantity -> chained
    | OPERATOR quantity field -> counted
    | field _BETWEEN quantity _AND quantity -> between
field: WORD+
quantity: CURRENCY? NUMBER UNIT?

OPERATOR.9: "<=" | ">=" | "==" | "!=" | "<" | ">" | "≤" | "≥" | "≠" | "=" | (BEING)? SPOKEN END
BEING: /(?:is|are|was|be|goes|falls|drops|rises|climbs|stays)\s+/i
SPOKEN: BOUND | REFUSED | COMPARED | /above|over|exceeds?|exceeding|below|under|equals|(?:not\s+)?equal\s+to/i
BOUND: /at\s+(?:least|most)/i
REFUSED: /(?:no|not)\s+(?:less|fewer|lower|smaller|more|higher|greater|larger)\s+than|not\s+(?:below|under|above|over)/i
COMPARED: /(?:greater|more|higher|larger|less|lower|smaller|fewer)\s+than(?:\s+or\s+equal\s+to)?/i
END: /(?![\w-])/
_BETWEEN.9: /(?:(?:is|are|lies|stays)\s+)?between(?![\w-])/i
_UNLESS.8: /,?\s*(?:unless|except\s+(?:if|when|where))(?![\w-])/i
_AND.7: /,?\s*and(?![\w-])|&&|,\s*but(?![\w-])/i
_OR.6: /,?\s*or(?![\w-])|\|\||,/i
_NOT.6: /not(?![\w-])|!(?!=)/i
UNIT.5: (DURATION | MONEY | "percent"i) END | /[%€$£]/
DURATION: /ms|milliseconds?|s|secs?|seconds?|mins?|minutes?|h|hours?|days?/i
MONEY: /eur|usd|gbp|chf|euros?|dollars?|pounds?/i
CURRENCY.5: /[$€£]|(?:eur|usd|gbp|chf)(?=\s*[\d.])/i
NUMBER.5: /[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)/
WORD.1: /[^\W\d][\w'-]*/

%ignore /\s+/
"""
"""A number may be followed by a unit, and by no other word: `deviation of more than 3 sensors` compares nothing."""

_MILLISECONDS = {
    "ms": 1.0,
    "milli": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "min": 60e3,
    "h": 3600e3,
    "hour": 3600e3,
    "day": 86400e3,
}
_UPWARD = frozenset(["least", "above", "over", "exceeds", "exceed", "exceeding", "greater", "more", "higher", "larger"])
_SAME = {"≤": "<=", "≥": ">=", "≠": "!=", "=": "=="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|\.\d+)")
_UNSURE = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
"""A thousand and a half to one reader, one and a half to another."""

Unit = Literal["", "percent", "ms"]


class UnreadError(Exception):
    """No condition of the grammar, or a number that two people read as two."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and the unit that it is told in: durations are milliseconds, currencies count for nothing."""

    number: float
    unit: Unit = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """`field operator number`; the field as it is written."""

    field: str
    operator: str
    value: Quantity


@dataclass(frozen=True, slots=True)
class Negation:
    """What has not to hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions that all have to hold, or one of which."""

    kind: Literal["and", "or"]
    parts: tuple[Condition, ...]
    grouped: bool = False
    """Whether parentheses say what belongs together."""


Condition = Relation | Negation | Junction


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual")


@lru_cache(maxsize=1024)
def parse(text: str) -> Condition:
    """The condition that a clause says.

    Raises:
        UnreadError: it is none of the grammar, or is read in two ways.
    """
    try:
        condition: Condition = _Conditions().transform(_parser().parse(text))
    except (UnexpectedInput, RecursionError) as error:
        raise UnreadError(text) from error
    except VisitError as error:
        raise UnreadError(text) from error.orig_exc
    return condition


class _Conditions(Transformer[Token, Condition]):
    """A tree of the grammar to the condition that it says."""

    @v_args(inline=True)
    def start(self, condition: Condition) -> Condition:
        return condition

    def disjunction(self, parts: list[Condition]) -> Condition:
        return Junction("or", tuple(parts))

    def conjunction(self, parts: list[Condition]) -> Condition:
        return Junction("and", tuple(parts))

    @v_args(inline=True)
    def grouped(self, condition: Condition) -> Condition:
        return replace(condition, grouped=True) if isinstance(condition, Junction) else condition

    @v_args(inline=True)
    def unless(self, condition: Condition, exception: Condition) -> Condition:
        if isinstance(condition, Junction) and condition.kind == "or" and not condition.grouped:
            raise UnreadError("an exception to both, or to the last alone")
        return Junction("and", (condition, Negation(exception)))

    @v_args(inline=True)
    def only_unless(self, exception: Condition) -> Condition:
        return Negation(exception)

    @v_args(inline=True)
    def negated(self, condition: Condition) -> Condition:
        return Negation(condition)

    @v_args(inline=True)
    def comparison(self, field: str, operator: Token, value: Quantity) -> Condition:
        return Relation(field, _sign(operator), value)

    @v_args(inline=True)
    def turned(self, value: Quantity, operator: Token, field: str) -> Condition:
        return Relation(field, _TURNED[_sign(operator)], value)

    @v_args(inline=True)
    def chained(self, low: Quantity, first: Token, field: str, second: Token, high: Quantity) -> Condition:
        return Junction("and", (Relation(field, _TURNED[_sign(first)], low), Relation(field, _sign(second), high)))

    @v_args(inline=True)
    def counted(self, operator: Token, value: Quantity, field: str) -> Condition:
        return Relation(field, _sign(operator), value)

    @v_args(inline=True)
    def between(self, field: str, low: Quantity, high: Quantity) -> Condition:
        return Junction("and", (Relation(field, ">=", low), Relation(field, "<=", high)))

    def field(self, words: list[Token]) -> str:
        return " ".join(words)

    def quantity(self, parts: list[Token]) -> Quantity:
        unit = next((str(part) for part in parts if part.type == "UNIT"), "")
        number = next(part for part in parts if part.type == "NUMBER")
        return _measured(str(number), unit.lower())


def _sign(operator: Token) -> str:
    """The sign that an operator means, whether it is one or is spoken."""
    text = " ".join(str(operator).lower().split())
    if not text[0].isalpha():
        return _SAME.get(text, text)
    words = set(text.split())
    if "equals" in words or ("equal" in words and not words & {"than"}):
        return "!=" if "not" in words else "=="
    upward = bool(words & _UPWARD)
    refused = bool(words & {"no", "not"})
    strict = not (words & {"least", "most", "equal"}) and not refused
    return f"{'>' if upward is not refused else '<'}{'' if strict else '='}"


def _measured(number: str, unit: str) -> Quantity:
    if _UNSURE.fullmatch(number):
        raise UnreadError(f"{number} is a thousand to one reader, and a fraction to another")
    if _GROUPED.fullmatch(number):
        value = float(number.replace(",", ""))
    elif _DECIMAL.fullmatch(number):
        value = float(number.replace(",", "."))
    else:
        raise UnreadError(f"{number} is no number")
    if unit in ("%", "percent"):
        return Quantity(value, "percent")
    for name, milliseconds in _MILLISECONDS.items():
        if unit == name or (len(name) > 1 and unit.startswith(name)):
            return Quantity(value * milliseconds, "ms")
    return Quantity(value)
