"""Splits text into sentences with sentencex, or pysbd if that is missing, and corrects their errors."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

import regex
from msgspec import Struct

from swarm.book.language.known import find_language, function_words
from swarm.book.language.language import words
from swarm.book.language.pattern import NUMERAL, compile_later
from swarm.book.language.spelling import days_have_stops
from swarm.book.page.input_bounds import MAX_PYSBD_CHARS, MAX_STRETCH_CHARS

TAIL_CHARS = 80  # the end of a piece in which its last words are searched

# The libraries end sentences after these abbreviations, but they end none in any language.
_OPEN = "vol vols no nos nr p pp ch chap fig figs ed eds cf viz ib ibid op cit St Ste Dr Prof Mr Mrs Ms"
# These end no sentence before a number, but may end one before a word.
_NUMBERED = "tel vol vols no nos nr p pp ch chap fig figs"
# "— J. Hetzel" has an initial; "I." may be a numeral.
_INITIAL = compile_later(r"(?r)^[^\p{L}]*[\p{Lu}--[IVXLCDM]]\.\s*$|\p{Lu}\.[-–]\p{Lu}\.\s*$", regex.V1)
# "C.E. Jones" has initials, "in the U.S. He left" has none.
_INITIALS = compile_later(
    r"(?<![\p{L}.])(?!(?:U\.S|U\.K|A\.D|B\.C|D\.C|N\.Y|M\.D|[AP]\.M|[NS]\.[EW])\.)(?:\p{Lu}\.\s?){2,3}$"
)
_NEXT_INITIAL = compile_later(r"\s*\p{Lu}\.(?!\s*$|\p{L})")
# "et A. Martin" has an initial, but "Plan B. Then", "an A. Mary", "Karl V. Er" and "so did I." have none.
_LONE_INITIAL = compile_later(r"(?r)(?<=\s|\()\p{Lu}\.\s*$")
_LETTER_BEFORE = compile_later(
    r"(?r)\b(?:(?i:an?|the|un[ae]?|ein|point|plan|vitamine?|vitamina|type|typ|tipo|grade|class|klasse|punkt|group|"
    r"gruppe|groupe|"
    r"grupo|gruppo|part|section|figure|letter|lettre|buchstabe|case|option|note|exhibit|appendix|block|team|than|and|"
    r"or|as|"
    r"did|do|am|was|had|have|should|will|would|can|could|must)\s\p{Lu}|\p{Lu}\p{L}+\s[IVX])\.\s*$"
)
_SHORT_MONTHS = words(
    "jan fév feb mar avr apr abr mai may mag maj jun jui giu jul lug aoû ago aug sep set oct okt ott out nov déc dec "
    "dic dez gen ene sty lut kwi cze lip sie wrz paź lis gru янв фев мар апр июн июл авг сен окт ноя дек"
)
_DAY_MONTH = compile_later(r"(?r)(?<!\d)\d{1,2}\.?\s(?:de\s)?(\p{L}{3})\p{L}{0,2}\.\s*$")
_YEAR = compile_later(r"\s*(?:de\s)?(?:1[0-9]|20)\d\d(?!\d)")
_MONTH_AND_YEAR = compile_later(r"\s*\p{Lu}\p{L}{2,9}\.?\s(?:1\d|20)\d\d\b")
_FIRST_WORD = compile_later(r"\s*(\p{L}+)")
_ERA = r"[vn]\.\s?Chr|[ad]\.\s?C|EE\.\s?UU|(?:p\.\s?)?n\.\s?e|н\.\s?э"  # an era may end a sentence
# Measures, sums and years may end one too, behind a figure: "5 Mio.", "w 1921 r.", "в XIX в.".
_ERA += r"|Mio|Mrd|Tsd|Jhs?|(?<=\d\s?)(?:r|гг?|млн|млрд|тыс|руб|коп)|(?<=[\dIVX]\s)(?:w|вв?)|U\.\s?S\.\s?A"
# "Nel 44 a.C. Cesare morì": an era behind a preposition and a year is no sentence yet.
_OPENING = compile_later(
    r"\P{L}{0,3}(?:In|Nel|Dal|Al|Verso il|Fino al|Em|Desde|Até|Por volta de|En|Hacia|Hasta|Vers|Dès|Depuis|Um|"
    r"Im Jahre?|Rond|Omstreeks|W|Około|Po|В|Около|До|К|С|После)\s(?:(?:l['’]an|el|el año|o ano|roku)\s)?\d{1,4}\s"
    r"(?:(?:r|г)\.\s|году\s|года\s)?(?:[vn]\.\s?Chr|[ad]\.\s?C|(?:av|ap|apr)\.\s?J\.-C|(?:p\.\s?)?n\.\s?e|"
    r"(?:до\s)?н\.\s?э)\.\s*"
)
MAX_OPENING_PIECES, MAX_OPENING_CHARS = 6, 60
_RULER = r"\b\p{Lu}\p{Ll}+\s[IVX]{1,5}"
_NAME = compile_later(r"\s*(?:\p{Lu}(?:[\p{L}’'-]*\p{Ll}|\p{Lu}{2})|\p{Lo})")
_CENTURY_NEXT = compile_later(r"[IVX]{1,5}\s(?:w\.|wieku\b)")  # "w latach 20. XX w."
# "am 3. Mai" and "zum 100. Geburtstag"
_ORDINAL = compile_later(
    r"(?:(?<!\d)\d{1,2}|(?<=\b(?i:zum|zur|beim|vom|im|am|dem|der|das|den|die|des|\p{Ll}{2,4}(?:em|en|er))\s)"
    r"(?:[1-9]\d{2}|\d{1,3}\.\d{3}))\.\s*$"
)
_REFERENCE = compile_later(r"(?:(?<!\b[uo])(?<=\p{L})\.|§)\s?\d{1,3}\.\s*$")  # "Siehe S. 27." has no ordinal
_QUOTED = compile_later(r"[」』](?:と[\p{Han}い、]|って)$")  # "「はい。」と言った"
_TITLE = "Mr|Mrs|Miss|Dr"
_TITLES = words("st ste dr prof mr mrs ms messrs rev hon capt lieut lt col gen sgt maj gov")
_ADDRESSES = words("St Ave Rd Blvd Sq Bros")
_PLAIN_END = compile_later(r"(?r)(?<![\p{L}.])(\p{Ll}{6,})\.\s*$")
_SHILLINGS = compile_later(r"\d[sd]\.\s*$")  # "5s. 6d."
_DIGIT = compile_later(r"\s*\d")
_MEASURE = compile_later(r"\d[½¼¾]?\s?(?:in|ft|lbs?|oz|cwt|qrs?|yds?|hrs?|mins?)\.\s*$")  # "3 lbs. 4 oz."
_PLACE = compile_later(  # "xxi. 4. 2"
    rf"(?<![\p{{L}}’'-])(?:(?=[ivxlc]{{2}}|[ivx]\.){NUMERAL.lower()}(?:\.\s\d{{1,3}})?|\d{{1,3}}\.\s\d{{1,3}})\.\s*$"
)
_DEGREES_BEFORE = compile_later(r"\b(?:[Ll]at|[Ll]ong)\.\s*$")
_DEGREES = compile_later(r"\s*\d{1,3}\s?(?:°|deg)")
# "45 deg. N." goes on with a direction or with minutes.
_PART_OF_DEGREE, _DIRECTION = compile_later(r"\d\s?(?:deg|min|sec)\.\s*$"), compile_later(r"\s*(?:\d|[NSEW]\b)")
_VERSE = compile_later(r"\s*(?:\d{1,3}(?:[:,]\s?\d|\.\s\d)|\d{1,3}(?=[;,.)]|$)|[ivxlc]+\b[.,:]?|[IVXLC]+,\s?\d)")
# "a.C." and "Ed.D.", in which no space follows a full stop.
_LETTER_STOP = compile_later(r"(?<!\p{L})(?:\p{L}|\p{Lu}\p{Ll}{1,4})\.$")
_LETTER_GOES_ON = compile_later(r"\p{L}\.")
# "2. Die Einnahme" and "Należy: 1. Ustawić" have the mark of a list, which is no sentence.
_LIST_MARK = compile_later(r"(?:^|[;:]\s?)[(„\"]?(?:\d{1,3}\.){1,7}\s*$")
_MARK_BEHIND = compile_later(r"(?r)(?<!\p{L})(\p{L}{3,}\p{Ll})[.!?]\s((?:\d{1,3}\.){1,7}\s+)$")
_NO_START = compile_later(r"\s*(?:[-‐,;:)\]%ºª°」』）】〕》〉]|[^\p{L}\p{N}]*$)")


class _Rules(Struct, frozen=True):
    """The patterns and words by which a language shows where sentences end."""

    last_word: "regex.Pattern[str]"  # finds the word before the last full stop
    number: "regex.Pattern[str]"
    closing: "regex.Pattern[str]"  # matches the place after "etc." before a new sentence
    starts: "regex.Pattern[str]"  # matches a word that begins a sentence
    lower: "regex.Pattern[str]"  # matches a small letter, also after closing marks
    spoken: "regex.Pattern[str]"
    speech: "regex.Pattern[str]"  # matches a quotation without another one in it
    speaker: "regex.Pattern[str]"  # matches "Alice whispered", which belongs to the quoted sentence before it
    numbered: frozenset[str]
    open: frozenset[str]
    names: frozenset[str]
    titles: frozenset[str]  # abbreviations of titles, in small letters; they end no sentence in capitals either
    scriptures: frozenset[str]  # abbreviations of the books of the Bible
    small: frozenset[str]  # function words, which begin a sentence where they have a capital
    era: "regex.Pattern[str]"  # matches "n. Chr." before the end of a text
    long: frozenset[str]  # the abbreviations that are as long as a plain word at the end of a sentence
    ordinals: bool  # whether a figure with a full stop is an ordinal


@lru_cache(64)
def _rules(code: str) -> _Rules:
    language = find_language(code)
    opening, closing = map(regex.escape, (language.quotes[::2], language.quotes[1::2]))
    last = "|".join(map(regex.escape, (word.replace("_", " ") for word in language.sentences.closing.split())))
    starts = "|".join(language.sentences.starts.split())
    small = "|".join(sorted(word.capitalize() for word in function_words().get(code, ()))) or "(?!)"
    shorts = f"{_NUMBERED} {_OPEN} {language.sentences.numbered} {language.sentences.open} {language.sentences.names}"
    return _Rules(
        compile_later(rf"(?r)(?:^|[\s(\[«“\"'‘’{opening}—–-])(\p{{L}}[\p{{L}}\p{{M}}.]*)\.\s*$"),
        compile_later(rf"\s*[\"'“«(\[{opening}]*(?:\d|[IVXLCDMivxlcdm]+(?:er|re|ère|e)?\b)"),
        compile_later(
            rf"(?<![\p{{L}}.])(?i:{last})\.[\"'”’»)\]{closing}]*\s+(?=[\"'“«(\[{opening}—]*\p{{Lu}})"
            rf"|(?:(?<![\p{{L}}.])(?:{_ERA})|{_RULER})\.\s+(?=(?:{starts or '(?!)'}|{small})\b)"
        ),
        compile_later(rf"\s*[\"'“«(\[{opening}]*(?:{starts or '(?!)'})\b"),
        # A dash may come first, as in "— Vieni? — chiese."
        compile_later(rf"\s*[\"'“”’»)\]{closing}]*\s*(?:[—–―]\s?)?\p{{Ll}}"),
        compile_later(rf"(?r)[!?…—][”\"’{closing}]+\s*$"),
        compile_later(_quotations(language.quotes)),
        compile_later(
            rf"\s*(?:(?:{_TITLE})\.? )?\p{{Lu}}[\p{{L}}’'-]+ (?:\p{{Lu}}[\p{{L}}’'-]+ )?"
            rf"(?:{language.sentences.speech_verbs or '(?!)'})\b"
        ),
        frozenset(f"{_NUMBERED} {language.sentences.numbered}".split()),
        # Dutch "op" is a word rather than "op. cit."
        frozenset(_OPEN.split()) - function_words().get(code, frozenset()) | frozenset(language.sentences.open.split()),
        frozenset(language.sentences.names.split())
        | frozenset(() if language.numbers else language.abbreviations.titles),
        _TITLES | frozenset(map(str.lower, language.abbreviations.titles)),
        frozenset(language.scripture.shorts) if language.scripture else frozenset(),
        function_words().get(code, frozenset()) | frozenset(map(str.lower, language.sentences.starts.split())),
        compile_later(rf"(?r)(?<![\p{{L}}.])(?:{_ERA})\.\s*$"),
        frozenset(shorts.split()) | frozenset(language.scripture.shorts if language.scripture else ()),
        days_have_stops(code),
    )


def _quotations(quotes: str) -> str:
    """Return a pattern of a quotation in one of some pairs of marks, or in plain ones; the first group is its words."""
    pairs = [quotes[at : at + 2] for at in range(0, len(quotes), 2)]
    found = ['"([^"]++)"', r"‘((?:[^‘’]|’(?=\p{L}))++)’(?!\p{L})"]
    for pair in dict.fromkeys((*pairs, "“”", "«»")):
        first, last = pair[0], pair[1]
        if first != last and first != "‘":
            found.append(rf"{first}([^{first}{last}]++)(?:{last}|\Z)")
    return rf"(?|{'|'.join(found)})"


def split_sentences(text: str, language: str) -> list[str]:
    """Return a text's sentences in order. Only the white space between them is lost."""
    rules = _rules(language)
    pieces = [
        part
        for stretch in _stretches(text, MAX_STRETCH_CHARS)
        for piece in _with_apostrophes(_whole_pieces(stretch, language))
        for part in _parts(piece, rules)
    ]
    joined: list[list[str]] = []
    for piece in pieces:
        if joined and (
            _ends_in_mark(joined[-1])
            or _runs_on(joined[-1][-1][-TAIL_CHARS:], piece, rules)
            or _cites(joined[-1], piece)
            or _opens(joined[-1])
        ):
            joined[-1].append(piece)
        else:
            joined.append([piece])
    sentences = ("".join(parts).strip() for parts in joined)
    return [part for sentence in sentences if sentence for part in _divided_speech(sentence, language)]


