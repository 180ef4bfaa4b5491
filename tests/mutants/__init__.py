"""Mutants of generated code, run against the generated tests: `make mutants`."""
