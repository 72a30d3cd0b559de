"""Rules that the file of a language states as data: patterns, and the words for what they find.

A number in braces is what a group found: `{1}`. `{1:cardinal}`, `{1:ordinal}`, `{1:year}` and `{1:digits}` say it in
words, `{1:figures}` in figures, also if it is a Roman numeral, for which patterns have NUMERAL. Other names in capitals
stand for the file's `patterns`. `{1:cardinal:2}` agrees with the noun of group 2. `{1:name}` is what the file's table
`name` has for it. `{1:capital}` begins with a capital. A full stop follows the words where the group `ends` took part:
the abbreviation ends the sentence, too.
"""

from collections.abc import Callable, Iterator, Mapping

from swarm.book.language.language import Language, Match, Step
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import digit_by_digit, spelled

_FIELD = compile_later(r"( ?)\{(\w+)(?::(\w+))?(?::(\w+))?\}")  # the space is left out with an empty group
_NO_WORD = compile_later(r"\W+")
_NO_DIGIT = compile_later(r"\D+")


def _whole(pattern: str, patterns: Mapping[str, str]) -> str:
    """Return a pattern with those whose names stand in it, which may name others."""
    names = [name for name in patterns if name in pattern]
    for name in sorted(names, key=len, reverse=True):
        pattern = pattern.replace(name, f"(?:{_whole(patterns[name], patterns)})")
    return pattern.replace("NUMERAL", NUMERAL)


class Rules:
    """The rules of one field of a file, which are applied one after the other."""

    def __init__(
        self,
        found: Mapping[str, str],
        patterns: Mapping[str, str],
        tables: Mapping[str, Mapping[str, str]],
        find: Callable[[], Language],
    ) -> None:
        self._tables, self._find = tables, find
        self.steps: tuple[Step, ...] = tuple(
            (compile_later(_whole(pattern, patterns)), self._sayer(words)) for pattern, words in found.items()
        )

    def __call__(self, *parts: object) -> str:
        """Return the words of a text; of several parts, which are lines to the patterns, the first line."""
        text = "\n".join(map(str, parts))
        for pattern, say in self.steps:
            text = pattern.sub(say, text)
        return text.partition("\n")[0] if len(parts) > 1 else text

    def places(self, text: str, _tagged: bool) -> Iterator[tuple[int, int, str]]:
        """Yield start and end of what the patterns find in a text, with its words, which are phonemes, in order."""
        end = 0
        for match, say in sorted(
            ((match, say) for pattern, say in self.steps for match in pattern.finditer(text)),
            key=lambda m: m[0].start(),
        ):
            if match.start() >= end:
                yield match.start(), (end := match.end()), say(match)

    def _sayer(self, words: str) -> Callable[[Match], str]:
        def say(match: Match) -> str:
            if "{" in words:
                said = _FIELD.sub(lambda field: self._spaced(match, *field.groups()), words)
            else:
                said = match.expand(words)
            ends = "ends" in match.re.groupindex and match["ends"] is not None
            return f"{said}." if ends and not said.endswith(".") else said

        return say

    def _spaced(self, match: Match, space: str, *field: str) -> str:
        said = self._say(match, *field)
        return said and space + said

    def _say(self, match: Match, group: str, way: str | None, noun: str | None) -> str:
        found = match[int(group) if group.isdecimal() else group] or ""
        if not way or not found:
            return found
        if way in self._tables:
            names = self._tables[way]
            bare = _NO_WORD.sub("", found)
            return names.get(found) or names.get(bare) or names.get(bare.capitalize()) or names.get(bare.lower(), found)
        if way == "capital":
            return found.capitalize()
        number = str(value(found)) if found[0].isalpha() else found
        if way == "figures":
            return number
        language = self._find()
        if way == "digits":
            return digit_by_digit(_NO_DIGIT.sub("", number), language)
        said = spelled(number, language, way)
        return language.numbers.agree(said, match[int(noun)] or "") if noun and language.numbers else said
