"""A policy's text to its clauses: items of a list, sentences, and what stands between commas."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LEAD = re.compile(
    r"""
    ^\s* (?: (?:please\s+)? (?:auto(?:matically)?[- ]?)? escalate\b
              (?: \s+ (?:to|it|this)\b [^\d<>=,;:]{0,40}? (?=\s+(?:if|when(?:ever)?|where|unless)\b) )?
              \s* (?:if|when(?:ever)?|where|in\s+case(?:\s+of)?)?
           | if | when(?:ever)? ) \s* :? \s*
    (?: (?:any|one)\s+of \s* (?:these|the\s+following)? \s* : )? \s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What only says that this is a policy: `Auto-escalate if any of:`."""
_NOTHING = re.compile(
    r"""
    ^\s* (?: no\s+escalation\b (?:\s+(?:is\s+)?(?:required|needed|necessary))? | none | never (?:\s+escalates?)? )
    (?: \s*[-(,:] (?!.*\b(?:escalate|unless|except|if|when|but)\b) [^\d<>=≤≥]* )? \s* \.? \s*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ITEM = re.compile(r"(?:^|\s)[-*•]\s+(?=\S)")
_BREAK = re.compile(
    r"""
      ,\s*and\b | ,\s*or\b | ,\s*(?:unless|except)\b   # one condition goes on
    | (?P<cut> ;\s* | ,(?!\d) | ,(?=\s) | \.\s+(?=[A-Z]) | \.\s*$ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OR = re.compile(r"\s+or\s+(?!equal\b)|\s*\|\|\s*", re.IGNORECASE)


def says_nothing(text: str) -> bool:
    """Whether a policy says that nothing escalates; a sentence that only begins so is none."""
    return not text.strip() or bool(_NOTHING.match(text))


def clauses(text: str) -> list[str]:
    """The clauses of a policy, without what leads them in; together they hold every condition of the text."""
    flat = _LEAD.sub("", re.sub(r"\s*\n\s*", "\n", text.strip()), count=1)
    # A dashed list may have been folded to one line: ` - ` then separates as a new line does.
    items = _ITEM.split(flat) if _is_list(flat) else [flat]
    found = items if len(items) > 1 else _cut(items[0], _BREAK, "cut")
    whole = ("\n".join(" ".join(line.split()) for line in item.split("\n")).strip().rstrip(".,;") for item in found)
    return [_LEAD.sub("", clause).strip() for clause in whole if clause and not clause.endswith(":")]


def lines(clause: str) -> list[str]:
    """The lines that a clause is written in: of one that no grammar reads, each may be a clause of its own."""
    return [line for line in clause.split("\n") if line]


def alternatives(clause: str) -> list[str]:
    """What stands between `or`, outside parentheses: of a clause that no grammar reads, a part may be read."""
    return [part.strip() for part in _cut(clause, _OR)]


def _is_list(text: str) -> bool:
    """Whether it is a list of items; a dash between words, or before a number, makes none."""
    marks = list(_ITEM.finditer(text))
    return bool(marks) and (marks[0].start() == 0 or len(marks) > 1 or "\n" in marks[0].group())


def _cut(text: str, pattern: re.Pattern[str], group: str | int = 0) -> list[str]:
    """The text between matches of `group` that stand outside parentheses."""
    parts: list[str] = []
    begin = 0
    for start, end in _outside(text, pattern, group):
        parts.append(text[begin:start])
        begin = end
    return [*parts, text[begin:]]


def _outside(text: str, pattern: re.Pattern[str], group: str | int) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        before = text[: match.start()]
        if match[group] is not None and before.count("(") == before.count(")"):
            yield match.span(group)
