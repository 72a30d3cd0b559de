"""Abbreviations as words, if engines do not know them and their meaning is certain; addresses and verses of the Bible.

"Matthew 5:3-12" is "Matthew 5, 3 to 12", "Joh. 3,16" is "Johannes 3, 16".
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

import regex

from swarm.book.language.language import Language, Match, Scripture
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import digit_by_digit

_INITIAL = compile_later(r"\s\p{Lu}\.")
_END = compile_later(r"[\s\"'”’»)]*+$")
# Names keep their particles in every language.
_PARTICLES = r"(?:de|de la|du|des|von|van|van der|le|la|di|da|del|della)\s|d[’']"
_TAIL = r"(?<![.,;:!?)\]»”’\"'])"  # punctuation at the end of a sentence is no part of an address

_WEB = compile_later(
    rf"(?:https?://|ftp://|www\.)(?:[^\s/@]{{1,64}}@)?([\p{{L}}\p{{N}}.-]{{1,253}})(?::\d+)?(?:[/?#]\S*{_TAIL})?",
    regex.IGNORECASE,
)

_MAIL = compile_later(
    r"(?:mailto:)?([\w.+-]{1,64})@([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}(?:/[\w-]{1,20}(?![\w/]))?)"
)

_HANDLE = compile_later(r"(?<![\w@.])@(\w{2,32})(?![\w@])")  # "@name"
# A site without "www.": its last part is no word of a language, or a path follows; "archive.org", but not "sagte.es".
_SITE = compile_later(
    r"(?<![\w@./-])((?:[A-Za-z0-9-]{1,63}\.){1,4}(?:(?:com|COM|org|ORG|net|NET|edu|EDU|gov|GOV|info|biz|io|de|fr|uk|ru|pl|nl|se|hu|cz|eu|ch|jp|cn|ca|au|"
    r"xyz|app|dev|tv|museum|(?:co|com|org|gov|ac|net|nic|go|or|gob)\.[a-z]{2})(?::\d{2,5})?(?:/[\w.~-]{1,40}){0,6}(?<![.])|"
    r"[a-z]{2,8}(?:(?::\d{2,5})?(?:/[\w.~-]{1,40}){1,6}(?<![.])|(?=[?#][\w-]))))/?(?:[?#][\w=&%.+-]{1,80}(?<![.]))?(?![\w@/-]|\.\w)"
)
_FILE = compile_later(
    r"(?<![\w@./-])([\w-]{1,64}(?:\.[\w-]{1,16}){0,4}\.(?:gz|bz2|tar|rar|dll|sys|xhtml|php|cpp|sql|ya?ml|toml|svg|bmp|tiff|wav|avi|psd|"
    r"pptx?|rtf|odt|ini|txt|pdf|docx?|xlsx?|html?|css|js|json|xml|csv|py|exe|zip|jpe?g|png|gif|mp[34]|md|epub))(?![\w@/-]|\.\w)"
)
_DRIVE = compile_later(r"(?<!\w)([A-Z]:(?:\\[\w.~-]{1,64}){1,12})")  # "C:\Windows"
_UNDERSCORED = compile_later(r"(?<![\w@./-])([A-Za-z0-9]+(?:_[A-Za-z0-9]+){1,9})(?![\w@])")
_PATH = compile_later(r"(?<![^\s(\"“‘'])((?:file://)?(?:/[\p{L}_][\w.-]{0,63}){2,12}/?)(?![\w/])")  # "/usr/local/bin"
_NUMBERS, _INNER_STOP = compile_later(r"\d+"), compile_later(r"\.\s?\p{L}")
_INNER_SPACE = compile_later(r"(?<=\.)\s?(?=[\p{Ll}\p{Lo}])")

_ISBN = compile_later(r"\bISBN(?:-1[03])?:?\s*(?:97[89][\s-]?)?\d[\d\s-]{8,14}[\dXx]\b")


def say_abbreviations(text: str, language: Language) -> str:
    """Return a sentence with its abbreviations as words."""
    text = language.abbreviations.prepare(text)
    for finder, said in _finders(language):
        text = _said(text, finder, said)
    return text


def _said(text: str, finder: "regex.Pattern[str]", said: Mapping[str, str]) -> str:
    return finder.sub(lambda match: match[0] if _is_initial(match) else _words(match[1], said) + _stop(match), text)


def _words(short: str, said: Mapping[str, str]) -> str:
    """Return the words of an abbreviation, which may be written with and without spaces: "т.д." and "т. д."."""
    return said.get(short) or said.get(_INNER_SPACE.sub("", short)) or said[_INNER_SPACE.sub(" ", short)]


def _is_initial(match: Match) -> bool:
    """Return whether a single letter is the first of several initials: in "D. H. Lawrence", "D." is not "Don"."""
    return len(match[1]) == 1 and match[1].isupper() and bool(_INITIAL.match(match.string, match.end()))


def _stop(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, " " in front of a number, else ""."""
    if match[0].endswith(".") and _END.match(match.string, match.end()):
        return "."
    return " " if match.string[match.end() :][:1].isalnum() else ""


