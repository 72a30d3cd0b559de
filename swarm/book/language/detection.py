"""Tells the language of a text: by its script, by its function words, and by py3langid.

On 434 samples of 200 words in 23 languages py3langid is right in 96 %, in 0.4 ms each; its wheel has 5 MB and no
compiled part. lingua is right in 97 %, but has 96 MB; langdetect is right in 95 %, is slower and has no wheel.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import regex
from msgspec import Struct

from swarm.book.language.known import function_words
from swarm.book.language.language import words
from swarm.book.language.pattern import compile_later

MAX_SAMPLE_CHARS = 24_000
MAX_SCRIPT_CHARS = 2_000  # the first characters show the script of a text
CHUNK_WORDS = 100  # each chunk of a sample has one vote
CHUNK_CHARS = 300  # text in a script without spaces has no words to count
MIN_LETTERS = 20  # the script of fewer letters does not tell a language
MIN_WORDS = 40  # fewer words never make a language plain
MIN_DIFFERENT_WORDS = 25  # a sample of fewer different words makes no language plain
MIN_AGREEING_SHARE = 0.8  # this share of the chunks agrees on a plain language
MIN_SCRIPT_SHARE = 0.6  # the script of a text has this share of its letters
MIN_OWN_LETTERS = 0.1  # of a text in two languages are of the script of one
MIN_KANA_SHARE = 0.05  # this share of kana makes Han letters Japanese
MIN_SURE_SHARE = 0.2  # this share of function words rules out all other languages
MIN_WORD_SHARE = 0.08  # a text has at least this share of function words of its language
MIN_PASSAGE_WORDS = 12
MIN_PASSAGE_HITS = 3  # different function words in a passage in another language
MIN_PASSAGE_SHARE = 0.17
MIN_LEAD = 1.3  # a passage has so many times more function words of its language than of any other
MIN_MIXED_LEAD = 3  # a passage is mixed if one half has so many times more function words of another language
MAX_OWN_SHARE = 0.12  # a passage with more function words of the book's language is in that language
MAX_SHARED_SHARE = 0.35  # it has so many only if the two languages share these words
MIN_MARKED_WORDS = 8  # words with letters that English lacks, in a passage with few function words
MAX_ASKED_SHARE = 0.06  # the library is asked for a passage with no more function words of the book's language
MIN_ASKED_CHARS = 150  # and with so many letters
SURE_LEANING, WORD_LEANING = 20.0, 4.0  # of a script or many words, and of a function word that one language lacks
MAX_PASSAGE_WORDS = 50  # later words of a passage are not looked at
MAX_OPENING_CHARS = 400  # most passages have MAX_PASSAGE_WORDS within so many characters

# Languages of the scripts that only a few languages use, the commonest first.
_BY_SCRIPT = {
    "Greek": ("el", "grc"),
    "Hangul": ("ko",),
    "Han": ("zh", "yue", "hak", "cmn", "ja", "ko", "vi"),
    "Hiragana": ("ja",),
    "Katakana": ("ja",),
    "Thai": ("th",),
    "Lao": ("lo",),
    "Khmer": ("km",),
    "Myanmar": ("my", "shn"),
    "Tibetan": ("bo", "dz"),
    "Georgian": ("ka",),
    "Armenian": ("hy", "hyw"),
    "Hebrew": ("he", "yi"),
    "Ethiopic": ("am", "ti"),
    "Bengali": ("bn", "as", "bpy"),
    "Gurmukhi": ("pa",),
    "Gujarati": ("gu",),
    "Oriya": ("or",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Kannada": ("kn",),
    "Malayalam": ("ml",),
    "Sinhala": ("si",),
}
# Scripts that many languages share.
_BY_LIBRARY = {
    "Latin": "af az ca cs cy da de en eo es et eu fi fr ga hr hu id is it la lt lv mt nb nl pl pt ro sk sl sq sv tr vi",
    "Cyrillic": "be bg kk ky mk mn ru sr tg tt uk",
    "Arabic": "ar fa ps ug ur",
    "Devanagari": "hi mr ne",
}
_OF_OWN_SCRIPT = frozenset(code for codes in _BY_SCRIPT.values() for code in codes)
_SCRIPTS = (*_BY_SCRIPT, *_BY_LIBRARY)
# Languages that only a few words tell apart: a book that declares one of them is believed.
_ALIKE = tuple(
    frozenset(group.split())
    for group in (
        "nb nn no da",
        "hr bs sr sh",
        "id ms jv su",
        "cs sk",
        "es ca gl an ast lad",
        "ca oc",
        "pt gl mwl",
        "nl af fy li nds",
        "de lb nds gsw bar",
        "fr ht oc wa",
        "it co rm fur sc scn vec nap lij lmo pms",
        "ga gd gv",
        "ia io eo",
        "tr az uz tk kk ky tt ba ug",
        "bg mk",
        "ru be uk bg",
        "fa prs tg",
        "hi mr ne",
        "en sco pcm",
        "la it",
        "fi et vro",
    )
)
_LETTER = compile_later(r"\p{L}")
_WORD = compile_later(r"[\p{L}\p{M}’']+")
# A word of a passage. Single letters and abbreviations are in formulas and lists of references of any language.
_PASSAGE_WORD = compile_later(r"(?<![\p{L}\p{M}\d’'.])\p{L}[\p{L}\p{M}’']++(?!\d|\.\s?[\p{Ll}\d,;)])")
_BARE = compile_later(r"[A-Za-z’']+")
# Languages in which hardly any twelve words have only the letters of English.
_MARKED_LETTERS = words("cs sk sl pl hu tr vi ro lv lt is")
_UNSPACED = frozenset(("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"))


class Detected(Struct, frozen=True):
    """The language of a text, "" if it is unknown. It is `plain` if there is no doubt about it."""

    language: str = ""
    plain: bool = False


NOT_DETECTED = Detected()


def detect(text: str) -> Detected:
    """Tell the language of a text by a vote of its chunks."""
    text = text[:MAX_SAMPLE_CHARS]
    votes = Counter(filter(None, map(_vote, _chunks(text))))
    if not votes:
        return NOT_DETECTED
    language, count = votes.most_common(1)[0]
    agree = count >= MIN_AGREEING_SHARE * votes.total()
    return Detected(language, agree and _is_long_enough(text) and _has_words_of(language, text))


def is_language_of(language: str, text: str) -> bool:
    """Tell quickly whether a text is surely in a language; False leaves it open."""
    words = function_words().get(language)
    if words is None or _script(text) not in ("Latin", "Cyrillic"):
        return False
    said = _words_of(text[:MAX_SAMPLE_CHARS])
    share = _share(said, words)
    return len(said) >= MIN_WORDS and share >= MIN_SURE_SHARE and share >= max(_shares(said).values())


def is_written_like(language: str, text: str) -> bool:
    """Tell whether a text is in a script that only a few languages use, of which a language is one."""
    return language in _BY_SCRIPT.get(_script(text), ())


def is_sure(language: str, text: str) -> bool:
    """Tell whether so many words of a text are function words of a language that it can be in no other."""
    words = function_words().get(language, frozenset())
    return _share(_words_of(text[:MAX_SAMPLE_CHARS]), words) >= MIN_SURE_SHARE


def is_told_apart(language: str) -> bool:
    """Tell whether the library may find a language; a text in any other is taken for one that is like it."""
    return any(language in codes.split() for codes in _BY_LIBRARY.values()) or language in _OF_OWN_SCRIPT


def may_be(language: str, text: str) -> bool:
    """Tell quickly whether a text is long enough and has enough words to be in a language."""
    return _is_long_enough(text) and _has_words_of(language, text)


def most_words(text: str) -> float:
    """Return the share of function words of a text, in the language that has most of them there."""
    return max(_shares(_words_of(text[:MAX_SAMPLE_CHARS])).values())


def are_alike(one: str, other: str) -> bool:
    """Tell whether two languages are so much alike that a detector may take one for the other."""
    return one == other or any(one in group and other in group for group in _ALIKE)


def fits_script(language: str, text: str) -> bool:
    """Tell whether a text is in a script that a language is written in, as far as is known."""
    script = _script(text)
    if script in _BY_SCRIPT:
        return language in _BY_SCRIPT[script]
    return language not in _OF_OWN_SCRIPT - {"ja", "ko", "vi"}


@cache
def _own_letters(language: str) -> "regex.Pattern[str] | None":
    """Return the pattern of a letter of the scripts that only a language and few others have; None if it has none."""
    own = [rf"\p{{{script}}}" for script, codes in _BY_SCRIPT.items() if language in codes and language != "vi"]
    return compile_later(f"[{''.join(own)}]") if own else None


def has_own_letters(language: str, text: str) -> bool:
    """Tell whether many letters of a text are of a script of a language's own, as in a book of two languages."""
    own = _own_letters(language)
    if not own or _script(text) not in ("", "Latin"):
        return False
    return len(own.findall(text)) >= MIN_OWN_LETTERS * _letters(text)


