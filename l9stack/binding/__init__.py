"""From an operation that nobody has bound to a function of the user's own: what to write, and where."""
