"""Extractions that are killed, starved of disk, run twice at once, and edited meanwhile; and a short form of that."""
