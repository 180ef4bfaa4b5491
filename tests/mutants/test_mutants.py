from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from l9stack.gates.fork_server import fork_server_of_tests
from tests.mutants.mutants import mutants_of
from tests.mutants.population import COLLECTIONS, collections, modules, sample
from tests.mutants.trial import Court, courts, try_all

SOURCE = '''
"""A module."""
from __future__ import annotations

from l9stack.agent import Limits, Record, operation
from pydantic import Field

LIMITS: Limits = Limits(rate="600/minute", max_payload_bytes=2)


class Parcel(Record):
    """A parcel."""

    region: Literal["north", "south"] | None
    weight: float = Field(ge=0)


async def price(parcel: Parcel, context: Context, *, free: bool = False) -> float:
    """Price a parcel."""
    values = parcel.model_dump(mode="json")
    least = min(values, free)
    if not free and parcel.weight < 5:
        await context.note(parcel, free)
    return f"{sum(rates[1:]) - parcel.weight:g}"
'''
CHANGES = {
    ("constant", "'600/minute'", "'600/minuteX'"),
    ("constant", "2", "3"),
    ("keyword", "Limits(rate='600/minute', max_payload_bytes=2)", "Limits(rate='600/minute')"),
    ("entry", "('north', 'south')", "('south',)"),
    ("entry", "('north', 'south')", "('north',)"),
    ("constant", "'north'", "'northX'"),
    ("constant", "'south'", "'southX'"),
    ("keyword", "Field(ge=0)", "Field()"),
    ("constant", "0", "1"),
    ("constant", "False", "True"),
    ("boolean", "not free and parcel.weight < 5", "not free or parcel.weight < 5"),
    ("negation", "not free", "free"),
    ("comparison", "parcel.weight < 5", "parcel.weight <= 5"),
    ("constant", "5", "6"),
    ("statement", "await context.note(parcel, free)", "pass"),
    ("order", "context.note(parcel, free)", "context.note(free, parcel)"),
    ("bound", "1:", ":"),
    ("constant", "1", "2"),
    ("arithmetic", "sum(rates[1:]) - parcel.weight", "sum(rates[1:]) + parcel.weight"),
}


def test_each_slip_is_made_and_nothing_is_that_nobody_can_tell():
    found = {(mutant.operator, mutant.before, mutant.after) for mutant in mutants_of(SOURCE)}
    negated = {change for change in found if change[0] == "negation" and change[1].startswith("if ")}
    returned = {change for change in found if change[0] == "result"}
    assert [len(negated), len(returned)] == [1, 1]
    assert found - negated - returned == CHANGES


def test_a_mutant_is_the_module_with_one_line_changed_and_tells_which():
    (mutant,) = mutants_of('A = 1\n"""What A is."""\n')
    assert (mutant.line, mutant.text) == (1, "A = 2\n'What A is.'\n")


def test_a_sample_has_as_many_of_each_family_and_is_the_same_for_a_seed(tmp_path: Path):
    population = list(modules(*collections(tmp_path, COLLECTIONS[-1:])))
    families = {module.family for module in population}
    chosen = sample(population, 2 * len(families), seed=1)
    assert chosen == sample(population, 2 * len(families), seed=1) != sample(population, 2 * len(families), seed=2)
    assert Counter(module.family for module, _ in chosen) == dict.fromkeys(families, 2)


def test_the_generated_tests_see_most_of_a_handful_of_mutants(tmp_path: Path):
    (families,) = collections(tmp_path, COLLECTIONS[-1:])
    light = {"cache", "config", "governance_bridge", "metrics", "packet_router", "validator"}
    chosen = sample((module for module in modules(families) if module.family in light), len(light), seed=1)
    with courts([families], 2) as available:
        verdicts = try_all(available, chosen)
    assert sum(verdict.ending == "caught" for verdict in verdicts) >= len(light) - 1, verdicts


def test_a_mutant_survives_where_the_generated_tests_are_empty(tmp_path: Path):
    (families,) = collections(tmp_path, COLLECTIONS[-1:])
    emptied = [
        item.model_copy(update={"text": ""}) if "/test_" in item.path else item for item in families.tree.artifacts
    ]
    untested = replace(families, tree=families.tree.model_copy(update={"artifacts": tuple(emptied)}))
    with fork_server_of_tests(tmp_path / "warm.log") as parent:
        court = Court(tmp_path / "trees", [untested], parent, {})
        ((module, mutant),) = sample(modules(families), 1, seed=1)
        assert court.judge(module, mutant).ending == "survived"
