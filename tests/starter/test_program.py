"""The program of a new project is that of a clone."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_new_project_has_the_program_of_a_clone():
    assert (ROOT / "templates" / "project" / "program.py").read_bytes() == (ROOT / "__main__.py").read_bytes()
