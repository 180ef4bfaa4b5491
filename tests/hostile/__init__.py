"""Texts of schemas that try to become something else: code, markup, commands, queries, paths."""
