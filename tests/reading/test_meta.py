"""The meta templates: every key that they show is read, and whatever else stands in them is told with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.extraction.prepare import plan_of
from l9stack.gates import static  # noqa: F401 - importing it registers the gates
from l9stack.inputs import Inputs
from l9stack.inputs.read import meta_templates
from l9stack.model.meta import ALWAYS_ON, FLAGS
from l9stack.planning.known_settings import KNOWN
from l9stack.planning.settings import DEFAULTS
from l9stack.project import Project
from l9stack.reading.meta import FILES, read_meta
from l9stack.reading.protocols import ENVELOPE

ROOT = Path(__file__).resolve().parents[2]
META = ROOT / "templates" / "meta"
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
CODEGEN, SEQUENCE, CHECKLIST, INTEGRATION = FILES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped templates."""
    return Path(shutil.copytree(META, tmp_path / "meta"))


def change(path: Path, old: str, new: str) -> int:
    """Write something else in a file; the line where it stands."""
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1 + new.startswith("\n")


def test_every_key_that_is_shown_is_read(folder: Path) -> None:
    # What stands behind `# ` with a key is uncommented; prose has no key, or no indentation.
    text = (folder / CODEGEN).read_text(encoding="utf-8")
    key = re.compile(r"^(  +)# (  )?(?=(\w+: ?\S*( +#.*)?|- (?:name: )?\S.*)$|\w+: +#)", re.MULTILINE)
    uncommented = key.sub(r"\1\2", text)
    assert uncommented.count("\n") == text.count("\n")
    (folder / CODEGEN).write_text(uncommented, encoding="utf-8")
    meta = read_meta(meta_templates(folder))
    assert set(meta.settings) == set(KNOWN)
    assert meta.settings["governance.anchors"] == ["Your CTO", "Your Compliance Lead"]
    assert set(meta.flags) == set(FLAGS)


def test_what_the_shipped_templates_set_is_the_default(folder: Path) -> None:
    meta = read_meta(meta_templates(folder))
    assert all(DEFAULTS[name] == value for name, value in meta.settings.items())
    assert all(meta.flags.values())
    assert meta.notes == ()
    [protocol] = meta.protocols
    assert {**protocol.required, **protocol.optional} == ENVELOPE


# Slips in each file: (file, what stands there, what is written instead, code, a word of the hint)
SLIPS = [
    (CODEGEN, "shared_configuration:", "shared_configuraton:", "unknown-field", "`shared_configuration`"),
    (CODEGEN, "  governance:", "  governence:", "unknown-field", "`governance`"),
    (CODEGEN, "episodic_memory:", "episodc_memory:", "unknown-field", "`episodic_memory`"),
    (CODEGEN, "connection:", "conection:", "unknown-field", "`connection`"),
    (CODEGEN, "timeout_seconds:", "timeout_second:", "unknown-field", "`timeout_seconds`"),
    (CODEGEN, "L9_ENABLE_TEST_GENERATION: true", "L9_ENABLE_TESTS_GENERATION: true", "unknown-flag", "TEST_GEN"),
    (CODEGEN, "STRICT_MODE: true ", "STRICT_MODE: perhaps ", "bad-flag", "true"),
    (CODEGEN, "L9_ENABLE_EVIDENCE_REPORTING: true", "L9_ENABLE_EVIDENCE_REPORTING: false", "bad-flag", "remove"),
    (SEQUENCE, "order: hard_dependencies ", "order: hard_dependancies ", "bad-order", "`hard_dependencies`"),
    (SEQUENCE, "parallel_agents: true ", "parallel_agents: 'yes' ", "not-a-boolean", ""),
    (SEQUENCE, "parallel_agents:", "paralel_agents:", "unknown-field", "`parallel_agents`"),
    (SEQUENCE, "[research_and_lock, ", "[", "bad-phases", "research_and_lock"),
    (CHECKLIST, "  phase_4:", "  phase_44:", "unknown-field", "`phase_4`"),
    (CHECKLIST, "{unit: percent, threshold: 85", "{unit: percnt, threshold: 85", "bad-unit", "`percent`"),
    (CHECKLIST, "{unit: percent, threshold: 85", "{unit: percent, treshold: 85", "missing-field", ""),
    (CHECKLIST, "{unit: percent, threshold: 85", "{unit: percent, threshold: 850", "out-of-bounds", "100"),
    (CHECKLIST, "    coverage:", "    coverrage:", "unknown-gate", "`coverage`"),
    (INTEGRATION, "packet_id: uuid", "packet_id: uid", "bad-type", "`uuid`"),
    (INTEGRATION, "packet_id: uuid", "packet_id: text", "bad-protocol", "uuid"),
    (INTEGRATION, "\n    required:", "\n    requird:", "unknown-field", "`required`"),
    (INTEGRATION, "      ttl: number", "      mood: text", "bad-protocol", "carries"),
]


@pytest.mark.parametrize(("file", "old", "new", "code", "hint"), SLIPS, ids=lambda value: str(value)[:24])
def test_a_slip_is_told_with_its_place(folder: Path, file: str, old: str, new: str, code: str, hint: str) -> None:
    line = change(folder / file, old, new)
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(folder)))
    told = [problem for problem in caught.value.problems if problem.code == code]
    assert told, caught.value
    place = told[0].place
    assert place is not None
    assert (place.file, place.line) == (file, line)
    assert hint in f"{told[0].hint} {told[0].message}"


