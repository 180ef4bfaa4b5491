"""Escalation prose to executable comparisons and named triggers; both keep the text that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from l9stack.model.plan import Comparison, EscalationRule, Setting, Trigger
from l9stack.names import identifier
from l9stack.planning.policies.alternatives import Alternative, alternatives_of
from l9stack.planning.policies.clauses import alternatives, clauses, lines, says_nothing
from l9stack.planning.policies.grammar import Relation, UnreadError, parse

_MAX_NAME = 50
_ARTICLES = frozenset({"the", "any", "a", "an", "its", "their"})
_CHOICE = re.compile(r"\b(?:is|are)\s+(?:[^\W\d][\w-]*,?\s+)+or\s+[^\W\d][\w-]*\s*$", re.IGNORECASE)
"""`risk level is high or critical`: what stands behind `or` says nothing alone."""
_MILLISECONDS = {
    "ms": 1.0,
    "milliseconds": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "secs": 1e3,
    "seconds": 1e3,
    "minutes": 60e3,
    "hours": 3600e3,
}
"""What a field's last word says that its values are."""
_PERCENT = frozenset({"percent", "percentage", "pct"})


def read_policy(text: str) -> tuple[tuple[EscalationRule, ...], tuple[Trigger, ...]]:
    """Rules (`confidence < 0.6 AND criticality > 0.8`) and triggers (`model drift detected`), in the text's order.

    Each alternative of a clause is a rule. What no grammar reads is a trigger as a whole: nothing of it is executed,
    and nothing of it is lost.
    """
    if says_nothing(text):
        return (), ()
    rules: list[EscalationRule] = []
    triggers: list[Trigger] = []
    folded, end = " ".join(text.split()), 0
    for clause in clauses(text):
        for part, found in _read(clause):
            position = max(folded.find(part, end), 0)
            end = position + len(part)
            name = (identifier(part[:_MAX_NAME]) or f"condition_{len(rules) + len(triggers) + 1}")[:_MAX_NAME].rstrip(
                "_"
            )
            if not found:
                triggers.append(Trigger(name=_unique(name, triggers), text=part, position=position))
            for alternative in found:
                comparisons = tuple(dict.fromkeys(map(_comparison, alternative)))
                rules.append(
                    EscalationRule(name=_unique(name, rules), comparisons=comparisons, text=part, position=position)
                )
    return tuple(rules), tuple(triggers)


def _read(clause: str) -> list[tuple[str, tuple[Alternative, ...]]]:
    """A clause, or each part of it that stands alone, with its alternatives; none where no grammar reads it."""
    flat, parts = " ".join(clause.split()), alternatives(clause)
    try:
        found = alternatives_of(parse(flat))
    except UnreadError:
        each = [_read(line) for line in lines(clause)] if "\n" in clause else []
        if any(found for line in each for _, found in line):
            return [read for line in each for read in line]
        return (
            [(flat, ())] if len(parts) == 1 or _CHOICE.search(flat) else [one for part in parts for one in _read(part)]
        )
    if len(parts) == len(found) > 1:  # each says what it is in words of its own
        return [(" ".join(part.split()), (one,)) for part, one in zip(parts, found, strict=True)]
    return [(flat, found)]


def shared_triggers(settings: Iterable[Setting]) -> tuple[Trigger, ...]:
    """Triggers that glue or meta templates give to every agent (`governance.shared_triggers`)."""
    value = next((setting.value for setting in settings if setting.name == "governance.shared_triggers"), None)
    triggers: list[Trigger] = []
    for text in map(str, value if isinstance(value, list) else ()):
        name = (identifier(text[:_MAX_NAME]) or f"condition_{len(triggers) + 1}").rstrip("_")
        triggers.append(Trigger(name=_unique(name, triggers), text=text))
    return tuple(triggers)


def with_shared(own: tuple[Trigger, ...], shared: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    """An agent's own triggers, then the shared ones that it does not have by the same name."""
    names = {trigger.name for trigger in own}
    return (*own, *(trigger for trigger in shared if trigger.name not in names))


def _comparison(relation: Relation) -> Comparison:
    words = relation.field.split()
    if len(words) > 1 and words[0].lower() in _ARTICLES:
        del words[0]
    field = _folded(identifier("_".join(words)) or "value")
    number, last = relation.value.number, field.rpartition("_")[2]
    if relation.value.unit == "ms":
        # A duration is in the unit that the field's name says, and in milliseconds where it says none.
        field, number = (field, number / _MILLISECONDS[last]) if last in _MILLISECONDS else (f"{field}_ms", number)
    elif relation.value.unit == "percent" and last not in _PERCENT:
        number /= 100
    return Comparison(field=field, operator=relation.operator, number=number)


def _folded(field: str) -> str:
    """The value that a phrase means: `model confidence` and `confidence score` are both confidence."""
    for word in ("confidence", "criticality"):
        if word in field.split("_"):
            return word
    return field


def _unique(name: str, taken: list[EscalationRule] | list[Trigger]) -> str:
    names = {item.name for item in taken}
    number = 2
    unique = name
    while unique in names:
        unique, number = f"{name}_{number}", number + 1
    return unique
