"""A line of text as sentences: sentencex, pysbd where it is not, and glue for what they get wrong."""

from collections.abc import Iterator
from itertools import accumulate, pairwise

import regex

from swarm.book.page.limits import MAX_PYSBD_CHARS, MAX_STRETCH_CHARS

TAIL_CHARS = 80  # of a piece: where it ends is decided by its last word

# Abbreviations that the libraries take for the end of a sentence, by language; "" is for all.
_ABBREVIATIONS = {
    "": "vol vols no nos nr p pp ch chap fig figs ed eds cf viz ib ibid op cit St Ste Dr Prof Mr Mrs Ms",
    "en": "Messrs Rev Hon Ft Mt approx Capt Lieut Lt Col Gen Sgt Maj Gov Esq Bros bk pt sect art",
    "fr": "M MM Mme Mmes Mlle Mlles Mgr Me t chap art av env",
    "de": "Bd Bde Nr S Fa Hr Hrn Fr Frl bzw ca usw z.B d.h u.a v.Chr n.Chr",
    "es": "Sr Sra Sres Sras Srta D Da Dña Dr Dra Ud Uds Vd Vds núm pág págs cap",
    "it": "sig sigg sig.ra dott prof avv ing on pag pagg cap n a.C d.C S SS",
    "pt": "Sr Sra Srs Sras Srta Dr Dra D Exmo Exma núm pág págs cap",
    "nl": "dhr mevr mw dr mr drs ir blz hfdst",
}
# Before a capital letter these end a sentence as often as not; before anything else they do not.
_BEFORE_NUMBER = "vol vols no nos nr p pp ch chap fig figs bk pt sect art t bd núm pág págs pag pagg blz"
_LAST_WORD = regex.compile(r"(?:^|[\s(\[«“\"'‘’-])([\p{L}][\p{L}.]*)\.\s*$")
_NUMBER = regex.compile(r"\s*[\"'“«(\[]*(?:\d|[IVXLCDMivxlcdm]+\b)")
_INITIAL = regex.compile(r"^[^\p{L}]*[\p{Lu}--[IVXLCDM]]\.\s*$|\p{Lu}\.[-–]\p{Lu}\.\s*$", regex.V1)  # "— J. Hetzel"
# "C.E. Jones", but not "in the U.S. He left"
_INITIALS = regex.compile(
    r"(?<![\p{L}.])(?!(?:U\.S|U\.K|A\.D|B\.C|D\.C|N\.Y|M\.D|[AP]\.M|[NS]\.[EW])\.)(?:\p{Lu}\.\s?){2,3}$"
)
_NAME = regex.compile(r"\s*\p{Lu}[\p{L}’'-]*\p{Ll}")
_ORDINAL = regex.compile(r"(?<!\d)\d{1,2}\.\s*$")
_ORDINAL_LANGUAGES = frozenset(("de", "da", "nb", "nn", "no", "fi", "cs", "sk", "hu", "et", "sl", "hr"))
_QUOTED = regex.compile(r"[」』](?:と[\p{Han}い、]|って)$")  # "「はい。」と言った"
_SPOKEN = regex.compile(r"[!?…—][”\"’]+\s*$")
_SPEAKER = regex.compile(  # "“What?” Alice whispered": the end of what is said is not the end of the sentence
    r"\s*(?:(?:Mr|Mrs|Miss|Dr)\.? )?\p{Lu}[\p{L}’'-]+ (?:\p{Lu}[\p{L}’'-]+ )?"
    r"(?:said|asked|cried|whispered|shouted|replied|answered|began|called|exclaimed|murmured|muttered|thought|added|repeated|screamed|sighed|growled|continued)\b"
)
_SHILLINGS = regex.compile(r"\d[sd]\.\s*$")  # "5s. 6d."
_DIGIT = regex.compile(r"\s*\d")
_LETTER_STOP, _LETTER_GOES_ON = regex.compile(r"(?<!\p{L})\p{L}\.$"), regex.compile(r"\p{L}\.")  # "a.C."
_NO_START = regex.compile(r"\s*(?:[-‐,;:)\]%ºª°」』）】〕》〉]|[^\p{L}\p{N}]*$)")
_LOWER = regex.compile(r"\s*[\"'“”’»)\]]*\s*(?:[—–―]\s?)?\p{Ll}")  # "— Vieni? — chiese." too


