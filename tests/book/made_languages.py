"""Books whose text is in another language than they say, or in several."""

import epub_maker as maker
from made_book import MORE, STORY, Shape, page
from prose import PROSE

_WRONG = (
    ("it", "en"),
    ("en", "fr"),
    ("vi", "en"),
    ("hi", "en"),
    ("es", "en"),
    ("nl", "en"),
    ("pt", "es"),
    ("de", "en"),
)
_WRONG += (
    ("pl", "en"),
    ("fr", "en"),
    ("zh", "en"),
    ("ja", "en"),
    ("el", "en"),
    ("ru", ""),
    ("pl", ""),
    ("de", "x-none"),
)


def _declared_wrongly(language: str, declared: str) -> Shape:
    pages = {f"{number}.html": page(PROSE[language], title=str(number)) for number in range(1, 4)}
    return Shape(pages=pages, declared=declared, language=language, spoken=(PROSE[language],))


def _word_processor() -> Shape:
    text = maker.page("".join(f"<p xml:lang='en-US'>{PROSE['es']}</p>" for _ in range(3)))
    return Shape(pages={"1.xhtml": text}, declared="es", language="es", spoken=(PROSE["es"],))


def _with_letter(attribute: str) -> Shape:
    """Return a chapter with a letter in French, with or without its mark."""
    text = f"<p>{STORY}</p><p {attribute}>{PROSE['fr']}</p><p>{MORE}</p>"
    return Shape(
        pages={"1.xhtml": maker.page(f"<h1>One</h1>{text * 4}")}, tongues=frozenset(("fr",)), spoken=(PROSE["fr"],)
    )


def _parallel() -> Shape:
    rows = "".join(f"<p>{STORY}</p><p>{PROSE['de']}</p>" for _ in range(4)) + f"<p>{STORY}</p>" * 3
    return Shape(pages={"1.xhtml": maker.page(rows)}, tongues=frozenset(("de",)), spoken=(PROSE["de"], STORY))


def _single(suffix: str, text: str, language: str, **more: tuple[str, ...]) -> Shape:
    return Shape(pages={"": text}, suffix=suffix, language=language, **more)


LANGUAGES: dict[str, Shape] = {
    **{f"declared {said or 'nothing'}, in {true}": _declared_wrongly(true, said) for true, said in _WRONG},
    "paragraphs marked by a word processor": _word_processor(),
    "a letter marked as French": _with_letter("xml:lang='fr'"),
    "a letter in French without a mark": _with_letter(""),
    "two languages by turns": _parallel(),
    "a Russian text file": _single("txt", f"Глава 1\n\n{PROSE['ru']}\n\nГлава 2\n\n{PROSE['ru']}\n", "ru"),
    "a Polish text in Windows-1250": Shape(
        pages={"": f"{PROSE['pl']}\n\n{PROSE['pl']}\n".encode("cp1250")},
        suffix="txt",
        language="pl",
        spoken=(PROSE["pl"],),
    ),
    "a Markdown file with a language": _single("md", f"---\nlang: fr\n---\n# Un\n\nOui.\n\n{PROSE['fr']}\n", "fr"),
    "a Spanish web page that says English": _single(
        "html", f"<html lang='en'><body><h1>Uno</h1><p>{PROSE['es']}</p><p>{PROSE['es']}</p></body></html>", "es"
    ),
}
