"""A word of glue or answers: what a row of their table says."""

from __future__ import annotations

from dataclasses import dataclass

from l9stack.reading.vocabulary import Field


@dataclass(frozen=True, slots=True)
class Word(Field):
    """A word of glue or answers; it is spelled in any case, with or without `_`, `-` and spaces."""

    fields: tuple[Word, ...] = ()
    each: Word | None = None
    """What every entry of a list holds, or of a mapping by names of one's own, for which its name stands."""
    acts: str = ""
    """What acts on it; without this, a setting and parts of its own it describes, and sets nothing."""
    setting: str = ""
    """The setting that it stands for, by its dotted name."""
    marks: bool = False
    """At the top of a document: whether it makes the document glue."""

    def __getitem__(self, name: str) -> Word:
        return next(word for word in self.fields if word.name == name)

    @property
    def descriptive(self) -> bool:
        """Whether it is read, and without effect."""
        return not (self.acts or self.setting or self.fields or self.each)

    @property
    def description(self) -> str:
        """What editors show of it."""
        return f"{self.about} Descriptive." if self.descriptive else self.about