def split_sentences(text: str, language: str) -> list[str]:
    """A text's sentences in order, without the white space around them; nothing else is lost."""
    pieces = [piece for stretch in _stretches(text, MAX_STRETCH_CHARS) for piece in _whole_pieces(stretch, language)]
    joined: list[list[str]] = []
    for piece in pieces:
        if joined and (_runs_on(joined[-1][-1][-TAIL_CHARS:], piece, language) or not piece.strip()):
            joined[-1].append(piece)
        else:
            joined.append([piece])
    sentences = ("".join(parts).strip() for parts in joined)
    return [sentence for sentence in sentences if sentence]


def _stretches(text: str, most: int) -> Iterator[str]:
    """A paragraph beyond all measure in parts, cut behind a sentence or at least behind a word."""
    start = 0
    while len(text) - start > most:
        window = text[start : start + most]
        end = max((window.rfind(stop) for stop in (". ", "! ", "? ", "。")), default=0) + 1
        end = end if end > most // 2 else window.rfind(" ") + 1 or most
        yield text[start : start + end]
        start += end
    yield text[start:]


def _whole_pieces(text: str, language: str) -> list[str]:
    pieces = _library_pieces(text, language)
    return pieces if _bare("".join(pieces)) == _bare(text) else [text]


def _library_pieces(text: str, language: str) -> list[str]:
    try:
        import sentencex
    except ImportError:
        return _pysbd_pieces(text, language)
    return list(sentencex.segment(language or "en", text))


def _pysbd_pieces(text: str, language: str) -> list[str]:
    import pysbd

    try:
        segmenter = pysbd.Segmenter(language=language or "en", clean=False)
    except ValueError:
        segmenter = pysbd.Segmenter(language="en", clean=False)
    stretches = _stretches(text, MAX_PYSBD_CHARS)
    return _in_place(text, [piece for stretch in stretches for piece in segmenter.segment(stretch)])


def _in_place(text: str, pieces: list[str]) -> list[str]:
    """Pieces with the white space that stands behind them in a text: pysbd does not always keep it."""
    signs = [at for at, sign in enumerate(text) if not sign.isspace()]
    counts = accumulate(len(_bare(piece)) for piece in pieces)
    ends = [signs[count] if count < len(signs) else len(text) for count in counts]
    return [text[start:end] for start, end in pairwise([0, *ends])]


def _runs_on(before: str, after: str, language: str) -> bool:
    """Whether two pieces are one sentence after all."""
    if _LOWER.match(after) or _INITIAL.search(before) or _NO_START.match(after):
        return True
    if (_INITIALS.search(before) and _NAME.match(after)) or (_SPOKEN.search(before) and _SPEAKER.match(after)):
        return True
    if _QUOTED.search(before + after[:2]) or (after[:1] == "…" and before[-1:] in ("!", "?", ".")):
        return True
    if language in _ORDINAL_LANGUAGES and _ORDINAL.search(before):
        return True  # "am 3. Mai": a sentence that ends in a small number is rarer
    if _LETTER_GOES_ON.match(after) and _LETTER_STOP.search(before):
        return True
    if _SHILLINGS.search(before) and _DIGIT.match(after):
        return True
    last = _LAST_WORD.search(before)
    if last is None:
        return False
    word = last[1]
    if word.casefold() in _NUMBERED:
        return bool(_NUMBER.match(after))
    return word in _TABLES.get(language, _TABLES[""])


def _bare(text: str) -> str:
    return "".join(text.split())


_NUMBERED = frozenset(_BEFORE_NUMBER.split())
_TABLES = {
    language: frozenset((words if not language else f"{words} {_ABBREVIATIONS['']}").split())
    for language, words in _ABBREVIATIONS.items()
}
