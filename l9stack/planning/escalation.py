"""Escalation prose to executable comparisons and named triggers; both keep the text that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable

from l9stack.model.plan import Comparison, EscalationRule, Setting, Trigger
from l9stack.names import identifier

_LEAD = re.compile(r"^\s*(auto[- ]?)?escalate\s*(if|when)?\s*:?\s*(any of\s*:)?\s*", re.IGNORECASE)
_COMPARISON = re.compile(
    r"(?P<field>[A-Za-z][A-Za-z_ ]{0,60}?)\s*(?P<operator><=|>=|==|!=|<|>)\s*\$?(?P<number>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<unit>ms|s|sec|seconds|minutes|%)?\s*\Z",
    re.IGNORECASE,
)
_SPOKEN = tuple(
    (re.compile(rf"\s(?:(?:is|are|goes|falls|drops|rises|climbs)\s+)?(?:{words})\s+(?=\$?\d)", re.IGNORECASE), sign)
    for words, sign in (
        ("at least|no less than|not below|(?:greater|more) than or equal to", ">="),
        ("at most|no more than|not above|less than or equal to", "<="),
        ("above|over|exceeds?|exceeding|(?:greater|more|higher|larger) than", ">"),
        ("below|under|(?:less|lower|smaller|fewer) than", "<"),
    )
)
"""Words that say what a sign says: `temperature rises above 38`."""
_ARTICLE = re.compile(r"^\s*(the|any|an?)\s+", re.IGNORECASE)
_NONE = re.compile(r"^\s*(no escalation|none\b|never\b)", re.IGNORECASE)
_UNITS = {"s": 1000.0, "sec": 1000.0, "seconds": 1000.0, "minutes": 60000.0}
_MAX_NAME = 50


def read_policy(text: str) -> tuple[tuple[EscalationRule, ...], tuple[Trigger, ...]]:
    """Rules (`confidence < 0.6 AND criticality > 0.8`) and triggers (`model drift detected`), in the text's order."""
    if not text.strip() or _NONE.match(text):
        return (), ()
    rules: list[EscalationRule] = []
    triggers: list[Trigger] = []
    for clause in _clauses(text):
        parts = re.split(r"\s+and\s+", clause, flags=re.IGNORECASE)
        comparisons = [_comparison(part) for part in parts]
        name = (identifier(clause[:_MAX_NAME]) or f"condition_{len(rules) + len(triggers) + 1}")[:_MAX_NAME].rstrip("_")
        if all(comparisons):
            rules.append(
                EscalationRule(name=_unique(name, rules), comparisons=tuple(c for c in comparisons if c), text=clause)
            )
        else:
            triggers.append(Trigger(name=_unique(name, triggers), text=clause))
    return tuple(rules), tuple(triggers)


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


def _clauses(text: str) -> list[str]:
    flat = re.sub(r"\s*\n\s*", "\n", text.strip())
    flat = _LEAD.sub("", flat, count=1)
    # A dashed list may have been folded to one line: ` - ` then separates as a new line does.
    parts = re.split(r"(?:^|\s)[-*]\s+|\n(?=[-*]\s)", flat) if re.search(r"(?:^|\s)-\s+\S", flat) else [flat]
    if len(parts) == 1:
        parts = re.split(r",\s+(?![0-9])|;\s*|\s+or\s+(?!equal\b)", parts[0])
    clauses = (" ".join(part.split()).rstrip(".").strip() for part in parts)
    return [_LEAD.sub("", clause) for clause in clauses if clause and not clause.endswith(":")]


def _comparison(text: str) -> Comparison | None:
    for words, sign in _SPOKEN:
        text, spoken = words.subn(f" {sign} ", text)
        if spoken:
            text = _ARTICLE.sub("", text)
            break
    found = _COMPARISON.match(text.strip())
    field = identifier(found["field"]) if found else None
    if not found or field is None:
        return None
    number = float(found["number"].replace(",", ""))
    unit = (found["unit"] or "").lower()
    if unit in ("ms", *_UNITS):
        field, number = f"{field}_ms" if not field.endswith("_ms") else field, number * _UNITS.get(unit, 1.0)
    elif unit == "%":
        number /= 100
    return Comparison(field=_folded(field), operator=found["operator"], number=number)


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
