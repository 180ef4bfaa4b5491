"""The glossary: terms in order, each with a place that is there, and texts of ours that keep to it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][1:]


def test_terms_are_in_order_and_each_has_a_meaning_and_a_place():
    terms = [row[0] for row in ROWS]
    assert terms == sorted(set(terms), key=str.casefold)
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []
    places = [place for row in ROWS for place in re.findall(r"`(l9stack/[^`]+)`", row[2])]
    assert len(places) >= len(ROWS)
    assert [place for place in places if not (ROOT / place).is_file()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_it_is_found_from_where_people_begin(page: str):
    assert "docs/glossary.md" in (ROOT / page).read_text(encoding="utf-8")


BANNED = {
    r"\bwarm parent\b": "fork server",
    r"\bleftovers?\b": "orphan",
    r"\bif it is a rest\b": "orphan",
    r"\blast anchor\b": "last audit anchor",
    r"\bglue code\b": "glue",
}
"""Other words for a term, in texts that people read."""


@pytest.mark.parametrize("pattern", BANNED)
def test_texts_of_ours_say_one_word_for_one_thing(pattern: str):
    found = []
    for path in sorted((ROOT / "l9stack").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(pattern, node.value):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{page.relative_to(ROOT)}:{number}")
    assert found == [], f"say {BANNED[pattern]}"
