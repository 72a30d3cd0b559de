"""What capitals tell: words in capitals as words, initials as initials, and the names of a book.

"HE HAD seen the BBC" is "He had seen the BBC".

Voices spell capitals that they do not know, letter by letter. What stands in capitals is a word if the book also writes
it in small letters, if its whole sentence or its neighbours are in capitals, or if it could be said and no list has it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, pairwise

from msgspec import Struct

from swarm.book.language.known import find_language, function_words
from swarm.book.language.language import Language, Match, words
from swarm.book.language.pattern import NUMERAL, compile_later
from swarm.book.model.book import Book, ChapterText

INITIALS = words(
    # countries, unions, authorities
    "EUR USD GBP CHF JPY SEK OEA MERCOSUR MS MSS BCC FSF EE UU LL "
    "USA UK EU UN UNO USSR UAE GDR FRG DDR BRD BRD PRC ROC NATO UNESCO UNICEF OPEC WTO IMF WHO ILO OECD OSCE "
    "ASEAN NASA ESA CIA FBI NSA KGB GRU NKVD SS SA SD MI DEA IRS FDA FCC SEC EPA OSHA ATF TSA DHS DOJ FEMA CDC "
    "NIH DARPA USAF USMC USN RAF RN RNLI NHS BBC ITV CNN NBC CBS ABC PBS NPR MTV HBO ESPN MGM RKO UPI AFP DPA "
    "TASS PLO IRA ETA ANC ISIS NAACP ACLU AFL CIO YMCA YWCA KKK NRA GOP DNC RNC MP MEP QC KC JP PM VP CEO CFO CTO "
    "COO CPA URSS RDA RFA ONU OTAN UE EEUU SNCF RATP EDF PTT TGV CNRS ENA PDG HLM RTL TF PCF UMP RER OVNI SIDA "
    "SPD CDU CSU FDP NSDAP SED AEG BMW VW VEB ARD ZDF WDR NDR GEZ BGB GG ADAC LKW PKW DGB IHK TÜV EDV DC PSI PCI "
    "FIAT RAI CGIL FMI NDE ETA PSOE PP RENFE OMS ONG ADN PIB IVA OVNI PZPR PKP PKO PKS PRL AK NSZ ZSRR ONZ MSZ "
    "PAN GUS ZUS TVP RP СССР США РФ КПСС ВКП НКВД КГБ ФСБ МВД ГПУ ОГПУ ЧК ЦК ООН НАТО РСФСР ВДНХ МГУ ГУМ ЦУМ ТАСС "
    "ЗАГС МХАТ ВЧК НЭП ГУЛАГ ГРУ"
    # science, medicine, technology
    "DNA RNA ATP HIV AIDS PTSD ADHD OCD IQ EQ MRI CT CAT ECG EKG EEG ICU ER IV IVF PMS STD STI SARS COVID DDT TNT "
    "LSD MDMA THC CBD UV IR LED LCD LP EP CD DVD VHS TV PC PA AC DC FM AM GPS GPRS GSM SMS MMS WAP SIM USB HDMI "
    "CPU GPU RAM ROM HDD SSD BIOS DOS IBM HP AT&T AMD IOS UNIX GNU GPL BSD MIT API SDK IDE GUI CLI URL URI HTTP "
    "HTTPS HTML XML XHTML CSS JSON YAML SQL PHP ASP FTP SSH SSL TLS TCP UDP IP DNS DHCP LAN WAN VPN ISP RSS PDF "
    "EPUB JPEG JPG PNG GIF SVG MPEG MP WAV ASCII UTF ISO ANSI IEEE RFC CVS SVN OS AI ML IT ICT ERP CRM CMS SEO "
    "FAQ Q&A DIY ASAP RSVP ETA FYI BTW AKA VIP VVIP UFO SOS PS NB BC AD BCE CE GMT UTC EST PST CET MPH RPM KM KG "
    "CM MM HQ HMS USS SS RMS SMS UPS DHL FIFA UEFA NBA NFL NHL MLB IOC ISBN ISSN OCR ASIN DOI LLC LTD PLC PTY PHD "
    "MD BA MA MBA BSC MSC DDS DVM RN LPN EMT CPR SWAT POW MIA AWOL SUV ATM PIN RV ATV BBQ BLT OJ OK ID XL XXL GDP "
    "GNP CV HR PR R&D LGBT LGBTQ TGIF LOL OMG WTF GPA SAT ACT GED PTA ESL CIO VAT WC ETC NSW LA NYC NY NJ DC UCLA "
    "NYU LSE MIT WASP WWI WWII VE VJ KP GI GIS PX CO NCO CIC ASPCA RSPCA RSPCC NSPCC SPCA UNHCR UNRRA WWF WLAN "
    "NGO CND TUC LCC GLC GPO HMV EMI RCA DJ MC RPG"
)
# Initials that are also words; they are initials only where the words around them show it.
DOUBTFUL = words(
    "IT US WHO AM PM AD MA PA LA ER SA SS SD MI DC PP UE GG AK PAN ENA SED SIM AN ET ACT CAT SAT PIN RAM AT OR "
    "ETA CO RAI PR MM CM SOS WC VIP ГУМ ETC LTD ROM OS MIA RN PIB AIDS SEC GIS WASP KG KM TF"
)
PRONOUNS = words("US IT WHO")  # these are initials after "THE" even in a shout


_SOME = compile_later(r"\p{Lu}['’]?\p{Lu}|\p{Lu}(?:\s\p{Lu}){4}")
_TOKEN = compile_later(r"\p{L}[\p{L}\p{M}]*+(?:['’]\p{L}[\p{L}\p{M}]*+)*+")
_CAPITALS = compile_later(r"\p{Lu}[\p{Lu}\p{M}]*(?:['’]\p{Lu}[\p{Lu}\p{M}]*)*")
_WORD = compile_later(r"(?<![\p{L}./@_-])\p{L}\p{Ll}*+(?![\p{L}/@_]|\.\p{L})")  # an address has no such word
_CAPITAL_WORD = compile_later(r"\b\p{Lu}{2,}\b")
_AFTER_ARTICLE = compile_later(r"\b(?:the|an?)\s(\p{Lu}{2,4})\b(?!\s\p{Lu}{2})")
# "Portland, OR 97201"
_BEHIND_TOWN, _STATE_ENDS = compile_later(r"\p{Lu}\p{Ll}+, $"), compile_later(r"[\s\"”]*$|[,;)]|\s\d{5}(?!\d)")
_COMPUTING_NEXT = compile_later(  # "IT staff"
    r"\s(?:staff|departments?|managers?|support|teams?|people|systems?|industry|sector|services?|consultants?|"
    r"specialists?|company|companies|jobs?|infrastructure|skills|professionals?|projects?|budgets?|security|director)\b"
)
_WORKS_IN = compile_later(r"\b(?:work(?:s|ed|ing)?|careers?|jobs?|degree|experience|people) in $")
_AND_CAPITALS = compile_later(r"&\p{Lu}")
_IN_NAME = compile_later(r"[\d_@\\$]|\.\p{L}")  # an address or a program has this beside a word
_BEFORE_NAME = compile_later(r"[\d_@\\]$|\p{L}\.$")
_SPACED = compile_later(r"(?<![\p{L}\p{N}.])\p{Lu}(?:\s\p{Lu}){4,40}(?![\p{L}\p{N}.])")
_NUMERAL = compile_later(NUMERAL)
_ARTICLE = compile_later(r"\b(?:the|an?|this|our|der|die|das|dem|den|des|la|le|les|el|los|il|lo|o|os|de|het)\s$")
_LETTERED = compile_later(  # a single letter behind one of these is a letter: "VITAMIN A"
    r"\b(?i:vitamine?|vitamin[ao]|grade|plan|hepatitis|série|serie|gruppo|grupo|group|groupe|gruppe|class|clase|classe|"
    r"klasse|type|typ|tipo|exhibit|appendix|appendice|schedule|block|platform|team|annexe?|allegato|section|figure)\s$"
)
_BETWEEN_WORDS, _WORD_BEFORE = compile_later(r"\s\p{L}"), compile_later(r"\p{L}[,;:]?\s$")
_AFTER_FIGURES, _BEFORE_FIGURES = compile_later(r"\d\s?$"), compile_later(r"\.?\s?\d")
_CAPITALS_NEXT = compile_later(r"\.?\s\p{Lu}{2}")
_NAME_NEXT = compile_later(r"\s\p{Lu}\p{Ll}")
_SPEAKER = compile_later(r"\s*(?:[.:—–(\[]|$)")
_START = compile_later(r"^[^\p{L}\p{N}]*$|[.!?…][\"”’»)]*\s+[\"“‘«(]*$")
_VOWEL = "AEIOUYÄÖÜÀÂÉÈÊËÎÏÔÛÙŒÆÁÍÓÚÃÕĄĘÓÅØАЕЁИОУЫЭЮЯІЇЄΑΕΗΙΟΥΩ"
_ONSET = compile_later(
    rf"^(?:[^{_VOWEL}]?|[BCDFGKPTVW]R|[BCFGKPSV]L|[CGKPRST]H|[CKGSP]N|S[CKMPQTVWZ]|QU|QV|[DT]W|DZ|CZ|SZ|RZ|PS|PT|PF|"
    rf"TS|TZ|"
    rf"WR|ZW|MC|LL|SCH[LMNRW]?|S[CPKT]R|SPL|SHR|THR|PHR|PHL|CHR|CHL|SZCZ|SQU|\P{{Latin}}{{2,3}})(?=[{_VOWEL}]|$)"
)
_LONG_RUN = compile_later(rf"[^{_VOWEL}'’]{{5}}|[^{_VOWEL}HSR'’]{{4}}")
_ODD_END = compile_later(rf"[^{_VOWEL}'’]{{3,}}$")
_END = compile_later(
    r"(?:GHT|TCH|[LNR]CH|R?SCH|[LNR]ST|CHT|CHS|NGS|NGT|[LNR]D[ST]|[NRLPCFX]T[SH]|STS|CKS|CKT|[LNR]K[ST]|M[PBF][SFT]|"
    r"LPS|RMS|RNS|"
    r"RPS|[LNR]TZ|NDT|RST|RZT|NKT|RLD|RLS|TZT|PHS|SKS|RTS|LLS|RRS|SHR|[LNR](?:FF|SS|TT)|\P{Latin}{3,})$"
)
_SUFFIXES = ("S", "T", "D", "M", "LL", "RE", "VE", "N")  # English, behind an apostrophe
MIN_SHOUTED_LETTERS = 5  # longer words in a shout are no initials, however they are spelled
MAX_LONE_WORDS = 3  # single letters between two words in capitals
_APOSTROPHE, _AT_APOSTROPHE, _ANY_VOWEL = (compile_later(text) for text in ("['’]", "(['’])", f"[{_VOWEL}]"))
MIN_NAME_LETTERS = 4  # shorter words that no book and no list knows are initials


class Usage(Struct, frozen=True):
    """How a book writes those words that it also writes in capitals, and of which region they are."""

    small: frozenset[str] = frozenset()  # words that also stand in small letters
    names: frozenset[str] = frozenset()  # words, in small letters, that also stand with a capital
    initials: frozenset[str] = frozenset()  # words, in capitals, that also stand after a small article
    region: str = ""  # where its words are said so: "PT" for European Portuguese; "" for the usual ones


NO_USAGE = Usage()


def usage_of(book: Book) -> Usage:
    """Return the usage of a book."""
    texts = [block.text for chapter in book.chapters for block in chapter.blocks]
    counts = Counter(chain.from_iterable(map(str.split, texts)))
    region = book.region or _region(counts, find_language(book.language).regions)
    if not any(_SOME.search(text) for text in texts):
        return Usage(region=region)
    capitals, found = _count_capitals(counts), _count_words(counts)
    small = {word: count for word, count in found.items() if word in capitals}
    names = {word.lower() for word in found if word.istitle()}
    initials = {word for text in texts for word in _AFTER_ARTICLE.findall(text)}
    # Short initials also stand in small letters, in addresses and commands, but more rarely.
    common = {word for word, count in small.items() if len(word) >= MIN_NAME_LETTERS or count > capitals[word]}
    return Usage(frozenset(common), frozenset(names & capitals.keys()), frozenset(initials), region)


MIN_SHOWN = 3  # words that show a region, and times as many as show another one


def _region(counts: Counter[str], regions: Mapping[str, str]) -> str:
    """Return the region whose words a book has; "" if it shows none."""
    shown = sorted(
        ((sum(counts[word] for word in words.split()), name) for name, words in regions.items()), reverse=True
    )
    if not shown or shown[0][0] < MIN_SHOWN * max(1, sum(count for count, _ in shown[1:])):
        return ""
    return shown[0][1]


def _count_capitals(counts: Mapping[str, int]) -> Counter[str]:
    """Count the words in capitals, in small letters, of what stands between white space."""
    found: Counter[str] = Counter()
    for piece, count in counts.items():
        for word in () if piece.islower() else _CAPITAL_WORD.findall(piece):
            found[word.lower()] += count
    return found


def _count_words(counts: Mapping[str, int]) -> Counter[str]:
    """Count the other words of what stands between white space, with a capital at most at the start."""
    found: Counter[str] = Counter()
    for piece, count in counts.items():
        bare = piece.strip("\"'“”‘’,;:!?()—").rstrip(".")
        plain = bare.isascii() and bare.isalpha() and (bare.islower() or bare.istitle())
        for word in (bare,) if plain else _WORD.findall(piece):
            found[word] += count
    return found


class _Token(Struct):
    """A word of a sentence; `capital` tells whether it is wholly in two capitals or more."""

    text: str
    start: int
    end: int
    capital: bool


def lower_capitals(text: str, language: Language, usage: Usage = NO_USAGE, kept: frozenset[str] = frozenset()) -> str:
    """Return a sentence with its words in capitals in small letters; initials, numerals and words in `kept` remain."""
    if not _SOME.search(text):
        return text
    text = _SPACED.sub(lambda match: _joined(match, _small_words(language)), text)
    tokens = [
        _Token(match[0], match.start(), match.end(), len(match[0]) > 1 and bool(_CAPITALS.fullmatch(match[0])))
        for match in _TOKEN.finditer(text)
    ]
    said, at = "", 0
    for index, token in enumerate(tokens):
        if token.text in kept:
            continue
        if token.capital:
            said += text[at : token.start] + _said(text, tokens, index, language, usage)
            at = token.end
        elif len(token.text) == 1 and _is_lone_word(text, tokens, index, language):
            said += text[at : token.start] + token.text.lower()
            at = token.end
    return said + text[at:]


def _joined(match: Match, small: frozenset[str]) -> str:
    """Join spaced letters to a word, unless they are the alphabet or initials."""
    word = str(match[0]).replace(" ", "")
    alphabet = all(ord(two) - ord(one) == 1 for one, two in pairwise(word))
    if alphabet or word in INITIALS or "".join(word.split()) != word:
        return str(match[0])
    return _divided(word, small) or word


def _divided(word: str, small: frozenset[str]) -> str:
    """Return joined letters as two words if both are known, since "T H E   E N D" has lost its wider space."""
    if word.lower() in small:
        return ""
    cuts = (at for at in range(len(word) - 2, 1, -1) if {word[:at].lower(), word[at:].lower()} <= small)
    return next((f"{word[:at]} {word[at:]}" for at in cuts), "")


def _is_lone_word(text: str, tokens: list[_Token], index: int, language: Language) -> bool:
    """Return whether a single capital between words in capitals is a word, such as "À" in "UN HOMME À LA MER"."""
    word, before = tokens[index].text, text[: tokens[index].start]
    if word.lower() not in _small_words(language) or (word == "I" and language.has_word_i) or not index:
        return False
    if _IN_NAME.match(text, tokens[index].end) or _BEFORE_NAME.search(before[-2:]):
        return False
    if not (_BETWEEN_WORDS.match(text, tokens[index].end) and _WORD_BEFORE.search(before[-3:])):
        return False
    if _LETTERED.search(before[-12:]):
        return False
    near = (_neighbour(tokens, index, -1, language), _neighbour(tokens, index, 1, language))
    return all(each is None or each.capital for each in near) and any(near)


def _neighbour(tokens: list[_Token], index: int, step: int, language: Language) -> _Token | None:
    """Return the next token in a direction that is no word of a single letter, such as "À"; None if there is none."""
    first, last = index + 1, index + 1 + MAX_LONE_WORDS
    row = tokens[first:last] if step > 0 else tokens[max(0, index - MAX_LONE_WORDS) : index][::-1]
    small = _small_words(language)
    return next((token for token in row if len(token.text) > 1 or token.text.lower() not in small), None)


def _said(text: str, tokens: list[_Token], index: int, language: Language, usage: Usage) -> str:
    token = tokens[index]
    word, before, after = token.text, text[: token.start], text[token.end : token.end + 12]
    joined = len(word) < MIN_SHOUTED_LETTERS and bool(_AND_CAPITALS.match(after) or before.endswith("&"))  # "AT&T"
    joined = joined or bool(_STATE_ENDS.match(after) and _BEHIND_TOWN.search(before[-40:]))
    if joined or _IN_NAME.match(after) or _BEFORE_NAME.search(before[-2:]):
        return word
    short = _abbreviation(word, after, language)
    if short:
        return short
    shouted, start = _is_shouted(tokens, index, language), bool(_START.search(before[-12:]))
    if word in language.initials:
        return language.initials[word]
    if elided := _elided_before_initials(word, language):
        return word if start else word.replace(elided, elided.lower(), 1)
    if word in PRONOUNS and before.endswith("THE "):
        return word
    if word in DOUBTFUL and not shouted:
        if _stands_as_initials(word, before, after, language, usage):
            return word
    elif word in INITIALS and word not in DOUBTFUL and not (shouted and word.lower() in _small_words(language)):
        return word
    if _NUMERAL.fullmatch(word) and not (shouted and _is_word(word, language, usage) and before[-1:] == " "):
        return word
    if _is_word(word, language, usage) and (shouted or _has_vowel(word)):
        return _in_small_letters(word, start, name=False, language=language)
    sayable = _can_be_said(word) or (shouted and len(word) >= MIN_SHOUTED_LETTERS and _has_vowel(word))
    speaker = start and bool(_SPEAKER.match(after)) and len(word) > 2
    if word.lower() in usage.names or (sayable and (shouted or speaker or len(word) >= MIN_NAME_LETTERS)):
        small = shouted and word.lower() not in usage.names
        return _in_small_letters(word, start, name=not small, language=language)
    return word


def _elided_before_initials(word: str, language: Language) -> str:
    """Return the "L" of "L'ONU"; "" for other words."""
    elided, _, initials = word.replace("’", "'").rpartition("'")
    known = initials in INITIALS and initials not in DOUBTFUL and initials.lower() not in _small_words(language)
    return elided if known and len(elided) <= 2 else ""


def _abbreviation(word: str, after: str, language: Language) -> str:
    """Return "Mr" for MR before a full stop, and "No" for NO before a number; "" for a word."""
    titles, numbered = _shorts(language.code, language)
    low = word.lower()
    stopped = after.startswith(". ") or (titles.get(low) in language.abbreviations.whole and after[:1] == " ")
    if low in titles and stopped and (word not in INITIALS or _CAPITALS_NEXT.match(after)):
        return titles[low]
    if low in numbered and _BEFORE_FIGURES.match(after):
        return numbered[low]
    return low if f"{low}." in language.abbreviations.anywhere and after[:1] == "." else ""


@lru_cache(64)
def _shorts(code: str, language: Language) -> tuple[dict[str, str], dict[str, str]]:
    short = language.abbreviations
    titles, numbered = (
        {key.lower(): key for key in sorted(each, reverse=True)} for each in (short.titles, short.numbered)
    )
    return titles, numbered


def _is_shouted(tokens: list[_Token], index: int, language: Language) -> bool:
    """Return whether the sentence or a neighbour of the word is in capitals too; initials are no such neighbours."""
    small = _small_words(language)
    near = filter(None, (_neighbour(tokens, index, -1, language), _neighbour(tokens, index, 1, language)))
    return any(
        each.capital and (each.text not in INITIALS or each.text in DOUBTFUL or each.text.lower() in small)
        for each in near
    )


def _is_word(word: str, language: Language, usage: Usage) -> bool:
    parts = _APOSTROPHE.split(word.lower())
    known = _small_words(language)
    if len(parts) == 1:
        return parts[0] in usage.small or parts[0] in known
    return all(part in usage.small or part in known or part.upper() in _SUFFIXES or len(part) == 1 for part in parts)


@lru_cache(64)
def _small_words(language: Language) -> frozenset[str]:
    return function_words().get(language.code, frozenset()) | language.short_words


def _stands_as_initials(word: str, before: str, after: str, language: Language, usage: Usage) -> bool:
    if _ARTICLE.search(before) or _AFTER_FIGURES.search(before) or _BEFORE_FIGURES.match(after):
        return True
    return (
        not _is_word(word, language, usage)
        or word in usage.initials
        or bool(word == "US" and _NAME_NEXT.match(after))
        or bool(word == "IT" and (_COMPUTING_NEXT.match(after) or _WORKS_IN.search(before[-24:])))
    )


def _has_vowel(word: str) -> bool:
    return bool(_ANY_VOWEL.search(word))


def _can_be_said(word: str) -> bool:
    """Return whether letters can be read as a word: it has a vowel, and no heap of consonants."""
    return all(_part_can_be_said(part) for part in _APOSTROPHE.split(word) if len(part) > 1 and part not in _SUFFIXES)


def _part_can_be_said(word: str) -> bool:
    if not _has_vowel(word) or not _ONSET.match(word) or _LONG_RUN.search(word):
        return False
    return not _ODD_END.search(word) or bool(_END.search(word))


def _in_small_letters(word: str, start: bool, *, name: bool, language: Language) -> str:
    """Return a word in small letters, with a capital at the start of a sentence and of names."""
    if word[:2] in ("I'", "I’") and language.numbers and language.numbers.pronoun:
        return word[:1] + word[1:].lower()
    parts = list(_parts(word, name))
    said = "".join(parts)
    return said[:1].upper() + said[1:] if start or name else said


def _parts(word: str, name: bool) -> Iterator[str]:
    """Yield the parts of a word at its apostrophes in small letters; in a name a long part has a capital."""
    pieces = _AT_APOSTROPHE.split(word)
    for place, piece in enumerate(pieces):
        long = name and place and piece not in _SUFFIXES and len(piece) > 2
        yield piece.capitalize() if long else piece.lower()


MAX_NAMES = 200
MAX_SMALL = 0.1  # share of a name's occurrences that may have a small letter
MAX_WITH_ARTICLE = 0.4  # share of those with a capital that may follow an article, as nouns of German do

_TITLES = r"\b(?:Mrs?|Ms|Dr|St|Mme|Mlle|M|Hr|Fr|Sra?|Sig|[pP]rof)\.\s"
_INSIDE = compile_later(
    rf"(?<=[\p{{Ll}},;]\s|{_TITLES})(?!{_TITLES})"
    r"\p{Lu}(?:\p{Ll}|['’]\p{Lu}\p{Ll})[\p{L}\p{M}]*+(?:['’-]\p{Lu}[\p{L}\p{M}]*+)*"
)
_NAME_WORD = compile_later(r"\p{L}[\p{L}\p{M}]*+(?:['’-]\p{Lu}[\p{L}\p{M}]*+)*")
_BEHIND_ARTICLE = compile_later(
    r"\b(?i:the|an?|this|that|der|die|das|dem|den|des|ein\p{L}{0,2}|la|le|les|une?|el|los|las|un|una|il|lo|gli|het|een|o|os|as)"
    r"\s(\p{Lu}\p{Ll}[\p{L}\p{M}]*+)"
)


def book_names(chapters: Iterable[ChapterText]) -> list[tuple[str, int]]:
    """Return the names of some chapters and how often they occur, the most frequent first; 200 at most."""
    texts = [block.text for chapter in chapters for block in chapter.blocks]
    inside = Counter(word for text in texts for word in _INSIDE.findall(text))
    if not inside:
        return []
    every = Counter(word for text in texts for word in _NAME_WORD.findall(text))
    articles = Counter(word for text in texts for word in _BEHIND_ARTICLE.findall(text))
    found = [
        (word, every[word])
        for word, count in inside.items()
        if every[word.lower()] <= MAX_SMALL * every[word] and articles[word] <= MAX_WITH_ARTICLE * max(count, 1)
    ]
    return sorted(found, key=lambda name: (-name[1], name[0]))[:MAX_NAMES]
