"""Counter: Counts things and keeps what it counted."""
