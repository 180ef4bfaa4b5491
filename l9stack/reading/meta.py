"""The four meta templates of a folder: what they set, by canonical dotted names, with places.

Nothing in them is passed over: a key is read, or it is an error with the nearest known one, or, for the sections that
templates in the wild have beside ours, a note that says it is not read.
"""

from __future__ import annotations

from l9stack.errors import InputError, Place
from l9stack.inputs import InputFolder
from l9stack.model.meta import Meta, Sequence
from l9stack.reading.fields import Section
from l9stack.reading.gates import read_gates
from l9stack.reading.meta_files import FILES as FILES, SHARED, MetaReader
from l9stack.reading.protocols import read_protocols
from l9stack.reading.shared_configuration import read_shared

PHASES = (
    "research_and_lock",
    "baseline",
    "implementation",
    "enforcement",
    "validation",
    "recursive_verification",
    "finalisation",
)
_STEPS = ("steps", "failures")


def read_meta(folder: InputFolder) -> Meta:
    """Read the meta templates.

    Raises:
        InputError: with every problem of the four files.
    """
    reader = MetaReader(folder)
    codegen, ordering, checklist, integration = (reader.sections(file) for file in FILES)
    nothing = Section(None, "", reader.problems, Place(folder.shown))
    flags = read_shared(reader, codegen.get(SHARED, nothing))
    sequence = _sequence(ordering.get("sequence", nothing))
    gates = read_gates(checklist.get("gates", nothing))
    protocols = read_protocols(integration.get("protocols", nothing))
    _steps(integration.get("integration_test", nothing))
    if any(problem.level == "error" for problem in reader.problems):
        raise InputError(problem for problem in reader.problems if problem.level == "error")
    return Meta(
        folder=folder.shown,
        settings=reader.settings,
        settings_places=reader.places,
        flags=flags,
        gates=gates,
        protocols=protocols,
        sequence=sequence,
        notes=reader.notes(),
        texts=reader.texts,
    )


def _sequence(section: Section) -> Sequence:
    order = section.choice("order", ("hard_dependencies", "hard_and_soft_dependencies"), "hard_dependencies")
    parallel = section.flag("parallel_agents", default=True)
    most = section.whole("max_parallel_agents")
    if most == 0:
        place = section.places["max_parallel_agents"]
        section.error("out-of-bounds", f"{section.where}.max_parallel_agents has to be 1 or more", place)
    phases = section.texts("phases")
    if section.has("phases") and phases != PHASES:
        hint = f"[{', '.join(PHASES)}], or remove the line"
        section.error("bad-phases", "phases are gone through in one order, all of them", section.places["phases"], hint)
    section.close(("order", "parallel_agents", "max_parallel_agents", "phases"), strict=True)
    return Sequence.model_validate({"order": order, "parallel_agents": parallel, "max_parallel_agents": most or None})


def _steps(section: Section) -> None:
    """`integration_test` describes what tests of an edge go through; it is checked, and sets nothing."""
    for name in _STEPS:
        section.texts(name)
    section.close(_STEPS, strict=True)
