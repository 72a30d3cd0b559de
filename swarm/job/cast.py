"""The cast of a book: which voices speak what, besides the voice of the recipe."""

from msgspec import Struct


class Cast(Struct, frozen=True):
    """Voices of a book's characters, by their names in the engine. "" and () leave everything to the recipe's voice."""

    dialogue: str = ""  # the voice of quotations whose speaker is not known otherwise
    speakers: tuple[tuple[str, str], ...] = ()  # (name beside the quotation, voice)
    chapters: tuple[tuple[str, str], ...] = ()  # (number or title, voice) of what is not dialogue there
    marks: tuple[tuple[str, str], ...] = ()  # (NAME of a mark [voice:NAME], voice)

    @property
    def voices(self) -> tuple[str, ...]:
        """The voices that it names, each once."""
        named = [self.dialogue, *(voice for rows in (self.speakers, self.chapters, self.marks) for _, voice in rows)]
        return tuple(dict.fromkeys(filter(None, named)))


NO_CAST = Cast()


def is_called(speaker: str, name: str) -> bool:
    """Tell whether a speaker, as a book names it, has a name: "Mr. Sherlock Holmes" is called "Holmes"."""
    words, wanted = (set(text.casefold().replace(".", "").split()) for text in (speaker, name))
    return bool(wanted) and wanted <= words
