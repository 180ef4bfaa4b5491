"""Where each word of a text stands, however YAML lets it be written."""

from __future__ import annotations

import pytest

from l9stack.reading.documents import parse


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: x  y # z\n", [(1, 4), (1, 7)]),
        ("a: 'ü 😀 x,\n  größe'\n", [(1, 5), (1, 7), (1, 9), (2, 3)]),
        ("a: |2 # header\n    b c\n   d\n", [(2, 5), (2, 7), (3, 4)]),
        ("a: >-\n\n  b\n\n  c\n", [(3, 3), (5, 3)]),
        ('a: "x \\n y"\n', [(1, 4), (1, 4)]),
        ("a: ''\n", []),
    ],
)
def test_each_word_has_the_place_where_it_is_written(text: str, places: list[tuple[int, int]]):
    [document], _ = parse(text, "agents.yaml")
    assert [(place.line, place.column) for place in document.root.entries["a"].words()] == places