MIN_SPEECH_CHARS = 160  # a quotation in which sentences are divided; the libraries keep each one whole
MIN_PART_CHARS = 30  # of such a sentence: shorter ones stay with the one before


def _divided_speech(sentence: str, language: str) -> list[str]:
    """Divide a sentence within its long quotations, which are of several sentences themselves."""
    if len(sentence) < MIN_SPEECH_CHARS:
        return [sentence]
    parts, start = [], 0
    for said in _rules(language).speech.finditer(sentence):
        inside, at = said[1], said.start(1)
        for each in split_sentences(inside, language)[:-1] if len(inside) >= MIN_SPEECH_CHARS else ():
            at = sentence.index(each, at) + len(each)
            if at - start >= MIN_PART_CHARS <= len(sentence) - at and sentence[at].isspace():
                parts.append(sentence[start:at].strip())
                start = at
    return [*parts, sentence[start:].strip()]


def _stretches(text: str, limit: int) -> Iterator[str]:
    """Yield parts of at most `limit` characters, cut after a sentence or else after a word."""
    start = 0
    while len(text) - start > limit:
        window = text[start : start + limit]
        end = max((window.rfind(stop) for stop in (". ", "! ", "? ", "。")), default=0) + 1
        end = end if end > limit // 2 else window.rfind(" ") + 1 or limit
        yield text[start : start + end]
        start += end
    yield text[start:]


