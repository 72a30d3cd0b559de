"""Counts the written forms of a public test set that are said right, acceptably and wrongly, per language and class.

python benchmarks/normalisation.py FOLDER                      prints a table of the languages
python benchmarks/normalisation.py FOLDER --classes            adds a row for each class
python benchmarks/normalisation.py FOLDER --language sv --list names the forms that are said wrongly
python benchmarks/normalisation.py FOLDER --homographs         counts English words of two sounds, in FOLDER/data/eval

FOLDER holds `CODE.tsv`, a line a form: class, written form, one or more spoken forms, with tabs between them. Forms are
split by a hash: rules are made with the `read` part, and the `kept` part, which --list never names, says whether they
carry. Right are forms whose words are those given, but for case, hyphens, punctuation and "and", or that sound the same
to espeak. Acceptable are forms that differ from one that is right by a word that a listener takes for the same.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

import regex

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "voice"))

from said_forms import ESPEAK, Sounds, _espeak, _heard, _hibari

from swarm.book.language.known import find_language
from swarm.book.language.languages.en import heteronym
from swarm.book.model.engine_text import make_engine_text, mark
from swarm.book.speech.speech import Speech, _mark_heteronyms

VERDICTS = ("right", "acceptable", "wrong")
KEPT_PERCENT = 40
_SILENT = regex.compile(r"[\s\p{P}\p{S}\p{Cf}]|\band\b")
_FIGURE = regex.compile(r"\d")
_SITE = regex.compile(r"(?i)(?:https?://(?:www\.)?|\bwww\.)([^\s/]+)")
_CALL = regex.compile(r"[+\d\s()./-]+")
_LISTED = regex.compile(r"(\d+)\.?")
_DECIMAL = regex.compile(r"[-−]?([\d.\s]*\d)[.,](\d+)")
_MARK = regex.compile(r"[^\w\s\p{M}]")
# What listeners take for the same, by language: each group is folded to its first word.
_ALIKE = {
    "en": "|a|an|per|the|of|zero hours|zero minutes|zero seconds|"
    "cent|cents|pence|penny, quarter|fourth, quarters|fourths, half|one half, zero|o|oh, "
    "dot|point, one hundred|a hundred, slash|forward slash|over",
    "de": "|cent|penny|pence|eine|minuten, at|ät, zwei|zwo, ein|eins|einen|einem|einer, minus|strich|bindestrich",
    "es": "|y|de|con|el|la|céntimos|centavos|peniques|horas|minutos, "
    "|estadounidenses|brasileño|hongkonés|hong kong, un|uno|una|primero, coma|punto, barra|diagonal, a|al",
    "fr": "|et|de|le|la|l, un|une, point|virgule",
    "it": "|e|di|minuti|ore, un|uno|una",
    "pt": "|e|de|o|zero minutos|zero segundos|"
    "a|com|horas|hora|minutos|centavos|cêntimos, um|uma|primeiro, quatorze|catorze, dois|duas, "
    "dezesseis|dezasseis, dezessete|dezassete, dezenove|dezanove",
    "ru": "|и|года|часов|часа|час|минут|минуты|минута, один|одна|одно, два|две",
    "sv": "|och, en|ett|e, krona|kronor",
    "hu": "|és, kettő|két, másodperc|masodperc, millió|egymillió",
    "zh": "二|两, 零|〇",
    "ja": "零|ゼロ|〇, 四|よん",
    "ko": "영|공",
    "vi": "|và, bốn|tư, mốt|một, lăm|năm|nhăm, nghìn|ngàn, lẻ|linh",
    "hi": "|और, शून्य|ज़ीरो|जीरो",
}
# The same for parts of words, by language.
_PARTS = {
    "ar": (("أ", "ا"), ("إ", "ا"), ("آ", "ا"), ("\u064e", "")),
    "hi": (("न्द", "ंद"), ("ँ", "ं"), ("\u093c", "")),
    "sv": (("tjugohundrat", "tjugot"),),
    "hu": (("egymillió", "millió"),),
    "ru": (("ё", "е"),),
    "it": (("é", "e"),),
    "en": (("metre", "meter"), ("litre", "liter")),
} | {
    "de": (("einhundert", "hundert"), ("eintausend", "tausend"), ("und", ""), ("ß", "ss")),
}


def cases(path: Path, part: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield class, written form and spoken forms of one part of a file."""
    for line in path.read_text("utf-8").splitlines():
        kind, written, *spoken = line.split("\t")
        upside_down = not _FIGURE.search(written) and any(map(_FIGURE.search, spoken))  # words, to be written
        if part in ("all", part_of(written)) and not upside_down:
            yield kind, written, spoken


