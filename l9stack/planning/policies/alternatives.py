"""A condition to what is executed: alternatives, each a list of comparisons that have to hold together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from l9stack.planning.policies.grammar import Condition, Junction, Negation, Relation, UnreadError

Alternative = tuple[Relation, ...]
MOST = 32
"""Alternatives of one clause; a text of more says something that nobody can survey."""
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def alternatives_of(condition: Condition, *, negated: bool = False) -> tuple[Alternative, ...]:
    """The disjunctive normal form of a condition.

    Raises:
        UnreadError: it has more than `MOST` alternatives.
    """
    match condition:
        case Relation():
            return ((_opposite(condition) if negated else condition,),)
        case Negation(part):
            return alternatives_of(part, negated=not negated)
        case Junction(kind, parts):
            found = [alternatives_of(part, negated=negated) for part in parts]
            if (kind == "or") is not negated:
                return _few(alternative for part in found for alternative in part)
            joined: tuple[Alternative, ...] = ((),)
            for choice in found:
                joined = _few(_together(one, other) for one in joined for other in choice)
            return joined


def _few(found: Iterable[Alternative]) -> tuple[Alternative, ...]:
    few = tuple(dict.fromkeys(islice(found, MOST * MOST)))
    if len(few) > MOST:
        raise UnreadError(f"more than {MOST} alternatives")
    return few


def _opposite(relation: Relation) -> Relation:
    return Relation(relation.field, _OPPOSITE[relation.operator], relation.value)


def _together(one: Alternative, other: Alternative) -> Alternative:
    return tuple(dict.fromkeys((*one, *other)))
