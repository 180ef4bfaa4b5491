"""Phases 1 to 5: static checks, generated tests and coverage, as measured results."""
