"""Desk: the bounds of every call."""

LIMITS = "printed by our own template"