def _whole_pieces(text: str, language: str) -> list[str]:
    pieces = _library_pieces(text, language)
    joined = "".join(pieces)
    return pieces if joined == text or _bare(joined) == _bare(text) else [text]


def _with_apostrophes(pieces: list[str]) -> list[str]:
    """Move an apostrophe behind a space to the piece that it begins: "He slept. ’Twas late." """
    for at in range(len(pieces) - 1):
        before = pieces[at]
        if before[-2:-1].isspace() and before[-1] in "’'" and pieces[at + 1][:1].isalnum():
            pieces[at], pieces[at + 1] = before[:-1], before[-1] + pieces[at + 1]
    return pieces


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
    """Return pieces with the white space after them in the text, which pysbd may drop."""
    places = [at for at, char in enumerate(text) if not char.isspace()]
    counts = accumulate(len(_bare(piece)) for piece in pieces)
    ends = [places[count] if count < len(places) else len(text) for count in counts]
    return [text[start:end] for start, end in pairwise([0, *ends])]


def _parts(piece: str, rules: _Rules) -> list[str]:
    """Cut a piece after each "etc." that ends a sentence, and before the mark of a list, which the libraries do not."""
    if piece.find(".", 0, len(piece) - 2) < 0:  # true of most pieces, and the pattern takes long
        return [piece]
    ends = [0, *(match.end() for match in rules.closing.finditer(piece))]
    mark = _MARK_BEHIND.search(piece[-TAIL_CHARS:])
    if mark and mark[1] not in rules.long:
        ends.append(len(piece) - len(mark[2]))
    ends.append(len(piece))
    return [piece[start:end] for start, end in pairwise(ends) if end > start]


