"""Policies in prose: what is executed is what the text says, or it is named as not executed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings, strategies as st

from l9stack.planning.escalation import read_policy

SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def told(text: str) -> tuple[list[list[str]], list[str]]:
    """Rules as `field operator number`, and the texts of what is no rule."""
    rules, triggers = read_policy(text)
    shown = [[f"{c.field} {c.operator} {c.number:g}" for c in rule.comparisons] for rule in rules]
    return shown, [trigger.text for trigger in triggers]


@pytest.mark.parametrize(
    ("text", "rules", "others"),
    [
        ("speed < 0.6 OR load > 0.9", [["speed < 0.6"], ["load > 0.9"]], []),
        ("speed < 0.6 || load > 0.9", [["speed < 0.6"], ["load > 0.9"]], []),
        ("speed < 0.6 && load > 0.9", [["speed < 0.6", "load > 0.9"]], []),
        (
            "load > 0.8 and (speed < 0.6 or mass > 5,000)",
            [["load > 0.8", "speed < 0.6"], ["load > 0.8", "mass > 5000"]],
            [],
        ),
        ("0.6 > speed", [["speed < 0.6"]], []),
        ("0.2 < speed <= 0.6", [["speed > 0.2", "speed <= 0.6"]], []),
        ("not (speed >= 0.6 and mass < 100)", [["speed < 0.6"], ["mass >= 100"]], []),
        ("NOT speed >= 0.6", [["speed < 0.6"]], []),
        ("mass is between 100 and 500", [["mass >= 100", "mass <= 500"]], []),
        ("speed ≤ .6", [["speed <= 0.6"]], []),
        ("mood < -0.5", [["mood < -0.5"]], []),
        ("the order value > €1,500.50", [["order_value > 1500.5"]], []),
        ("order value exceeds 500 EUR", [["order_value > 500"]], []),
        ("speed < 60 %", [["speed < 0.6"]], []),
        ("discount_percent > 60 %", [["discount_percent > 60"]], []),
        ("Escalate unless speed is above 90 percent", [["speed <= 0.9"]], []),
        ("speed < 0.6, unless mass < 10", [["speed < 0.6", "mass >= 10"]], []),
        ("speed below 0.6 and at least 3 retries", [["speed < 0.6", "retries >= 3"]], []),
        ("delay > 2 min", [["delay_ms > 120000"]], []),
        ("delay_seconds > 2 min", [["delay_seconds > 120"]], []),
        ("mass > 0,7", [["mass > 0.7"]], []),
        ("speed is not below 0.5", [["speed >= 0.5"]], []),
        ("speed equals 3, load is not equal to 4", [["speed == 3"], ["load != 4"]], []),
        ("speed < 0.6\nload > 0.9", [["speed < 0.6"], ["load > 0.9"]], []),
        ("speed < 0.6 and load\n> 0.9", [["speed < 0.6", "load > 0.9"]], []),
        ("Escalate to Finance if mass > 5. Never without approval.", [["mass > 5"]], ["Never without approval"]),
        ("Never without approval; escalate if mass > 5", [["mass > 5"]], ["Never without approval"]),
        ("No escalation, except if mass > 5", [], ["No escalation, except if mass > 5"]),
        ("mass > 1.500", [], ["mass > 1.500"]),
        ("mass > 1,2,3", [], ["mass > 1,2,3"]),
        ("mass > 5 or speed < 3 unless load > 1", [["mass > 5"], ["speed < 3", "load <= 1"]], []),
        ("risk level is high or critical", [], ["risk level is high or critical"]),
        ("model drift detected or rain falls", [], ["model drift detected", "rain falls"]),
        ("the moon is blue or mass > 5", [["mass > 5"]], ["the moon is blue"]),
        ("the moon is blue and mass > 5", [], ["the moon is blue and mass > 5"]),
        ("No escalation required", [], []),
        ("never", [], []),
        ("(" * 2000 + "mass > 5" + ")" * 2000, [], ["(" * 2000 + "mass > 5" + ")" * 2000]),
    ],
)
def test_a_text_becomes_what_it_says(text: str, rules: list[list[str]], others: list[str]):
    assert told(text) == (rules, others)


@dataclass(frozen=True)
class Said:
    """A condition in words, and what it means: worked out apart from the product's grammar."""

    text: str
    holds: Callable[[Mapping[str, float]], bool]
    tight: bool = True
    """Whether it can stand beside `and` or behind `not` without parentheses."""