def has_foreign_letters(language: str, text: str) -> bool:
    """Tell whether a language is surely not written in the letters of a text. Latin ones transcribe any."""
    script = _script(text)
    if script in ("", "Latin") or not is_told_apart(language):
        return False
    return language not in (_BY_SCRIPT.get(script) or _BY_LIBRARY[script].split())


def passage_language(text: str, language: str) -> str:
    """Return the language of a passage in a book of another language; "" if it is not plainly another one."""
    said = _first_words(text)
    own = _share(said, function_words().get(language, frozenset()))
    if own > MAX_SHARED_SHARE:
        return ""  # decided first, since this is so for nearly all passages
    if own > MAX_OWN_SHARE and sum(map(len, said)) < MIN_ASKED_CHARS:
        return ""
    if own > MAX_ASKED_SHARE:
        shares = _shares(list(set(said)))  # a word that is said again and again counts once
        if max(shares.values()) < max(MIN_PASSAGE_SHARE, MIN_LEAD * shares.get(language, 0)):
            return ""
    script = _script(text)
    if script in _BY_SCRIPT:
        codes = _BY_SCRIPT[script]
        formula = script not in _UNSPACED and len(said) < MIN_PASSAGE_HITS  # Greek letters of a formula stand alone
        return "" if language in codes or formula or _letters(text[:MAX_SCRIPT_CHARS]) < MIN_LETTERS else codes[0]
    is_long = _letters(text[:MAX_SCRIPT_CHARS]) >= MIN_LETTERS and has_foreign_letters(language, text)
    if len(said) < MIN_PASSAGE_WORDS and not is_long:
        return ""
    if script != "Latin":
        found = _ask(" ".join(said), script)
        return "" if own or are_alike(found, language) else found
    found = _by_words(said, language)
    if found and own > MAX_OWN_SHARE and not are_alike(_ask(" ".join(said), script), found):
        return ""
    return found or _by_halves(said, language)


