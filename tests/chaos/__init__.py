"""Extractions that are killed, starved of disk, and run twice at once: `python -m tests.chaos`; and a short form."""
