"""Who is told what a long run does."""

from collections.abc import Callable


class Detail(str):
    """A line of progress that is passed by at once: a terminal shows it until the next one, a log keeps it."""


Progress = Callable[[str], None]
"""Takes one line without its end, or a `Detail`; a terminal shows it, a log keeps it."""
