"""Finds whom the words before a quotation are about: "Alice sighed. “No,” she said." Pure.

Only names that stand beside other quotations of the chapter are known: a sentence has many subjects.
"""

from collections.abc import Collection

import regex

from swarm.book.language.late_pattern import compile_later

MAX_NAMES = 200  # only the longest names of a chapter are looked for
MAX_NARRATION = 2000  # characters before a quotation that are looked at

_JOINS = (
    "and|but|so|for|then|while|when|as|at last|however|presently|und|aber|doch|da|et|mais|puis|y|pero|e|ma|poi|en|maar|"
    "och|men|då|и|а|но|i|ale"
)
_START = rf"(?:\A|(?<=[.!?…;:—–),]\s)|(?<=—))(?:(?:{_JOINS})\s)?+"
_TITLE = compile_later(r"(?:the|le|la|der|die|das|el|il|lo|de|het|mr|mrs|ms|miss|dr|sir|lady|lord|m|mme)\.?\s", regex.I)


class Subjects:
    """The known names of a chapter, ready to be found where clauses begin."""

    def __init__(self, names: Collection[str]) -> None:
        known = sorted(names, key=len, reverse=True)[:MAX_NAMES]
        self._names = {name.casefold(): name for name in known}
        words = "|".join(regex.escape(name) for name in known)
        pattern = rf"{_START}(?:poor |old |little )?+(?P<name>{words})(?=[\s,])(?!\s(?:and|und|et|y|e|en|och)\s)"
        self._clause = compile_later(pattern, regex.I) if known else None

    def find(self, narration: str) -> str:
        """Return the only known name that a clause of a narration begins with; "" if there is none, or several."""
        if self._clause is None:
            return ""
        found = {self._names[each["name"].casefold()] for each in self._clause.finditer(narration[-MAX_NARRATION:])}
        bare = {_TITLE.sub("", name).casefold() for name in found}
        return min(found) if len(bare) == 1 else ""
