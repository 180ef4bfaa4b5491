"""Measures l9stack on this machine: `python -m tests.bench`. It tells figures beside their goals, and asserts none."""