def part_of(written: str) -> str:
    """Return the part that a written form belongs to, by its hash."""
    return "kept" if sha256(f"split {written}".encode()).digest()[0] * 100 < KEPT_PERCENT * 256 else "read"


def judge(kind: str, written: str, spoken: list[str], language: str) -> tuple[str, str]:
    """Return the verdict on a written form, and what is said."""
    said = _speech().say(written, language)
    if folded(said) in map(folded, spoken):
        return "right", said
    sounds = sounds_of(language)
    if sounds is not None:
        heard = _heard(make_engine_text(said, ()), sounds)
        if any(heard == _heard(words, sounds) for words in spoken):
            return "right", said
    if _FIGURE.search(said):
        return "wrong", said
    alike = {_alike(words, language) for words in spoken}
    if _alike(said, language) in alike or any(_is_same_site(said, words, written) for words in spoken):
        return "acceptable", said
    if _as_telephone(written, said, language) or _as_address(written, said, spoken, language):
        return "acceptable", said
    if _same_decimal(written, said, spoken, language):
        return "acceptable", said
    # A number with a full stop is a mark of a list as well; one without anything beside it is no ordinal.
    alone = _LISTED.fullmatch(written) if kind == "ordinal" else None
    return ("acceptable" if alone and folded(said) == folded(_speech().say(alone[1], language)) else "wrong"), said


def _same_decimal(written: str, said: str, spoken: list[str], language: str) -> bool:
    """Return whether decimals are said as one number where the set has single digits, or the reverse."""
    match = _DECIMAL.search(written)
    if match is None:
        return False
    speech = _speech()
    together = _alike(speech.say(match[2].lstrip("0") or "0", language), language)
    single = _alike(" ".join(speech.say(digit, language) for digit in match[2]), language)
    texts = [_alike(text, language).replace(single, together) for text in (said, *spoken)]
    return together in texts[0] and texts[0] in texts[1:]


def _as_telephone(written: str, said: str, language: str) -> bool:
    """Return whether a telephone number is said digit by digit, which is never wrong."""
    if not _CALL.fullmatch(written) or sum(map(str.isdigit, written)) < 7:
        return False
    digits = "".join(_speech().say(digit, language) for digit in written if digit.isdigit())
    return folded(said).endswith(folded(digits))


def _as_address(written: str, said: str, spoken: list[str], language: str) -> bool:
    """Return whether an address in letters of another script has the words for its signs; the engine reads the rest."""
    marks = [word for word in (find_language(language).at, find_language(language).dot) if word]
    if language not in ("hi", "ko", "ru", "ar", "zh", "ja") or "." not in written:
        return False
    site = _SITE.search(written)
    if site:  # "h t t p s" is left out, and so is a path
        return said.count(marks[-1]) == site[1].strip(".").count(".") > 0
    return any(mark in said for mark in marks) and any(
        all(words.count(mark) == said.count(mark) for mark in marks) for words in spoken
    )


def _is_same_site(said: str, words: str, written: str) -> bool:
    """Return whether a site is said by its name, where the set spells "h t t p s" before it, or its path."""
    site, gold = _SITE.search(written), folded(words)
    if site is None:
        return False
    start = min((at for at in (gold.find("http"), gold.find("www")) if at >= 0), default=0)
    name = gold.find(folded(site[1].split(".")[0]), start)
    return name > start and (gold[:start] + gold[name:]).startswith(folded(said))


