"""Guides."""

SHIP = "élégante"
