"""Conformance checks: each is told by its name and side, and a failing one hides nothing."""

from __future__ import annotations

import pytest

from l9stack.agent.conformance._checks import (
    ABSENT,
    Checks,
    ConformanceError,
    changed,
    difference,
    holds,
    raising,
    same,
    title,
)
from l9stack.agent.conformance.records import wrong_values


def test_every_failing_check_is_told_and_none_hides_another():
    checks = Checks()
    with checks.positive("first"):
        same(1, 2)
    with checks.part("claim"):
        with checks.negative("second"):
            raise KeyError("x")
        with checks.positive("third"):
            same({"a": 1}, {"a": 1})
    with pytest.raises(ConformanceError) as raised:
        checks.conclude()
    assert str(raised.value).splitlines() == [
        "2 of 3 checks failed",
        "  first: 1, declared is 2",
        "  claim: second: KeyError: 'x'",
    ]
    assert [(row["name"], row["side"], bool(row["failure"])) for row in checks.rows] == [
        ("first", "positive", True),
        ("claim: second", "negative", True),
        ("claim: third", "positive", False),
    ]


def test_what_goes_wrong_between_checks_fails_its_part_alone():
    checks = Checks()
    with checks.part("one"):
        raise ValueError("no answer")
    with checks.part("two"), checks.positive("it is there"):
        pass
    assert [(row["name"], row["failure"]) for row in checks.rows] == [
        ("one: is tried", "ValueError: no answer"),
        ("two: it is there", ""),
    ]
    assert checks.rows[0]["file"] == __file__


def test_a_test_without_a_check_proves_nothing():
    with pytest.raises(ConformanceError, match="no check was made"):
        Checks().conclude()
    held = Checks()
    with held.negative("nothing"):
        pass
    held.conclude()


def test_an_interruption_is_no_failed_check():
    checks = Checks()
    with pytest.raises(KeyboardInterrupt), checks.part("one"), checks.positive("two"):
        raise KeyboardInterrupt
    assert checks.rows == []


@pytest.mark.parametrize(
    ("found", "declared", "told"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, "'c' is absent, declared is 3; 'b' is 2, declared is absent"),
        ([1, 2, 3], [1, 5, 3], "entry 1 is 2, declared is 5"),
        ([1], [1, 2], "[1], declared is [1, 2]"),
        ((200, {"a": 1}), (200, {"a": 2}), "entry 1: 'a' is 1, declared is 2"),
        ((1,), [1], "(1,), declared is [1]"),
        ("x" * 400, "y", f"{'x' * 299}…, declared is y"),
    ],
)
def test_a_difference_says_where_it_is(found, declared, told):
    assert difference(found, declared) == told
    with pytest.raises(AssertionError):
        same(found, declared)


def test_an_error_that_is_due_is_held_against_its_words():
    with raising(KeyError, "name"):
        raise KeyError("a name")
    for block in (lambda: None, lambda: {}["other"]):
        with pytest.raises(AssertionError, match="name"), raising(KeyError, "name"):
            block()
    with pytest.raises(TypeError), raising(KeyError):
        raise TypeError
    with pytest.raises(AssertionError, match="why"):
        holds(condition=False, why="why")


def test_changes_of_a_sample_are_named():
    sample = {"a": 1, "b": "two"}
    assert changed(sample, {"a": ABSENT, "c": 3}) == {"b": "two", "c": 3}
    assert title({"a": 2, "b": "y" * 40}) == "a 2, b of 40 characters"
    assert title({}) == "the sample"
    assert wrong_values(sample, {"a": [ABSENT, 5]}) == [
        ("without a", "a", {"b": "two"}),
        ("a 5", "a", {"a": 5, "b": "two"}),
    ]
