"""Recognises what is not text on a page: page and line numbers, hidden words, links for navigation.

Also recognises scene breaks, captions and drop caps.
"""

from itertools import islice, pairwise

import regex
from lxml import etree

from swarm.book.language.pattern import compile_later
from swarm.book.page.bare_text import plain
from swarm.book.page.markup import local, types, words
from swarm.book.page.note import REFERENCE, RETURN

MAX_NUMBER_CHARS = 16
MAX_LINE_CHARS = 120
MAX_LINKS = 8
MAX_OFFER_CHARS = 40
MIN_ROW_LINKS = 4  # fewer links are no row of numbers
MAX_ROW_LINKS = 200
MAX_ROW_CHARS = 2_000
MAX_ROW_WORDS = 2  # an element with more words outside its links has text

_DROPPED = words(
    "head title script style template rt rp rtc audio video canvas iframe datalist annotation annotation-xml "
    "metadata defs desc case"
)
_UNSPOKEN_TYPES = frozenset(("noteref", "pagebreak", "backlink"))
_PAGE_CLASSES = words(
    "pagenum pageno pagenumber page-number page_number pagebreak page-break pb tei-pb x-ebookmaker-pageno"
)
_LINE_CLASSES = words("lnum linenum linenumber line-number lineno ln verse-number page folio pagina")
_LONG_WORD = compile_later(r"\p{L}{2,}+")
_LINES_OF_LINKS = frozenset(("p", "div", "center", "td", "tr", "table", "ul", "h3", "h4", "h5", "h6"))
_NUMBER = compile_later(r"[\[({|\s]*(?:(?:pp?|pg|page|seite|s|pág|pag)\.?\s*)?[\divxlc]+[\])}|.\s]*", regex.IGNORECASE)
# The number of a printed page within a paragraph, and that of a line, far behind the line.
_PAGE_MARK = compile_later(r"\[(?:Pg|Page|p\.|S\.|Seite|pág\.|стр\.|с\.)\s?[\divxlc]{1,6}\] ?")
_LINE_NUMBER = compile_later(r"(?<=[\p{L}\p{P}])[ \t\u00a0\u2002\u2003]{3,80}+\d{0,3}[05][ \t\u00a0]{0,80}+$")
MAX_NUMBERED_LINES = 0.34  # more such figures in a stanza are a table
_PAGE_ID = compile_later(r"(?:page|pg|p|pag|seite)[-_.]?[\divxlc]+", regex.IGNORECASE)
_HIDDEN = compile_later(r"display\s*:\s*none|visibility\s*:\s*hidden", regex.IGNORECASE)
# Texts of links that only lead elsewhere, in the most common languages of e-books.
_OFFERS = compile_later(
    r"agrandir|image plus grande|voir l.image|grotere afbeelding|"
    r"(?:view )?(?:larger|enlarged?)(?: image| version)?|vergrößern|ampliar(?: imagen)?|ingrandisci|"
    r"(?:back|return) to (?:table of )?(?:contents|text|top)|retour au texte|zurück zum (?:inhalt|text)|"
    r"[↩↑⤴⏎↵^¶§#🔗]\ufe0e?\ufe0f?",
    regex.IGNORECASE,
)
# Texts of the links in a navigation line at the head or foot of a page.
_NAVIGATION = compile_later(
    r"(?:(?:previous|next|prev)(?: (?:chapter|page|section|book))?|(?:to )?(?:the )?top|(?:table of )?contents|home|"
    r"index|up|start|first|last|back|forward|(?:main|section)(?: page| menu)?|accueil|retour|startseite|inicio|inizio|"
    r"suivant|précédent|sommaire|table des matières|(?:nächstes|voriges) kapitel|weiter|zurück|inhalt(?:sverzeichnis)?|"
    r"siguiente|anterior|índice|successivo|precedente|avanti|indietro|indice|volgende|vorige|inhoud(?:sopgave)?)",
    regex.IGNORECASE,
)
_AROUND_LINK = " []«»<>‹›←→⇐⇒◄►◀▶↑|\n\t\xa0"
# The words before the links of such a line in help systems: "Parent topic: Vectors".
_NAVIGATION_LABEL = compile_later(
    r"\s*(?:(?:previous|next|parent|prev|up|related)(?: (?:topic|section|page|chapter|concept|task|reference)s?)?|"
    r"(?:sujet|rubrique|thème) (?:précédent|suivant|parent)e?|(?:vorheriges|nächstes|übergeordnetes) thema|"
    r"tema (?:anterior|siguiente|principal|precedente|successivo))\s*:\s*",
    regex.IGNORECASE,
)
_NAVIGATION_LABELS = compile_later(rf"(?:{_NAVIGATION_LABEL.pattern}){{1,4}}\s*", regex.IGNORECASE)
# Alternative texts that describe nothing.
_SAYS_NOTHING = compile_later(
    r"(?:\S+\.(?:jpe?g|png|gif|svg|webp)|(?:image|img|cover|picture|illustration|figure|fig|photo|graphic|untitled|"
    r"unnamed|diagram|bild|abbildung|imagen|immagine)?[-_ .]?\d{0,9}|alt(?:ernative)? text.{0,20}|null|"
    r"(?:scene|section|ornamental|chapter|text) ?break|ornament|flourish|fleuron|divider|separator)?\s*",
    regex.IGNORECASE,
)
_CAPTION_PAGE = compile_later(r"(?:(?<!\s)\s++)?[(\[](?:pages?|pp?|seite|s|pág|pag)\.?\s*\d+\.?[)\]]", regex.IGNORECASE)
_PICTURE = compile_later(
    r"\[(?:Illustration|Illustrations|Abbildung|Ilustración|Illustrazione)(?::\s*(.*))?\s*\]", regex.S
)
_CAPTION_CLASS = compile_later(r"caption|^fig|^illus")
_BREAK_CLASS = compile_later(
    r"(?:scene|section|text|time|space|thought|context|story)[-_]?(?:break|separator|divider)|asterism|fleuron|dinkus|"
    r"^(?:ornament|separator|divider|transition|break)$",
    regex.IGNORECASE,
)
_DROP_CAP = compile_later(
    r"drop-?_?cap|lettrine|^(?:drop|dc|letrine|initiale?|first-?_?letter|initial-?_?cap|cap-?_?initial|capitular)$",
    regex.IGNORECASE,
)
_LETTER = compile_later(r"\p{L}")
_INITIAL = compile_later(r"[\"'“‘«„¿¡—]?\s?\p{L}")