@lru_cache(64)  # compiling the patterns takes milliseconds
def _finders(language: Language) -> tuple[tuple["regex.Pattern[str]", Mapping[str, str]], ...]:
    short = language.abbreviations
    anywhere = _with_capitals(short.anywhere)
    several = {key: said for key, said in anywhere.items() if _INNER_STOP.search(key)}  # "i. sz." before "sz."
    found = (
        (several, "", frozenset(several)),
        (short.titles, _after_title(language), short.whole),
        (
            _with_capitals(short.numbered),
            rf"\s?(?:\d|(?:(?=[IVXLC]{{2}}){NUMERAL}|(?=[ivxlc]{{2}}){NUMERAL.lower()})(?:er|re|e)?\b)",
            short.whole | frozenset(map(_capital, short.whole)),
        ),
        (anywhere, "", frozenset(anywhere)),
    )
    return tuple((_finder(said, after, whole), said) for said, after, whole in found if said)


def _with_capitals(said: Mapping[str, str]) -> Mapping[str, str]:
    """Return abbreviations with those forms that begin a sentence: "Vgl." beside "vgl."."""
    return {_capital(short): _capital(words) for short, words in said.items()} | dict(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _after_title(language: Language) -> str:
    """Return the pattern of the text after a title: a name, or another title before a name."""
    short = language.abbreviations
    titles = "|".join(filter(None, (*map(regex.escape, short.titles), short.also)))
    joins = "|".join(filter(None, (short.joins, "&")))
    name = rf"(?:{_PARTICLES})?\p{{Lu}}"
    return rf"(?:{short.joint}{name}|(?:\s(?:{titles})\.?){{1,3}}\s{name}|\s(?:{joins})\s(?:{titles})\b)"


def _finder(said: Mapping[str, str], after: str, whole: Collection[str]) -> "regex.Pattern[str]":
    """Return the pattern of the abbreviations in `said` before `after`; those in `whole` need no full stop."""
    names, complete = (
        "|".join(
            r"\s?".join(map(regex.escape, _INNER_SPACE.split(each))) for each in sorted(some, key=len, reverse=True)
        )
        for some in (said, set(whole) & set(said))
    )
    undotted = rf"|(?<=(?:{complete}))(?:(?<=\W)|(?!\p{{L}}))" if complete else ""
    return compile_later(rf"(?<![\p{{L}}\d.])({names})(?:\.{undotted})(?={after})")


def shorten(text: str, language: Language) -> str:
    """Return a text with the names of sites for web addresses, and without the digits of ISBNs."""
    if "ISBN" in text:
        text = _ISBN.sub("ISBN", text)
    if "@" in text:
        text = _MAIL.sub(
            lambda match: f"{_dotted(match[1], language)} {language.at} {_dotted(match[2], language)}", text
        )
        text = _HANDLE.sub(lambda match: f"{language.at} {_dotted(match[1], language)}", text)
    if "://" in text or "www." in text.lower():
        text = _WEB.sub(lambda match: _dotted(match[1].lower().removeprefix("www.").strip("."), language), text)
    if "/" in text and language.signs:
        text = _PATH.sub(lambda match: _dotted(match[1], language), text)
    if "\\" in language.signs:
        text = _DRIVE.sub(lambda match: _dotted(match[1], language), text) if "\\" in text else text
        text = _UNDERSCORED.sub(lambda match: _dotted(match[1], language), text) if "_" in text else text
    for pattern in (_SITE, _FILE) if "." in text else ():
        text = pattern.sub(lambda match: _dotted(match[1], language), text)
    return text


def _dotted(address: str, language: Language) -> str:
    """Return an address with the word for its dots and single figures, as far as the language has that word."""
    if not language.dot:
        return address
    address = _NUMBERS.sub(lambda match: f" {digit_by_digit(match[0], language)} ", address.strip("."))
    for sign, word in {".": language.dot, **language.signs}.items():
        address = address.replace(sign, f" {word} ")
    return " ".join(address.split())


MAX_CHAPTER, MAX_VERSE = 150, 176  # the Psalms have 150 chapters, and Psalm 119 has 176 verses
_VERSE_FIGURE = compile_later(r"\d")
_NAME_BEHIND = compile_later(r"\.\s\p{Lu}")
_PSALMS = ("Psa", "Sal", "Псал")
_NO_VERSE = (
    r"\s?(?i:[ap]\.?\s?m\b|o['’]clock|Uhr|uur|h\b|heures|Euro|Prozent|percent|per cent|Meter|Mio|Millionen)"
    r"|\s?(?:[ckm]?m|kg)\b"
    r"|\s?[€%$£]"
)


# "Mt 5, 8; 5,48; 6,10"
_FURTHER_VERSES = compile_later(
    r"(?<=\p{L}\s\d{1,3}, \d{1,3}(?:[-–]\d{1,3})?)(?:;\s\d{1,3},\s?\d{1,3}(?:[-–]\d{1,3})?)+(?!\d)"
)


def say_verses(text: str, language: Language) -> str:
    """Return a sentence with a word or a pause between chapter and verse; the numbers remain figures."""
    scripture = language.scripture
    if scripture is None or not (_VERSE_FIGURE.search(text) or "." in text):
        return text
    text = _verse_finder(scripture).sub(lambda match: _say_verse(match, scripture), text)
    return _FURTHER_VERSES.sub(lambda match: match[0].replace(",", ", ").replace(",  ", ", "), text)


def _say_verse(match: Match, scripture: Scripture) -> str:
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
def _verse_finder(scripture: Scripture) -> "regex.Pattern[str]":
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
    between = r"(?::|,\s?|\.(?=\d))" if scripture.comma else ":"
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
