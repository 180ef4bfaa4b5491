"""`docs/problems.md`: each code of a problem with what is printed for it, from the golden cases."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.references.markdown import prose, table

CASES = Path(__file__).resolve().parents[2] / "golden" / "problems"
_PROBLEM = re.compile(
    r"^\S+?:\d+:\d+: (?P<note>note: )?(?P<code>[a-z]+(?:-[a-z0-9]+)*): (?P<message>.*)(?:\n    hint: (?P<hint>.*))?",
    re.MULTILINE,
)
_HEAD = """# Problems

Made by `make regen` from `tests/golden/problems/`, where each code has a case.

What is wrong with a collection, its glue, answers, meta templates or packages is one line each, as
`FILE:LINE:COLUMN: CODE: MESSAGE`, with a hint below; all of them come at once. The code is stable, and scripts may
match it (`--json` gives the parts). Notes change no exit code. A message names what it found, so here is one example
each. A gate that does not hold is `gate-NAME`: [gates](gates.md).

"""


def problems_page() -> str:
    """The page in Markdown."""
    rows = [
        (f"`{name}`", "note" if found["note"] else "error", prose(found["message"]), prose(found["hint"] or ""))
        for name, found in sorted(examples().items())
    ]
    return _HEAD + table(("code", "is", "for example", "hint"), rows)


def examples() -> dict[str, re.Match[str]]:
    """By code, an example: of its own case where it has one."""
    found: dict[str, re.Match[str]] = {}
    for file in sorted(CASES.glob("*/expected/problems.txt")):
        for match in _PROBLEM.finditer(file.read_text(encoding="utf-8")):
            name, own = match["code"], file.parent.parent.name == match["code"].replace("-", "_")
            if name not in found or (own and found[name].string != match.string):
                found[name] = match
    return found