def is_short(text: str) -> bool:
    """Tell whether a passage has too few words to show its language by itself."""
    return len(_first_words(text)) < MIN_PASSAGE_WORDS


def leaning(text: str, one: str, other: str) -> float:
    """Return by how much a short text is rather in one language than in another: the logarithm of the odds."""
    own = [_own_letters(language) for language in (one, other)]
    shown = [bool(letters and letters.search(text)) for letters in own]
    if any(own) or fits_script(one, text) != fits_script(other, text):
        fits = shown[0] if own[0] else not shown[1] and fits_script(one, text)
        if all(shown):  # Han letters are Chinese unless kana are among them
            fits = _BY_SCRIPT.get(_script(text), ("",))[0] == one
        return SURE_LEANING if fits else -SURE_LEANING
    said = _words_of(text)
    hits = [sum(map(_own_words(*pair).__contains__, said)) for pair in ((one, other), (other, one))]
    scores: dict[str, float] = dict(_identifier().rank(" ".join(said)))
    known = one in scores and other in scores
    odds = scores[one] - scores[other] if known else 0.0
    return WORD_LEANING * (hits[0] - hits[1]) + max(-SURE_LEANING, min(SURE_LEANING, odds))


def _by_halves(said: list[str], language: str) -> str:
    """Return the language that the library finds in both halves of a passage; names and lists are in no single one."""
    middle = len(said) // 2
    halves = [said[:middle], said[middle:]]
    if sum(map(len, said)) < MIN_ASKED_CHARS or len(set(said)) < MIN_DIFFERENT_WORDS - 5:
        return ""
    first, second = (_ask(" ".join(half), "Latin") for half in halves)
    if are_alike(first, language) or not are_alike(first, second):
        return ""
    found = first if first == second else _ask(" ".join(said), "Latin")
    words = function_words().get(found, frozenset())
    if _share(said, _own_words(language, found)) > MAX_ASKED_SHARE:
        return ""
    marked = sum(not _BARE.fullmatch(word) for word in said)  # the library finds some language in any letters
    shown = marked >= MIN_MARKED_WORDS or (marked >= MIN_MARKED_WORDS // 2 and (not words or words.intersection(said)))
    return found if shown or (words and all(map(words.intersection, halves))) else ""


@lru_cache(256)
def _own_words(language: str, other: str) -> frozenset[str]:
    """Return the function words of a language that another one lacks: French has many a small word of Spanish."""
    none: frozenset[str] = frozenset()
    return function_words().get(language, none) - function_words().get(other, none)


def _by_words(said: list[str], language: str) -> str:
    """Return the language of words by function words alone, since the library takes 0.3 s and 100 MB to load."""
    shares = sorted(_shares(said).items(), key=lambda item: -item[1])
    found, share = shares[0]
    second = next(other for code, other in shares if not are_alike(code, found))
    own = _share(said, function_words().get(language, frozenset()))
    if shared := own > MAX_OWN_SHARE:
        own = _share(said, _own_words(language, found))
    hits = {word for word in said if word in function_words()[found]}
    plain = share >= max(MIN_PASSAGE_SHARE, MIN_LEAD * second, 2 * own) and len(hits) >= MIN_PASSAGE_HITS
    plain = plain and not (shared and own > MAX_ASKED_SHARE)
    if not plain or are_alike(found, language) or _is_mixed(said, found):
        return ""
    return "" if found in _MARKED_LETTERS and all(map(_BARE.fullmatch, said)) else found


def _is_mixed(said: list[str], language: str) -> bool:
    """Tell whether a half of a passage is plainly in a third language, so that no single one fits."""
    middle = len(said) // 2
    for half in (said[:middle], said[middle:]):
        other, share = max(_shares(half).items(), key=lambda item: item[1])
        own = _share(half, function_words()[language])
        if share >= max(MIN_PASSAGE_SHARE, MIN_MIXED_LEAD * own) and not are_alike(other, language):
            return True
    return False


def _chunks(text: str) -> Iterator[str]:
    if _script(text) in _UNSPACED:
        yield from (text[start : start + CHUNK_CHARS] for start in range(0, len(text), CHUNK_CHARS))
        return
    words = text.split()
    for start in range(0, max(1, len(words) - CHUNK_WORDS // 2), CHUNK_WORDS):
        yield " ".join(words[start : start + CHUNK_WORDS])


def _vote(chunk: str) -> str:
    """Return the language of a chunk; "" if it has hardly any letters."""
    script = _script(chunk)
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script][0]
    return _ask(chunk, script) if script else ""


def _script(text: str) -> str:
    """Return the script of most letters of a text, by its opening; "" if none has most."""
    return _script_of(text[:MAX_SCRIPT_CHARS])


@lru_cache(256)
def _script_of(text: str) -> str:
    """Return the script of most letters. Some kana make Han letters Japanese."""
    letters = max(1, _letters(text))
    if len(_pattern("Latin").findall(text)) >= MIN_SCRIPT_SHARE * letters:
        return "Latin"  # found first, since counting all scripts takes long
    if text.isascii():
        return ""
    counts = {name: len(_pattern(name).findall(text)) for name in _SCRIPTS}
    kana = counts["Hiragana"] + counts["Katakana"]
    japanese = kana + counts["Han"]
    if kana >= max(1, MIN_KANA_SHARE * japanese) and japanese >= MIN_SCRIPT_SHARE * letters:
        return "Hiragana"
    name, count = max(counts.items(), key=lambda item: item[1])
    return name if count >= MIN_SCRIPT_SHARE * letters else ""


@cache
def _pattern(script: str) -> "regex.Pattern[str]":
    return compile_later(rf"[\p{{Script={script}}}&&\p{{L}}]", regex.V1)


def _letters(text: str) -> int:
    return len(_LETTER.findall(text))


def _is_long_enough(text: str) -> bool:
    if _script(text) in _BY_SCRIPT:
        return _letters(text) >= MIN_LETTERS
    said = _words_of(text)
    return len(said) >= MIN_WORDS and len(set(said)) >= MIN_DIFFERENT_WORDS


def _has_words_of(language: str, text: str) -> bool:
    """Tell whether the function words of a text agree with its language, if that has a list of them."""
    words = function_words().get(language)
    return words is None or _share(_words_of(text), words) >= MIN_WORD_SHARE


def _words_of(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _first_words(text: str) -> list[str]:
    """Return the first words of a passage; an opening with a word more has them all complete."""
    for opening in (text[:MAX_OPENING_CHARS], text) if len(text) > MAX_OPENING_CHARS else (text,):
        said = _PASSAGE_WORD.findall(opening)
        if len(said) > MAX_PASSAGE_WORDS:
            break
    return [word.lower() for word in said[:MAX_PASSAGE_WORDS]]


def _share(said: list[str], words: frozenset[str]) -> float:
    return sum(map(words.__contains__, said)) / max(1, len(said))


def _shares(said: list[str]) -> dict[str, float]:
    counts = dict.fromkeys(function_words(), 0)
    for word in said:
        for language in _languages_of().get(word, ()):
            counts[language] += 1
    return {language: count / max(1, len(said)) for language, count in counts.items()}


@cache
def _languages_of() -> dict[str, list[str]]:
    """Return the languages that have a function word, by the word."""
    found: dict[str, list[str]] = {}
    for language, small in function_words().items():
        for word in small:
            found.setdefault(word, []).append(language)
    return found


def _ask(text: str, script: str) -> str:
    if script not in _BY_LIBRARY:
        return ""
    found = str(_identifier().classify(text)[0])
    return "nb" if found in ("no", "nn") else found


@cache
def _identifier() -> Any:
    """Return py3langid for the languages that books are in. It is imported here, since loading it takes 0.3 s."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    codes = {*" ".join(_BY_LIBRARY.values()).split(), "no", "nn"}
    identifier.set_languages(codes & set(identifier.labels))
    return identifier