def is_boilerplate(element: etree._Element) -> bool:
    """Return whether an element and its content are not read."""
    tag = local(element)
    if tag in _DROPPED or element.get("hidden") is not None or types(element) & _UNSPOKEN_TYPES:
        return True
    if element.get(REFERENCE) or element.get(RETURN):
        return True
    style = element.get("style")
    if style and _HIDDEN.search(style):
        return True
    above = element.getparent()
    if tag == "button" and above is not None and not local(above).startswith("h"):  # a heading's button holds its text
        return True
    if tag in _LINES_OF_LINKS and (_is_navigation(element) or _is_number_row(element)):
        return True
    return _is_number(element) or (
        tag == "a" and bool(_OFFERS.fullmatch(_opening(element, MAX_OFFER_CHARS).strip(" []\n\t")))
    )


def _is_navigation(element: etree._Element) -> bool:
    """Return whether a line has only links to other pages: "Previous | Contents | Next"."""
    words = _opening(element, MAX_LINE_CHARS)
    if next(element.iter("{*}a"), None) is None:
        return False
    linked = "".join(_opening(link, MAX_LINE_CHARS) for link in islice(element.iter("{*}a"), MAX_LINKS))
    if len(words) > MAX_LINE_CHARS:
        return False
    if _NAVIGATION_LABEL.match(words):
        return bool(linked) and bool(_NAVIGATION_LABELS.fullmatch(_unlinked(element)))
    if plain(words) != plain(linked):
        return False
    texts = [_opening(link, MAX_LINE_CHARS).strip(_AROUND_LINK) for link in islice(element.iter("{*}a"), MAX_LINKS)]
    return any(texts) and all(_NAVIGATION.fullmatch(text) for text in texts if text)


def _unlinked(element: etree._Element) -> str:
    """Return the text of a line outside its links."""
    return "".join(element.xpath(".//text()[not(ancestor::*[local-name() = 'a'])]"))


