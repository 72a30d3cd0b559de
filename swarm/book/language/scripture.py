"""Says verses of the Bible as people do: "Matthew 5:3-12" is "Matthew 5, 3 to 12", "Joh. 3,16" is
"Johannes 3, 16".
"""

from functools import lru_cache

import regex

from swarm.book.language.language import Language, Match, Scripture
from swarm.book.language.pattern import compile_later, value

MAX_CHAPTER, MAX_VERSE = 150, 176  # the Psalms have 150 chapters, and Psalm 119 has 176 verses
_FIGURE = compile_later(r"\d")
_NAME_BEHIND = compile_later(r"\.\s\p{Lu}")
_PSALMS = ("Psa", "Sal", "Псал")
_NO_VERSE = (
    r"\s?(?i:[ap]\.?\s?m\b|o['’]clock|Uhr|uur|h\b|heures|Euro|Prozent|percent|per cent|Meter|Mio|Millionen)"
    r"|\s?(?:[ckm]?m|kg)\b"
    r"|\s?[€%$£]"
)


def say_verses(text: str, language: Language) -> str:
    """Return a sentence with a word or a pause between chapter and verse; the numbers remain figures."""
    scripture = language.scripture
    if scripture is None or not (_FIGURE.search(text) or "." in text):
        return text
    return _finder(scripture).sub(lambda match: _said(match, scripture), text)


def _said(match: Match, scripture: Scripture) -> str:
    number, book, chapter, roman, verse = (match[name] for name in ("number", "book", "chapter", "roman", "verse"))
    if roman and roman.isupper() and book in scripture.names:
        return match[0]  # "Louis and Mark IV, 3"
    if not verse and not _is_whole_chapter(match, scripture):
        return match[0]
    first = value(roman) if roman else int(chapter)
    if not 1 <= first <= MAX_CHAPTER or int(verse or 1) > MAX_VERSE:
        return match[0]
    name = scripture.shorts.get(book, book)
    before = f"{scripture.numbered[number]} {name}" if number else name
    if not verse:
        return f"{before} {first}"
    # Three digits behind a space would be thousands, and before several verses a pause is clearer.
    apart = len(verse) > 2 or match["more"]
    between = ", " if apart and scripture.verse == " " else scripture.verse
    return f"{before} {first}{between}{verse}"


def _is_whole_chapter(match: Match, scripture: Scripture) -> bool:
    """Return whether a chapter is cited without a verse: "Ps. 23", "II Sam. 11", "Matt. v", but not "Gen. v. Stein"."""
    if match["roman"]:
        name_follows = len(match["roman"]) == 1 and _NAME_BEHIND.match(match.string, match.end())
        return match["book"] not in scripture.names and match["stop"] is not None and not name_follows
    return bool(match["number"]) or scripture.shorts.get(match["book"], "").startswith(_PSALMS)


@lru_cache(64)
def _finder(scripture: Scripture) -> "regex.Pattern[str]":
    names, shorts, plain = (
        "|".join(sorted(map(regex.escape, each), key=len, reverse=True))
        for each in (
            scripture.names,
            scripture.shorts.keys() - scripture.single,
            (scripture.plain or scripture.shorts.keys()) - scripture.single,
        )
    )
    number = "|".join(scripture.numbered)
    single = "|".join(scripture.single) or "(?!)"
    between = r"(?::|,\s?)" if scripture.comma else ":"
    alone = rf"(?![\d:]|[.,]\d|\s(?:{shorts})\.)"  # "2" in "I Cor. xiii, 2 Tim. ii" counts the next book
    verse = rf"(?P<verse>\d{{1,3}}){alone}(?=(?P<more>\s?[-–]\s?\d|,\s?\d{{1,2}}(?!\d))?)(?!{_NO_VERSE})"
    books = scripture.names | scripture.plain | scripture.single | scripture.shorts.keys()
    letters = {name[0] for name in (*scripture.numbered, *books)}
    begin = rf"(?=[{''.join(sorted(letters))}])"  # this excludes most places at once
    return compile_later(
        rf"{begin}(?<![\p{{L}}\d.])(?:(?P<number>{number})(?:\.\s?|\s|(?<=\d)(?=\p{{Lu}})))?"
        rf"(?:(?P<book>{shorts})(?P<stop>\.)|(?P<book>{names}|{plain})(?![\p{{L}}.])|"
        rf"(?P<book>{single})(?=\s\d{{1,3}},\s?\d))\s?"
        rf"(?:(?P<chapter>\d{{1,3}})(?:{between}{verse}|(?![\d:½]|[.,/]\d|\s?[-–%€]))|(?P<roman>(?:[ivxlc]{{1,7}}|[IVXLC]{{1,7}}(?=[.,:]\s\d))+)(?![\p{{L}}’'])(?:[.:,]\s{verse})?)"
    )
