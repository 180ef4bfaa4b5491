"""Golden cases of reading: each folder is a collection, `expected.txt` what is said of it."""

from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.reading.collection import read_collection

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


def told(case: Path) -> str:
    """Everything that reading says: the agents with their facts, or every problem."""
    single = case / "input.yaml"
    try:
        found = read_collection(single if single.exists() else case)
    except InputError as error:
        return "\n".join(str(problem) for problem in error.problems) + "\n"
    lines = []
    for agent in found.agents:
        lines.append(f"agent {agent.id} at {agent.root_path}: {agent.role}")
        lines += [f"  memory {layer.kind} in {layer.backend} ttl {layer.ttl_seconds}" for layer in agent.memory]
        lines += [f"  endpoint {endpoint.method} {endpoint.path}" for endpoint in agent.endpoints]
        lines.append(f"  files {', '.join(agent.generate_files)}; health {agent.health_path}")
    return "\n".join([*lines, *map(str, found.notes)]) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, regen):
    expected = case / "expected.txt"
    text = told(case)
    if regen:
        expected.write_text(text)
    assert text == expected.read_text()