def _is_number_row(element: etree._Element) -> bool:
    """Return whether a line has links to consecutive numbers, such as the chapters of a book of the Bible."""
    links = list(islice(element.iter("{*}a"), MAX_ROW_LINKS))
    if len(links) < MIN_ROW_LINKS:
        return False
    texts = [_opening(link, MAX_NUMBER_CHARS).strip(" []|\n\t\xa0") for link in links]
    numbers = [int(text) for text in texts if text.isdecimal()]
    rest = len(_opening(element, MAX_ROW_CHARS)) - sum(map(len, texts))
    rising = all(after - before == 1 for before, after in pairwise(numbers))
    return rising and len(numbers) >= len(texts) - 1 and rest <= MAX_LINE_CHARS + len(links) and not _has_words(element)


def _has_words(element: etree._Element) -> bool:
    """Return whether an element has several words outside its links."""
    outside = (element.text, *(below.tail for below in element.iterdescendants("*")))
    return sum(len(_LONG_WORD.findall(text or "")) for text in outside) > MAX_ROW_WORDS


def _is_number(element: etree._Element) -> bool:
    """Return whether an element is a page or line number, by its class or id."""
    classes = set((element.get("class") or "").lower().split())
    name = element.get("id") or ""
    if classes & _PAGE_CLASSES:
        return len(_opening(element, MAX_NUMBER_CHARS)) < MAX_NUMBER_CHARS
    if not (classes & _LINE_CLASSES or (name and local(element) in ("a", "span") and _PAGE_ID.fullmatch(name))):
        return False
    text = _opening(element, MAX_NUMBER_CHARS).strip()
    return bool(text) and len(text) < MAX_NUMBER_CHARS and bool(_NUMBER.fullmatch(text))


def _opening(element: etree._Element, enough: int) -> str:
    """Return the opening of an element's text: all of it, or a little more than `enough` characters."""
    text = ""
    for piece in element.itertext():
        text += piece
        if len(text) > enough:
            break
    return text


def is_caption(element: etree._Element) -> bool:
    """Return whether an element is a picture's caption, or a picture with its caption."""
    return local(element) == "figcaption" or any(map(_CAPTION_CLASS.search, (element.get("class") or "").split()))


def without_printed_numbers(text: str) -> str:
    """Return a text as its document has it without the marks of pages, "[p. 12]", and the numbers of lines of verse."""
    text = _PAGE_MARK.sub("", text) if "[" in text else text
    lines = text.split("\n")
    bare = [_LINE_NUMBER.sub("", line) for line in lines] if len(lines) > 2 else lines
    numbered = sum(1 for line, other in zip(lines, bare, strict=True) if line != other)
    return "\n".join(bare) if 0 < numbered <= MAX_NUMBERED_LINES * len(lines) else text


def without_page(caption: str) -> str:
    """Return a picture's caption without the number of its page."""
    return str(_CAPTION_PAGE.sub("", caption))


def without_picture_mark(text: str) -> str:
    """Return the caption of a mark such as "[Illustration: The Storm]"; any other text as it is."""
    mark = _PICTURE.fullmatch(text) if text.startswith("[") else None
    return text if mark is None else (mark[1] or "").strip()


def says_nothing(alternative: str) -> bool:
    """Return whether the alternative text of a picture describes nothing: "image12.jpg", "Figure 3"."""
    return bool(_SAYS_NOTHING.fullmatch(alternative))


def is_scene_break(element: etree._Element) -> bool:
    """Return whether a wordless element is a scene break, by its class."""
    if any(not text.isspace() for text in element.itertext()):
        return False
    return any(map(_BREAK_CLASS.search, (element.get("class") or "").split()))


def drop_cap(element: etree._Element) -> str:
    """Return the letter of a drop cap, be it text or a picture; "" if the element is none."""
    if local(element) == "img":
        letter = (element.get("alt") or "").strip()
        inside_word = _LETTER.match(element.tail or "")
        return letter if inside_word and _INITIAL.fullmatch(letter) else ""
    if not any(map(_DROP_CAP.search, (element.get("class") or "").split())):
        return ""
    pictured = next((image.get("alt") for image in element.iter("{*}img")), "") or ""
    letter = (_opening(element, 8) or pictured).strip()
    return letter if _INITIAL.fullmatch(letter) else ""
