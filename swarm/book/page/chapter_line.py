"""Tells which lines of a plain text are the headings of its chapters, in many languages.

Finds the headings in books that mark none: a paragraph "Chapter One", bare numbers in a row.
"""

from collections.abc import Iterable

import regex
from msgspec import Struct

from swarm.book.language.pattern import compile_later
from swarm.book.page.block import CLASS_HEADING_LEVEL, SUBTITLE_LEVEL
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import interrupts

MAX_HEADING_CHARS = 80
MIN_CHAPTER_CHARS = 400  # bare numbers that are nearer to each other are no chapters
MIN_ALIKE = 2  # headings of two words, such as "Erstes Kapitel"
MIN_FROM_ANYWHERE = 3  # bare numbers in a row that do not begin with 1

# Words for chapters and parts, before a number or any other word.
_KINDS = (
    "chapter|book|part|volume|letter|act|scene|canto|chapitre|livre|partie|tome|acte|scène|kapitel|teil|buch|band|"
    "capítulo|libro|parte|capitolo|hoofdstuk|deel"
)
# Words before a number or before a single word: "Глава вторая".
_MORE_KINDS = (
    "capítol|capitulo|livro|cena|bedrijf|kapitlet|kapittel|rozdział|część|księga|kapitola|část|kniha|časť|fejezet|"
    "könyv|luku|poglavlje|knjiga|capitolul|partea|cartea|bölüm|kısım|chương|phần|quyển|bagian|глава|часть|книга|"
    "раздел|действие|розділ|частина|раздзел|частка|кніга|дзеянне|поглавље|κεφάλαιο|κεφαλαιο|μέρος|βιβλίο|βιβλιο"
)
# Words that are also names or other words, before a number only.
_NUMBERED_KINDS = "tom|tomo|akt|del|bok|boek|díl|rész|osa|kirja|dio|kitap|bab|том|део|abschnitt|section"
_ANY_KIND = f"{_KINDS}|{_MORE_KINDS}|{_NUMBERED_KINDS}"
_FRONT = (
    "prologue|epilogue|preface|introduction|foreword|afterword|conclusion|prolog|epilog|vorwort|prólogo|epílogo|"
    "prefazione|epilogo|contents|index|(?:foot|end)?notes|glossary|bibliography|einleitung|nachwort|inhalt|préface|"
    "avant-propos|épilogue|postface|table des matières|introducción|prefacio|índice|introduzione|prologo|indice|"
    "voorwoord|"
    "inleiding|proloog|epiloog|nawoord|inhoud|introdução|prefácio|posfácio|förord|inledning|efterord|forord|innledning|"
    "przedmowa|wstęp|posłowie|zakończenie|spis treści|předmluva|úvod|doslov|obsah|előszó|utószó|tartalom|esipuhe|"
    "johdanto|"
    "предисловие|введение|вступление|послесловие|пролог|эпилог|заключение|оглавление|содержание|передмова|вступ|"
    "післямова|епілог|зміст|πρόλογος|επίλογος|εισαγωγή|önsöz|giriş|sonsöz|içindekiler"
)
_CHAPTER = compile_later(
    rf"(?:{_KINDS})\s+(?:[\divxlc]+|\p{{L}}+)\b.{{0,60}}|"
    rf"(?:{_ANY_KIND})\s+(?:№\s?)?(?:\d{{1,3}}|[ivxlc]{{1,8}})(?![\p{{L}}\d]).{{0,60}}|"
    rf"(?:{_MORE_KINDS})\s+\p{{L}}++[’'΄ʹ´]?(?:[.:—–-].{{0,60}})?|(?:{_FRONT})[.:]?|"
    rf"\d{{1,3}}[.ºª]?\s(?:{_ANY_KIND})(?:[.:—–-].{{0,60}})?|(?=[MDCLXVI])[MDCLXVI]{{1,8}}\.?",
    regex.IGNORECASE,
)
_NUMERALS = "一二三四五六七八九十百千〇零两兩"
_EASTERN = compile_later(
    rf"第\s?[{_NUMERALS}\d０-９]{{1,7}}\s?[章回节節卷部话話幕編编篇集]\s?(?:[\s:：　].{{0,40}}|[^。，、]{{0,20}})|"
    rf"제\s?\d{{1,3}}\s?[장부편화].{{0,40}}|"
    r"序|序章|序言|前言|引子|楔子|后记|後記|尾声|尾聲|终章|終章|プロローグ|エピローグ|あとがき|はじめに|おわりに|目录|目錄|目次|프롤로그|에필로그|머리말|차례"
)
# "Erstes Kapitel", "Premier chapitre": an article in place of the ordinal makes no heading.
_ORDINAL_FIRST = compile_later(
    rf"(?!(?:der|die|das|ein|eine|kein|keine|dies\p{{L}}*|jede\p{{L}}?|the|this|that|an?|each|every|no|les?|la|une?|"
    rf"ce|cette|el|los|"
    rf"una?|este|esta|il|lo|gli|os?|as?|um|uma|de|het|een|en|ett|et|в|и|на|эта|это|ta|ten|"
    rf"to)\s)\p{{L}}++(?:[’'´-]\p{{L}}++)?\s(?:{_KINDS}|{_MORE_KINDS})[.:]?",
    regex.IGNORECASE,
)
_LONE_NUMBER = compile_later(rf"[-–—*]?\s?(?:([1-9]\d{{0,2}})|([{_NUMERALS[:10]}]{{1,3}}))[.、]?\s?[-–—*]?")