def _ends_in_mark(before: list[str]) -> bool:
    """Return whether pieces end in the mark of a list, which its first sentence follows."""
    found = _LIST_MARK.search(before[-1][-TAIL_CHARS:])
    return bool(found and (found[0][0] in ";:" or len(before) == 1))


def _cites(before: list[str], after: str) -> bool:
    """Return whether a piece goes on with a citation such as "Livy xxi. 4. 2", or is nothing but white space."""
    return not after.strip() or bool(_DIGIT.match(after) and _PLACE.search("".join(before[-2:])[-TAIL_CHARS:]))


def _opens(before: list[str]) -> bool:
    """Return whether pieces are only the time with which a sentence begins: "Nel 44 a.C.", "Em 44 a.C."."""
    if len(before) > MAX_OPENING_PIECES or not before[-1].rstrip().endswith("."):
        return False
    opening = "".join(before)
    return len(opening) < MAX_OPENING_CHARS and bool(_OPENING.fullmatch(opening))


def _runs_on(before: str, after: str, rules: _Rules) -> bool:
    """Return whether two pieces are parts of one sentence."""
    if rules.lower.match(after) or _NO_START.match(after):
        return True
    plain = _PLAIN_END.search(before)  # most sentences end so, and the other patterns take long
    if plain and plain[1] not in rules.long:
        return after[:1] == "…" and before[-1:] == "."
    if _INITIAL.search(before):
        return True
    if (_INITIALS.search(before) and _NAME.match(after)) or (
        rules.spoken.search(before) and rules.speaker.match(after)
    ):
        return True
    if _QUOTED.search(before + after[:2]) or (after[:1] == "…" and before[-1:] in ("!", "?", ".")):
        return True
    if rules.ordinals and _ORDINAL.search(before) and not _REFERENCE.search(before) and not rules.starts.match(after):
        return True  # "am 3. Mai" is more frequent than a sentence that ends in a small number
    if _LETTER_GOES_ON.match(after) and _LETTER_STOP.search(before):
        return True
    if _DIGIT.match(after) and (_SHILLINGS.search(before) or _MEASURE.search(before)):
        return True
    month = _DAY_MONTH.search(before) if _YEAR.match(after) else None
    if _ORDINAL.search(before) and _CENTURY_NEXT.match(after):
        return True
    if rules.ordinals and _ORDINAL.search(before) and _MONTH_AND_YEAR.match(after):
        return True
    if month and month[1].lower() in _SHORT_MONTHS:
        return True
    if (_DEGREES.match(after) and _DEGREES_BEFORE.search(before)) or (
        _DIRECTION.match(after) and _PART_OF_DEGREE.search(before)
    ):
        return True
    first = _FIRST_WORD.match(after)
    begins = first is not None and first[1].lower() in rules.small  # "Er" begins a sentence rather than a name
    if _LONE_INITIAL.search(before) and (_NEXT_INITIAL.match(after) or (_NAME.match(after) and not begins)):
        return not _LETTER_BEFORE.search(before)
    return False if begins and rules.era.search(before) else _is_open(before, after, rules)


def _is_open(before: str, after: str, rules: _Rules) -> bool:
    """Return whether a piece ends in an abbreviation that does not end a sentence before the next piece."""
    last = rules.last_word.search(before)
    if last is None:
        return False
    if last[1] in rules.names:
        first = _FIRST_WORD.match(after)
        begins = first is not None and first[1].lower() in rules.small
        return bool((_NAME.match(after) and not begins) or rules.number.match(after))
    if last[1].casefold() in rules.numbered:
        return bool(rules.number.match(after))
    if last[1] in rules.scriptures and _VERSE.match(after):
        return True
    if last[1] in _ADDRESSES and rules.starts.match(after):
        return False  # "10 Downing St. He lives there."
    return last[1] in rules.open or (last[1].isupper() and last[1].lower() in rules.titles)


def _bare(text: str) -> str:
    return "".join(text.split())
