"""What in a book is not the book: title pages, imprints, licences, lists, notes; each with its reason.

What the markup says by `epub:type` counts wherever it stands. What a table of contents, a landmark or a
file name says counts only if the text looks the part, since a chapter may well be called "Cover".
"""

from collections.abc import Iterable

import regex

TITLE_PAGE = "title page"
COVER = "cover page"
IMPRINT = "imprint"
COPYRIGHT = "copyright page"
COLOPHON = "colophon"
LICENCE = "licence"
CONTENTS = "table of contents"
PICTURES = "list of illustrations"
NOTES = "notes"
INDEX = "index"

_BY_TYPE = {
    "titlepage": TITLE_PAGE,
    "title-page": TITLE_PAGE,
    "halftitlepage": TITLE_PAGE,
    "cover": COVER,
    "imprint": IMPRINT,
    "copyright-page": COPYRIGHT,
    "colophon": COLOPHON,
    "toc": CONTENTS,
    "landmarks": CONTENTS,
    "page-list": CONTENTS,
    "pagelist": CONTENTS,
    "loi": PICTURES,
    "lot": "list of tables",
    "endnotes": NOTES,
    "rearnotes": NOTES,
    "footnotes": NOTES,
    "endnote": NOTES,
    "rearnote": NOTES,
    "footnote": NOTES,
    "index": INDEX,
}
_GUTENBERG_MARKS = frozenset(("pgheader", "pg-boilerplate", "pg-header", "pg-footer"))

_BY_NAME = {
    reason: frozenset(names.split("|"))
    for reason, names in {
        TITLE_PAGE: "title page|titlepage|half title|halftitle|half title page|halftitlepage|page de titre|"
        "faux titre|titelseite|titelblatt|portada|portadilla|frontespizio|folha de rosto|titelpagina",
        COVER: "cover|cover page|coverpage|couverture|umschlag|cubierta|copertina|capa|omslag",
        IMPRINT: "imprint|impressum|mentions legales",
        COPYRIGHT: "copyright|copyright page|uncopyright|rights|droits d auteur|creditos|derechos de autor",
        COLOPHON: "colophon|colofon|colofao|acheve d imprimer",
        LICENCE: "license|licence|the full project gutenberg license|full project gutenberg license|"
        "project gutenberg license|licenza|lizenz|licencia|licenca",
        CONTENTS: "contents|table of contents|toc|nav|navigation|table des matieres|sommaire|inhalt|"
        "inhaltsverzeichnis|indice|tabla de contenidos|contenido|sumario|inhoud|inhoudsopgave",
        PICTURES: "illustrations|list of illustrations|loi|list of figures|table des illustrations|"
        "liste des illustrations|abbildungsverzeichnis|lista de ilustraciones|elenco delle illustrazioni",
        NOTES: "notes|endnotes|footnotes|end notes|anmerkungen|endnoten|fussnoten|notas|note",
        INDEX: "index|register|sachregister",
    }.items()
}
_SMALL = frozenset((TITLE_PAGE, COVER, IMPRINT, COPYRIGHT, COLOPHON))
_LISTS = frozenset((CONTENTS, PICTURES, INDEX))
MAX_SMALL_CHARS = 6_000
MAX_LIST_LINE_CHARS = 160  # on average

_START = regex.compile(r"\*\*\*\s*START OF (?:THE|THIS) PROJECT GUTENBERG", regex.IGNORECASE)
_END = regex.compile(
    r"\*\*\*\s*END OF (?:THE|THIS) PROJECT GUTENBERG|^End of (?:the )?Project Gutenberg", regex.IGNORECASE
)


def marked(types: Iterable[str], classes: Iterable[str] = ()) -> str:
    """Why an element is left out, by its types and its classes and id; empty where it is not."""
    if not _GUTENBERG_MARKS.isdisjoint(classes):
        return LICENCE
    return next((_BY_TYPE[word] for word in sorted(types) if word in _BY_TYPE), "")


def named(name: str) -> str:
    """What a title or a file name promises to be: a reason to leave it out, or empty."""
    plain = _plain(name)
    return next((reason for reason, names in _BY_NAME.items() if plain in names), "")


def plausible(reason: str, texts: list[str], at: float) -> bool:
    """Whether a chapter's texts look like what its name promises; `at` is its place in the book, 0 to 1."""
    size = sum(map(len, texts))
    if reason in _SMALL:
        return size <= MAX_SMALL_CHARS
    if reason in _LISTS:
        return size <= MAX_LIST_LINE_CHARS * max(1, len(texts))
    return at >= 0.5 or size <= MAX_SMALL_CHARS


def gutenberg_starts(text: str) -> bool:
    """Whether a block ends Project Gutenberg's opening words."""
    return bool(_START.search(text))


def gutenberg_ends(text: str) -> bool:
    """Whether a block begins Project Gutenberg's closing words and licence."""
    return bool(_END.search(text))


def _plain(name: str) -> str:
    from unicodedata import normalize

    letters = regex.sub(r"\p{M}+", "", normalize("NFKD", name.casefold()))
    return regex.sub(r"[^\p{L}]+", " ", letters).strip()