FIELDS = ("speed", "mass", "load factor")
WORDS = {
    "<": ("<", "below", "is less than", "falls under", "fewer than"),
    "<=": ("<=", "≤", "at most", "is not above", "no more than", "less than or equal to"),
    ">": (">", "above", "exceeds", "is greater than", "OVER"),
    ">=": (">=", "≥", "at least", "is not below", "no less than"),
    "==": ("==", "equals"),
    "!=": ("!=", "≠", "is not equal to"),
}
NUMBERS = {"0.5": 0.5, ".25": 0.25, "3": 3.0, "-2": -2.0, "1,250": 1250.0, "40 %": 0.4, "$3": 3.0, "12 EUR": 12.0}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@st.composite
def compared(draw: st.DrawFn) -> Said:
    field, sign = draw(st.sampled_from(FIELDS)), draw(st.sampled_from(sorted(SIGNS)))
    shown = draw(st.sampled_from(sorted(NUMBERS)))
    name, number = field.replace(" ", "_"), NUMBERS[shown]
    form = draw(st.sampled_from(["plain", "turned", "between"]))
    if form == "between":
        return Said(f"{field} is between {shown} and 2,000", lambda values: number <= values[name] <= 2000)
    word = draw(st.sampled_from(WORDS[sign]))
    if form == "turned":
        return Said(f"{shown} {TURNED[sign]} {field}", lambda values: SIGNS[sign](values[name], number))
    return Said(f"{field} {word} {shown}", lambda values: SIGNS[sign](values[name], number))


def joined(parts: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    def bracketed(part: Said) -> str:
        return part.text if part.tight else f"({part.text})"

    def both(pair: tuple[Said, Said], word: str) -> Said:
        one, other = pair
        return Said(
            f"{bracketed(one)} {word} {bracketed(other)}",
            lambda values: one.holds(values) and other.holds(values),
            False,
        )

    def either(pair: tuple[Said, Said], word: str) -> Said:
        one, other = pair
        text = f"{bracketed(one)}{'' if word == ',' else ' '}{word} {bracketed(other)}"
        return Said(text, lambda values: one.holds(values) or other.holds(values), False)

    def refused(part: Said) -> Said:
        return Said(f"not ({part.text})", lambda values: not part.holds(values))

    def excepted(pair: tuple[Said, Said]) -> Said:
        one, other = pair
        text = f"{bracketed(one)} unless {bracketed(other)}"
        return Said(text, lambda values: one.holds(values) and not other.holds(values), False)

    pairs = st.tuples(parts, parts)
    return st.one_of(
        st.builds(both, pairs, st.sampled_from(["and", "AND", "&&"])),
        st.builds(either, pairs, st.sampled_from(["or", "OR", "||", ","])),
        st.builds(refused, parts),
        st.builds(excepted, pairs),
    )


VALUES = st.sampled_from([-3.0, -2.0, 0.0, 0.25, 0.3, 0.4, 0.5, 2.0, 3.0, 11.0, 12.0, 1250.0, 1999.0, 2000.0, 2001.0])


@settings(deadline=None)
@given(
    said=st.recursive(compared(), joined, max_leaves=5),
    lead=st.sampled_from(["", "Auto-escalate if: ", "Escalate when ", "if "]),
    values=st.lists(st.fixed_dictionaries({name.replace(" ", "_"): VALUES for name in FIELDS}), min_size=8, max_size=8),
)
def test_what_is_executed_is_what_the_text_says(said: Said, lead: str, values: list[dict[str, float]]):
    """Or it is named as not executed; a rule that a text does not say is never there."""
    rules, triggers = read_policy(lead + said.text)
    if triggers:
        assert not rules or "," in said.text or "or" in said.text.lower() or "||" in said.text
        return
    for each in values:
        fired = any(all(SIGNS[c.operator](each[c.field], c.number) for c in rule.comparisons) for rule in rules)
        assert fired == said.holds(each), (said.text, each, rules)