# A value that cannot be: (setting's key, value)
@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("timeout_seconds: 86400", "timeout_seconds: soon", "governance.timeout_seconds"),
        ("unbound_operations: escalate", "unbound_operations: escalat", "governance.unbound_operations"),
        ("max_retries: 3", "max_retries: -1", "communication.max_retries"),
        ("level: INFO", "level: LOUD", "logging.level"),
        ("enabled: true", "enabled: 7", "monitoring.enabled"),
        ("rate: 600/minute", "rate: often", "limits.rate"),
        ("max_payload_bytes: 1048576", "max_payload_bytes: 1 MB", "limits.max_payload_bytes"),
        ("ttl_seconds: 3600", "ttl_seconds: 0", "memory.redis.ttl_seconds"),
        ('connection: "${L9_REDIS_URL}"', "connection: [redis]", "memory.redis.url"),
    ],
)
def test_a_value_that_cannot_be_is_told(folder: Path, old: str, new: str, name: str) -> None:
    change(folder / CODEGEN, old, new)
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(folder)))
    [problem] = caught.value.problems
    assert problem.code == "bad-setting"
    assert problem.message.startswith(name)
    assert problem.place is not None
    assert problem.place.file == CODEGEN


def test_flags_that_say_what_an_extraction_is_cannot_be_off(folder: Path) -> None:
    for flag in ALWAYS_ON:
        change(folder / CODEGEN, f"{flag}: true", f"{flag}: false")
    with pytest.raises(InputError) as caught:
        read_meta(meta_templates(folder))
    assert [problem.code for problem in caught.value.problems] == ["bad-flag"] * len(ALWAYS_ON)


def test_templates_of_another_form_are_told_and_not_read(folder: Path) -> None:
    (folder / SEQUENCE).write_text("system: S\n---\nordering_algorithm: {step_1: {input: x}}\n", encoding="utf-8")
    (folder / CHECKLIST).write_text(
        "system: S\n---\nvalidation_checklist: {phase_1_baseline: {checklist: [{item: A, status: []}]}}\n",
        encoding="utf-8",
    )
    told = read_meta(meta_templates(folder)).notes
    assert [note.code for note in told] == ["not-read", "not-read"]
    assert "ordering_algorithm" in told[0].message
    assert {(note.place.file, note.place.line) for note in told if note.place} == {
        (SEQUENCE, 3),
        (CHECKLIST, 3),
    }


def test_a_malformed_document_among_others_is_one_problem(folder: Path) -> None:
    text = (folder / CODEGEN).read_text(encoding="utf-8")
    wild = f"system: S\n---\nschema:\n  schemas: list\n      - schema_id: string\n---\n{text}"
    (folder / CODEGEN).write_text(wild, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(folder)))
    [problem] = caught.value.problems
    assert problem.code == "yaml-syntax"
    assert problem.place is not None
    assert (problem.place.file, problem.place.line in (4, 5)) == (CODEGEN, True)


# Rows that define a gate of their own and cannot: (phase, row, code)
@pytest.mark.parametrize(
    ("phase", "row", "code"),
    [
        (3, "{kind: forbid_patern, pattern: x}", "bad-kind"),
        (3, "{kind: forbid_pattern}", "missing-field"),
        (3, "{kind: forbid_pattern, pattern: '('}", "bad-pattern"),
        (3, "{kind: forbid_pattern, pattern: '(a+)+$'}", "bad-pattern"),
        (3, "{kind: forbid_pattern, pattern: x, within: [cod]}", "bad-folder"),
        (3, "{kind: require_file, file: a.py, pattern: x}", "unknown-field"),
        (3, "{kind: max_lines}", "missing-field"),
        (3, "{kind: require_text, pattern: x, unit: percent}", "bad-unit"),
        (1, "{kind: require_text, pattern: x}", "bad-phase"),
        (3, "{pattern: x}", "missing-field"),
        (3, "{kind: require_text, pattern: x, command: rm}", "unknown-field"),
    ],
)
def test_a_gate_that_cannot_be_measured_is_refused(folder: Path, phase: int, row: str, code: str) -> None:
    change(folder / CHECKLIST, f"  phase_{phase}:\n", f"  phase_{phase}:\n    own_gate: {row}\n")
    with pytest.raises(InputError) as caught:
        read_meta(meta_templates(folder))
    assert code in [problem.code for problem in caught.value.problems]
    assert all(problem.place and problem.place.file == CHECKLIST for problem in caught.value.problems)


def test_a_gate_under_a_name_that_is_taken_is_refused(folder: Path) -> None:
    change(folder / CHECKLIST, "    lint: {", "    lint: {kind: forbid_pattern, pattern: x, ")
    with pytest.raises(InputError) as caught:
        plan_of(Inputs.read(Project(ROOT), EXAMPLE, str(folder)))
    assert [problem.code for problem in caught.value.problems] == ["taken-gate"]


def test_each_of_the_four_has_to_be_there(folder: Path) -> None:
    for file in (SEQUENCE, INTEGRATION):
        (folder / file).unlink()
    with pytest.raises(InputError) as caught:
        read_meta(meta_templates(folder))
    found = [(problem.code, problem.place and problem.place.file) for problem in caught.value.problems]
    assert found == [("no-meta-template", str(folder / file)) for file in sorted((SEQUENCE, INTEGRATION))]


def test_a_folder_of_them_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Inputs.read(Project(ROOT), EXAMPLE, str(tmp_path / "absent"))
    assert [problem.code for problem in caught.value.problems] == ["no-meta-templates"]