def folded(text: str) -> str:
    """Return a text without what listeners do not hear: case, spaces, hyphens, punctuation, "and"."""
    return str(_SILENT.sub("", normalize("NFKC", text).casefold()))


def _alike(text: str, language: str) -> str:
    text = _MARK.sub(" ", normalize("NFKC", text).casefold())
    for group in _ALIKE.get(language, "").split(", "):
        first, *others = group.split("|")
        if not others:
            continue
        edge = "" if language in ("zh", "ja") else r"\b"
        text = regex.sub(rf"{edge}(?:{'|'.join(others)}){edge}", first, text)
    text = folded(text)
    forms = find_language(language).forms
    for part, same in (*_PARTS.get(language, ()), *(forms.otherwise.items() if forms else ())):
        text = text.replace(part, same)
    return text


@cache
def _speech() -> Speech:
    from swarm.job.card import EngineCard

    return Speech(EngineCard("tester", "", ("*",), (), (("", 300),), (), ()))


@cache
def sounds_of(language: str) -> Sounds | None:
    """Return espeak's phonemes of a language; None if it has no voice, or reads too little of it."""
    return _espeak(language) if language not in ("ja", "zh") and ESPEAK.speaks(language) else None


def count_homographs(folder: Path) -> tuple[int, int, int]:
    """Return the sentences in which hibari says a noun or a verb, and those of them that it says as such.

    Looked at are words with a sound for each in the tables of the rules. The last figure has the parts of speech of a
    tagger besides the rules, as engines have that bring none of their own.
    """
    sounds, total, right = _hibari(), 0, [0, 0]
    pairs = {**heteronym._PAIRS, **heteronym._TAGGED}
    for path in sorted(folder.glob("data/eval/*.tsv")):
        for row in csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"):
            word, text, start, end = row["homograph"].lower(), row["sentence"], int(row["start"]), int(row["end"])
            pair, kind = pairs.get(word), row["wordid"].removeprefix(f"{word}_")
            if pair is None or kind == word:
                continue
            total += 1
            noun, verb = (sounds(f"{text[:start]}{mark(text[start:end], ipa)}{text[end:]}") for ipa in pair)
            for at in (0, 1):
                said = sounds(_mark_heteronyms(text, find_language("en"), tagged=bool(at)))
                is_verb = _likeness(said, verb) > _likeness(said, noun)
                right[at] += is_verb == (kind == "vrb")
    return total, right[0], right[1]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with a file for each language")
    parser.add_argument("--language", help="judge only this one")
    parser.add_argument("--part", choices=("read", "kept", "all"), default="kept", help="the part to count")
    parser.add_argument("--classes", action="store_true", help="print a row for each class")
    parser.add_argument("--list", action="store_true", help="name what is not right in the part that may be read")
    parser.add_argument("--homographs", action="store_true", help="count English words of two sounds instead")
    options = parser.parse_args()
    if options.homographs:
        total, by_rules, by_tags = count_homographs(options.folder)
        print(f"of {total} sentences hibari says {by_rules} rightly, and {by_tags} with the tagger's help")
        return
    part = "read" if options.list else options.part
    print(f"| language | class | {' | '.join(VERDICTS)} | not wrong |\n|{' --- |' * 6}")
    for path in sorted(options.folder.glob(f"{options.language or '*'}.tsv")):
        counts: Counter[tuple[str, str]] = Counter()
        for kind, written, spoken in cases(path, part):
            verdict, said = judge(kind, written, spoken, path.stem)
            counts[kind, verdict] += 1
            counts["all", verdict] += 1
            if options.list and verdict != "right":
                print(f"    {verdict} {kind}: {written} = {spoken[0]}, but: {said}")
        kinds = sorted({kind for kind, _ in counts} - {"all"}) if options.classes else []
        for kind in ("all", *kinds):
            row = [counts[kind, verdict] for verdict in VERDICTS]
            share = 100 * (row[0] + row[1]) / max(1, sum(row))
            print(f"| {path.stem} | {kind} | {' | '.join(map(str, row))} | {share:.1f} % |")


if __name__ == "__main__":
    main()
