"""Reads a book's own pronunciations: the PLS lexicons that its documents link to."""

from lxml import etree

from swarm.book.package.archive import Archive
from swarm.book.package.toc import target
from swarm.book.page.limits import MAX_ALIAS_TIMES, MAX_BOOK_LEXICONS, MAX_LEXICON_BYTES, MAX_LEXICON_RULES
from swarm.book.page.markup import local
from swarm.book.speech.lexicon import parse_pls, pls_rules
from swarm.errors import BookError
from swarm.job.book import Rule


def lexicons_of(archive: Archive, known: tuple[str, ...], pages: list[tuple[str, etree._Element]]) -> list[str]:
    """Return the names of those `known` lexicons that a document links to."""
    links = (
        target(archive, name, link.get("href") or "")[0]
        for name, root in (pages if known else ())
        for link in root.iter("{*}link")
        if "pronunciation" in (link.get("rel") or "").lower().split()
    )
    names = {archive.find(name) or name for name in known}
    return list(dict.fromkeys(name for name in links if name in names))


def read_pronunciations(archive: Archive, names: list[str]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the rules of some lexicons, within bounds, and a line about each lexicon that is not wholly used."""
    rules: list[Rule] = []
    odd: list[str] = []
    for name in names[:MAX_BOOK_LEXICONS]:
        found, line = _read(archive, name)
        rules += found
        odd += [line] if line else []
    if len(names) > MAX_BOOK_LEXICONS or len(rules) > MAX_LEXICON_RULES:
        odd.append(f"of its lexicons only {MAX_BOOK_LEXICONS} and {MAX_LEXICON_RULES} words are used")
    return tuple(rules[:MAX_LEXICON_RULES]), tuple(odd)


def _read(archive: Archive, name: str) -> tuple[list[Rule], str]:
    try:
        data = archive.read(name)
        root = parse_pls(data) if len(data) <= MAX_LEXICON_BYTES else None
    except (KeyError, BookError, etree.XMLSyntaxError):
        root = None
    if root is None:
        return [], f"its lexicon {name} cannot be read: words are said without it"
    rules = [rule for rule in pls_rules(root) if len(rule.said) <= MAX_ALIAS_TIMES * len(rule.written)]
    words = _count_phonemes(root) - sum(rule.phonemes for rule in pls_rules(root))
    return rules, f"words that {name} gives in phonemes that are not of the IPA: {words}" if words > 0 else ""


def _count_phonemes(root: etree._Element) -> int:
    """Count the words that have phonemes but no spelling."""
    kinds = ([local(part) for part in lexeme] for lexeme in root.iter("{*}lexeme"))
    return sum(parts.count("grapheme") for parts in kinds if "phoneme" in parts and "alias" not in parts)
