"""`docs/decisions/README.md`: the decisions by number, with their titles."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "decisions"
_HEAD = """# Decisions

Made by `make regen` from the pages beside it. What was decided, and why: each page says what was weighed and
measured.

"""


def decisions_page() -> str:
    """The page in Markdown."""
    rows = []
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        number, _, title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(". ")
        assert path.name.startswith(f"{int(number):04d}-"), path.name
        rows.append(f"- [{number}. {title}]({path.name})\n")
    return _HEAD + "".join(rows)
