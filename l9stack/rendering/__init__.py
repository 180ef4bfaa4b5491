"""Plan to text in memory (the only Jinja user)."""
