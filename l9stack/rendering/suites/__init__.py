"""Tests that are generated: of modules, of agents joined, of regressions."""
