"""Pronunciation dictionaries: words or patterns, and how a voice should say them."""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

import regex
from lxml import etree

from swarm.book.model.book import Rule
from swarm.book.model.engine_text import change_unmarked, mark
from swarm.book.page.input_bounds import LEXICON_TIMEOUT_S, MAX_LEXICON_BYTES, MAX_LEXICON_RULES
from swarm.errors import UsageError

_SECTION = regex.compile(r"\[\s*(\*|[A-Za-z]{2,3}(?:-\w+)?)\s*\]")
_CAPITALS = regex.compile(r"\b\p{Lu}{2,}\b")
_PLS = "{http://www.w3.org/2005/01/pronunciation-lexicon}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Lexicon:
    """Rules of pronunciation in the order of their file; `book` has the book's own rules."""

    def __init__(self, rules: tuple[Rule, ...] = (), book: tuple[Rule, ...] = ()) -> None:
        self.rules = rules
        self.book = book
        self._words: dict[tuple[str, bool], dict[str, str]] = {}
        self._finders: dict[tuple[str, bool], regex.Pattern[str] | None] = {}

    @cached_property
    def capitals(self) -> frozenset[str]:
        """The words in capitals that the rules name, and that must not be put into small letters before."""
        return frozenset(word for rule in (*self.rules, *self.book) for word in _CAPITALS.findall(rule.written))

    def over(self, book: tuple[Rule, ...]) -> "Lexicon":
        """Return these rules and those of a book for words that no pattern changes. Raises UsageError like `apply`."""
        patterns = [rule for rule in self.rules if rule.pattern]
        left = (word for word in book if all(_applied(rule, word.written) == word.written for rule in patterns))
        return Lexicon(self.rules, tuple(left)) if book else self

    def apply(self, text: str, language: str, *, phonemes: bool = False) -> str:
        """Apply the rules to a text, with those for phonemes if the engine takes them.

        Raises UsageError if a pattern takes too long.
        """
        finder = self._finder(language, phonemes)
        if finder is not None:
            words = self._words[language, phonemes]
            text = finder.sub(lambda match: words[match[0]], text)
        for rule in self.rules:
            if rule.pattern and rule.language in ("", language):
                text = change_unmarked(text, partial(_applied, rule))
        return text

    def _finder(self, language: str, phonemes: bool) -> "regex.Pattern[str] | None":
        """Return one pattern for all plain words, because it is as fast for thousands of words as for one."""
        key = (language, phonemes)
        if key not in self._finders:
            rules = [[rule for rule in one if phonemes or not rule.phonemes] for one in (self.book, self.rules)]
            words = _spellings(rules[0], language) | _spellings(rules[1], language)
            self._words[key] = words
            exact = regex.compile(r"(?<![\p{L}\p{N}])(?:\L<words>)(?![\p{L}\p{N}])", words=list(words))
            self._finders[key] = exact if words else None
        return self._finders[key]


def _spellings(rules: Sequence[Rule], language: str) -> dict[str, str]:
    """Return the spoken form of each spelling of the words."""
    fitting = [rule for rule in rules if not rule.pattern and rule.language in ("", language)]
    words: dict[str, str] = {}
    # A rule in lower case also applies to the word at the start of a sentence and in capitals.
    for rule in fitting:
        spellings = (rule.written.capitalize(), rule.written.upper()) if rule.written.islower() else ()
        words |= {spelling: _said(rule, spelling) for spelling in spellings}
    return words | {rule.written: _said(rule, rule.written) for rule in fitting}


def _said(rule: Rule, written: str) -> str:
    return mark(written, rule.said) if rule.phonemes else rule.said


NO_LEXICON = Lexicon()


def read_lexicon(path: Path) -> Lexicon:
    """Read a dictionary: `word = spelling`, `/pattern/ = spelling`, sections `[fr]`, comments `#`; or a PLS file.

    Raises UsageError, which names the wrong line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LEXICON_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--lexicon {path} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_LEXICON_BYTES:
        raise UsageError(f"--lexicon {path} is larger than {MAX_LEXICON_BYTES >> 20} MiB: no dictionary of words is.")
    rules = _own_pls_rules(path, data) if data.lstrip()[:1] == b"<" else _rules(path, data)
    if len(rules) > MAX_LEXICON_RULES:
        raise UsageError(f"--lexicon {path} has more than {MAX_LEXICON_RULES} lines.")
    return Lexicon(tuple(rules))


def _rules(path: Path, data: bytes) -> list[Rule]:
    rules: list[Rule] = []
    language = ""
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), start=1):
        line = line.strip()
        section = _SECTION.fullmatch(line)
        if section:
            language = section[1].partition("-")[0].lower().replace("*", "")
        elif line and not line.startswith("#"):
            rules.append(_rule(f"--lexicon {path}, line {number}", line, language))
    return rules


def _rule(where: str, line: str, language: str) -> Rule:
    written, equals, said = (part.strip() for part in line.partition(" = ")) if " = " in line else line.partition("=")
    if not equals or not written.strip():
        raise UsageError(f"{where}: expected word = spelling, or /pattern/ = spelling, not {line!r}.")
    if len(written) > 2 and written.startswith("/") and written.endswith("/"):
        rule = Rule(written[1:-1], said.strip(), language, pattern=True)
        _check(where, rule)
        return rule
    return Rule(written.strip(), said.strip(), language)


def _check(where: str, rule: Rule) -> None:
    try:
        regex.compile(rule.written)
        # The empty alternative always matches, so this checks the spelling too.
        regex.sub(f"(?:{rule.written})|", rule.said, "")
    except (regex.error, IndexError) as error:
        raise UsageError(f"{where}: /{rule.written}/ is no pattern: {error}.") from error


def _applied(rule: Rule, text: str) -> str:
    try:
        return str(regex.sub(rule.written, rule.said, text, timeout=LEXICON_TIMEOUT_S))
    except (TimeoutError, regex.error, IndexError) as error:
        raise UsageError(f"--lexicon: /{rule.written}/ cannot be applied to {text[:40]!r}: {error}.") from error


def _own_pls_rules(path: Path, data: bytes) -> list[Rule]:
    try:
        return pls_rules(parse_pls(data))
    except etree.XMLSyntaxError as error:
        raise UsageError(f"--lexicon {path} is no PLS file: {error.msg}.") from error


def parse_pls(data: bytes) -> etree._Element:
    """Return the root of a PLS lexicon. Raises XMLSyntaxError."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def pls_rules(root: etree._Element) -> list[Rule]:
    """Return the rules of a PLS lexicon: the first `alias` of each word, or else its first phonemes in IPA."""
    language = (root.get(_XML_LANG) or "").partition("-")[0].lower()
    rules = []
    for lexeme in root.iter(f"{_PLS}lexeme"):
        alias = " ".join((lexeme.findtext(f"{_PLS}alias") or "").split())
        said = alias or _ipa(root, lexeme)
        for written in lexeme.iter(f"{_PLS}grapheme") if said else ():
            rules.append(Rule(" ".join((written.text or "").split()), said, language, phonemes=not alias))
    return [rule for rule in rules if rule.written]


def _ipa(root: etree._Element, lexeme: etree._Element) -> str:
    found = (
        " ".join((phoneme.text or "").split())
        for phoneme in lexeme.iter(f"{_PLS}phoneme")
        if (phoneme.get("alphabet") or root.get("alphabet") or "").lower() == "ipa"
    )
    return next(found, "")
