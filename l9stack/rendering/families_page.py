"""The families of modules as a page for people, `docs/families.md`: made from the catalogue."""

from __future__ import annotations

from l9stack.planning.catalogue import CATALOGUE, MODELS
from l9stack.planning.family import Family
from l9stack.rendering.families import FAMILIES

_HEAD = """# Families of modules

Made by `make regen` from the catalogue, `l9stack/planning/catalogue.py`. A file of `generatefiles` belongs to the first
family whose names it has and whose needs the agent meets; underscores do not count. Where an agent has a module of a
family already, further files of its names hold operations, unless the family is marked as several. A file whose
operations glue or answers name holds these, unless its family defines operations itself.

What is generated follows from the family's name: `templates/modules/NAME.py.j2` prints the module,
`templates/tests/NAME.py.j2` its tests. How a family is added is told in [the architecture](architecture.md).

| family | files | a module holds | needs | declares | remarks |
| --- | --- | --- | --- | --- | --- |
"""


def families_page() -> str:
    """The page in Markdown."""
    rows = (
        (
            f"`{family.name}`",
            _files(family),
            family.holds.format("that agent"),
            family.needs or "nothing",
            f"`{family.declares}`" if family.declares else "",
            ", ".join(_remarks(family)),
        )
        for family in CATALOGUE
    )
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _files(family: Family) -> str:
    names = [f"`{stem}.py`" for stem in sorted(family.stems)]
    names += [f"`{folder}/*.py`" for folder in sorted(family.folders)]
    names += [f"`{pattern}.py`" for pattern in family.patterns]
    if family is MODELS:
        names = ["any for which glue names models, and no functions"]
    return ", ".join(names) or "any other"


def _remarks(family: Family) -> list[str]:
    remarks = []
    if family.operations:
        remarks.append("defines operations")
    if not family.only:
        remarks.append("several")
    if FAMILIES[family.name].tests is None:
        remarks.append("no tests")
    return remarks
