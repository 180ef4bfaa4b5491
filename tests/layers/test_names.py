"""Names say what a thing is, in the field's words: nouns for values, verbs for what acts, and no bare participles."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "l9stack"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if not {"_moved", "conformance"} & {*path.parts})
"""All but import paths of earlier versions, and checks that read as what they hold: `messaging.published`."""

BANNED = frozenset(
    (
        "told",
        "asked",
        "missed",
        "found",
        "held",
        "shares",
        "grounds",
        "insight",
        "oversight",
        "served",
        "tested",
        "waiting",
        "zygote",
        "warm",
        "leftovers",
        "slips",
        "lineage",
        "utils",
        "helpers",
        "manager",
        "misc",
        "common",
        "stuff",
    )
)
"""Words of a dialect, or of no meaning: part of no module's, public class's or public function's name."""
PARTICIPLE = re.compile(
    r"^[a-z]+ed$|^(told|kept|held|found|known|made|said|written|understood|given|hidden|brought)$", re.I
)
"""One word that says what was done to a thing, and not what the thing is."""
API = "what delivered code imports keeps its name"
EXCEPTIONS = {
    "agent._messaging.envelope.Lineage": "a field of the packet's contract",
    "agent.memory._layers.Archived": API,
    "agent.records.wrapped": API,
    "agent.testing._agent.ServedAgent": API,
    "infra.providers.prepared": "its path stands in users' state",
}
"""Names that stay, each with the reason."""


def words(name: str) -> list[str]:
    return (
        re.findall(r"[a-z0-9]+|[A-Z][a-z0-9]*", name.strip("_"))
        if name.islower() or "_" in name
        else re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
    )


def names() -> Iterator[tuple[str, str]]:
    """Each module, public class and public function: where it is, below the package, and its name."""
    for path in MODULES:
        dotted = path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".")
        yield dotted, path.stem
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(
                "_"
            ):
                yield f"{dotted}.{node.name}", node.name


def offends(name: str) -> bool:
    return bool(PARTICIPLE.match(name)) or not BANNED.isdisjoint(word.lower() for word in words(name))


def test_names_are_the_fields_nouns_and_verbs():
    offenders = {place for place, name in names() if offends(name)}
    assert offenders - EXCEPTIONS.keys() == set()
    assert EXCEPTIONS.keys() <= offenders, "a reason for what is not so"


def test_the_words_of_a_name():
    assert words("held_back") == ["held", "back"] and words("ServedAgent") == ["Served", "Agent"]
    assert [name for name in ("told", "Known", "held_back", "TestedPart") if not offends(name)] == []
    assert [
        name for name in ("find_edits", "wired_operations", "seed_of", "GateResult", "speed_limit") if offends(name)
    ] == []
