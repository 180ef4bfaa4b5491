"""Who is told what a long run does."""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes one line without its end; a terminal shows it, a log keeps it."""
