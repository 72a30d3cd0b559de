"""Thousands that agree with the noun after them, in Spanish and Portuguese: "duas mil pessoas"."""

from collections.abc import Callable

from swarm.book.language.language import Match, Step
from swarm.book.language.late_pattern import compile_later

_THOUSANDS = compile_later(r"(?<![\p{L}\d.,:/$€£-])(?<![$€£]\s)(\d{1,3})\smil(?=\s(\p{L}+))")


def thousand_steps(
    before: str, spell: Callable[[str], str], agree: Callable[[str, str], str], shorten: Callable[[str], str] = str
) -> tuple[Step, ...]:
    """Return the patterns of "2 mil" before a noun, and of four digits that count it behind one of `before`.

    `spell` makes the words of figures, `agree` puts them in the gender of a noun, and `shorten` puts those that
    agreed with none before "mil".
    """

    def thousands(match: Match) -> str:
        return "mil" if match[1] == "1" else f"{shorten(agree(spell(match[1]), match[2]))} mil"

    counted = rf"(?:^|(?<=\b(?i:{before})\s))([1-9]\d{{3}})(?=\s(\p{{L}}+))"
    return (
        (_THOUSANDS, thousands),
        (compile_later(counted), lambda match: agree(spell(match[1]), match[2])),
    )