class TextParagraph(Struct):
    """A paragraph of plain text in one line, with the number of its lines and of blank lines above it."""

    text: str
    lines: int
    gap: int


def headings(paragraphs: list[TextParagraph]) -> set[int]:
    """Return the indices of paragraphs that are headings."""
    found = {place for place, each in enumerate(paragraphs) if _is_heading(each)}
    alike = [place for place, each in enumerate(paragraphs) if _may_be_heading(each)]
    texts = [each.text for each in paragraphs]
    return found | (set(alike) if len(alike) >= MIN_ALIKE else set()) | _numbered_chapters(texts)


def _is_heading(line: TextParagraph) -> bool:
    """Return whether lines are a heading: by their words, or by capitals below two blank lines."""
    text = line.text
    if len(text) > MAX_HEADING_CHARS or line.lines > 2:
        return False
    if _EASTERN.fullmatch(text):
        return True
    if _CHAPTER.fullmatch(text):
        return text[:1].isupper() or text[:1].isdigit()
    return line.gap >= 2 and text.isupper() and len(text) > 3 and not text.startswith("*")


def _may_be_heading(line: TextParagraph) -> bool:
    return line.lines == 1 and line.text[:1].isupper() and bool(_ORDINAL_FIRST.fullmatch(line.text))


def _numbered_chapters(paragraphs: list[str]) -> set[int]:
    """Return the indices of paragraphs that are bare chapter numbers: in a row, far apart, and between sentences.

    Page numbers cut sentences; the numbers of lists and verses are close together.
    """
    runs: list[list[tuple[int, int]]] = []
    cutting, since = 0, MIN_CHAPTER_CHARS
    for place, paragraph in enumerate(paragraphs):
        match = _LONE_NUMBER.fullmatch(paragraph) if len(paragraph) < 12 else None
        number = _value(match) if match else 0
        if number and since >= MIN_CHAPTER_CHARS:
            if runs and number == runs[-1][-1][1] + 1:
                runs[-1].append((place, number))
            else:
                runs.append([(place, number)])
            cutting += bool(place) and interrupts(paragraphs[place - 1], "".join(paragraphs[place + 1 : place + 2]))
            since = 0
        since += len(paragraph)
    long = [run for run in runs if len(run) >= (2 if run[0][1] == 1 else MIN_FROM_ANYWHERE)]
    found = {place for run in long for place, _ in run}
    return found if cutting * 10 < max(1, len(found)) else set()


def _value(match: "regex.Match[str]") -> int:
    """Return the value of a number in figures, or in Chinese numerals up to 99."""
    if match[1]:
        return int(match[1])
    tens, ten, ones = match[2].rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    digit = {sign: number for number, sign in enumerate(_NUMERALS[:9], 1)}
    return (digit.get(tens, 1) * 10 if ten else 0) + digit.get(ones, 0)


MIN_MARKED = 2  # headings or entries that show that a book marks its chapters


def chapter_lines(passages: Iterable[Passage], entries: int) -> list[Passage]:
    """Return the paragraphs that name chapters, if neither headings nor `entries` of a table of contents do."""
    if entries >= MIN_MARKED:
        return []
    texts = [passage for passage in passages if passage.text and not passage.left_out]
    if sum(1 for passage in texts if 0 < passage.level < SUBTITLE_LEVEL) >= MIN_MARKED:
        return []
    lines = [TextParagraph(" ".join(passage.text.split()), passage.text.count("\n") + 1, 0) for passage in texts]
    return [texts[place] for place in sorted(headings(lines)) if not texts[place].level]


def mark_unmarked_headings(lines: Iterable[Passage]) -> None:
    """Make headings of the paragraphs that name chapters and are still spoken."""
    for passage in lines:
        if not passage.left_out:
            passage.kind, passage.level = "heading", CLASS_HEADING_LEVEL
