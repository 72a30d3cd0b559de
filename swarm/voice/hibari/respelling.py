"""Gives phonemes to words that hibari's package would spell by letters: "Shh", "N-no", "Nooo", "'ead", "doin'"."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hibari.g2p import G2P

# Sounds of no dictionary, in the letters of the package.
_SOUNDS = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (r"s+h{1,20}", "ʃʃ"),
        (r"p+s{1,20}t+", "pst"),
        (r"p+s{1,20}h+", "pʃ"),
        (r"b+r{2,20}", "bˈɜɹ"),
        (r"g+r{2,20}", "ɡˈɜɹ"),
        (r"b?z{2,20}t?", "zz"),
        (r"s{3,20}", "ss"),
        (r"h+m{1,20}ph", "hˈʌmf"),
        (r"pf{1,20}t+", "pft"),
        (r"t+s{1,20}k+", "tˈɪsk"),
        (r"a{1,20}r+gh+", "ˈɑɹɡ"),
        (r"a{2,20}h{0,20}|ah{2,20}", "ˈɑ"),
        (r"o{2,20}h+", "ˈu"),
        (r"oh{2,20}", "ˈO"),
        (r"e{2,20}k+", "ˈik"),
        (r"ugh+", "ˈʌɡ"),
        (r"nah+", "nˈɑ"),
        (r"o+ch", "ˈɑk"),
        (r"he-?he(?:-?he){0,5}", "hˈɛhɛ"),
        (r"m{2,20}-?hm+", "mhm"),
    )
)
_DIALECT = {
    "th'": "ðə",
    "wi'": "wɪ",
    "tha'": "ðæ",
    "jus'": "ʤˈʌs",
    "ol'": "ˈOl",
    "yo'": "jO",
    "fo'": "fɔɹ",
    "mo'": "mˈɔɹ",
    "po'": "pˈɔɹ",
    "ha'": "hæ",
    "i'": "ɪ",
    "t'": "t",
}
# Those that are also words without an h, and are said as with one: "'im" for "him".
_DROPPED = frozenset(("im", "ave", "ere", "ad", "ouse", "ope", "ard", "ill", "isself", "ome", "ow"))
# How a letter sounds that is stuttered.
_STUTTERED = {
    **{letter: f"{letter}ə" for letter in "bdkptwzv"},
    **dict(zip("fhlmnsrcgjqy", ("f", "h", "l", "m", "n", "s", "ɹə", "kə", "ɡə", "ʤə", "kwə", "jə"), strict=True)),
    "th": "θ",
    "sh": "ʃ",
    "ch": "ʧə",
    "wh": "wə",
    "ph": "f",
    "i": "ˈI",
    "a": "ə",
    "e": "ɛ",
    "o": "ɑ",
    "u": "ʌ",
}
_VOICED_TH = frozenset(("the", "this", "that", "they", "them", "then", "there", "these", "those", "than", "though"))
_TOKEN = re.compile(r"(?<![\w’'‘-])[’'‘]?[A-Za-z]{1,40}(?:[’'-][A-Za-z]{1,40}){0,8}[’']?(?![\w-])")
_STUTTER = re.compile(r"(?:([A-Za-z]{1,2})-)(?:\1-){0,6}(?=\1[A-Za-z’'])", re.IGNORECASE)
_STRETCHED = re.compile(r"([A-Za-z])\1{2,}", re.IGNORECASE)
_DOUBTFUL_STOP = re.compile(
    r"(?<![\w.])(no|nos|fig|figs|vol|ed|eds|ch|est|Sat|Sun|Wed|Mar|Jan|Mon|Fri|Rep|Hon|Dec|Co)\."
    r"(?=[\s\"”’')]*(?:$|[“\"‘'(]?[A-Z])|\.|[\"”’'—])"
)
_SIGNS = {
    "≈": "is about",
    "≤": "is at most",
    "≥": "is at least",
    "≠": "is not",
    "√": "the square root of",
    "∞": "infinity",
    "‰": "per mille",
    "∈": "in",
    "∪": "union",
    "∩": "intersected with",
    "−": "minus",
}
_SIGN = re.compile(f"[{''.join(_SIGNS)}]")
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
    "chi psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK_NAMES.split(), strict=True))
_GREEK_LETTER = re.compile(r"(?<![^\W\d_])[α-ωΑ-Ω](?![^\W\d_])")


def respell(text: str, g2p: "G2P") -> str:
    """Return a text in the package's markup, with phonemes for words that it would spell."""
    if not text.isascii():
        text = _GREEK_LETTER.sub(lambda match: f" {_GREEK.get(match[0].lower(), match[0])} ", text)
        text = _SIGN.sub(lambda match: f" {_SIGNS[match[0]]} ", text)
    text = _DOUBTFUL_STOP.sub(r"\1 .", text)
    return _TOKEN.sub(lambda match: _said(match[0], g2p), text)


def _said(token: str, g2p: "G2P") -> str:
    """Return the markup of a word, or the word if the package knows it."""
    if token.isalpha() and not _STRETCHED.search(token) and (len(token) > 4 or _knows(g2p, token)):
        return token  # true of most words
    plain = token.replace("’", "'").replace("‘", "'")
    for pattern, said in _SOUNDS:
        if pattern.fullmatch(plain.strip("'")):
            return _marked(token, said)
    if plain.lower() in _DIALECT:
        return _marked(token, _DIALECT[plain.lower()])
    stutter = _STUTTER.match(plain)
    if stutter:
        return _stuttered(stutter, token[stutter.end() :], g2p)
    if plain[0] == "'" and plain[1:2].lower() in tuple("aeiou"):
        return _without_h(token, plain[1:], g2p)
    if plain.endswith("in'"):
        return _without_g(token, plain[:-1], g2p)
    return _shortened(token, g2p) if _STRETCHED.search(token) else token


def _marked(token: str, said: str) -> str:
    return f"[{token}](/{said}/)"


def _knows(g2p: "G2P", word: str) -> bool:
    lexicon = g2p.lexicon
    forms = (word.lower(), word.capitalize())
    return any(form in lexicon.golds or form in lexicon.silvers for form in forms)


def _stuttered(stutter: "re.Match[str]", word: str, g2p: "G2P") -> str:
    """Say "N-no" as "n no"; the prefix of "re-read" is no stutter."""
    letters = stutter[1].lower()
    if letters == "th" and word.lower() in _VOICED_TH:
        said = "ð"
    elif len(letters) == 2 and {*letters} & set("aeiou"):
        return f"{stutter[0]}{word}"
    else:
        said = _STUTTERED.get(letters) or _STUTTERED[letters[0]]
    return f"{_marked(stutter[1], said)} {_said(word, g2p)}"


def _without_h(token: str, rest: str, g2p: "G2P") -> str:
    """Say "'ead" as "head" without its h, unless it is a word behind a quotation mark."""
    bare = rest.rstrip("'")
    known = _knows(g2p, bare.partition("'")[0]) and bare.lower() not in _DROPPED
    if known or not (_knows(g2p, f"h{bare}") or _knows(g2p, f"h{bare.partition(chr(39))[0]}")):
        return token
    said = str(g2p(f"h{bare.lower()}", False))
    return _marked(token, said.replace("h", "", 1)) if "h" in said[:3] else token


def _without_g(token: str, bare: str, g2p: "G2P") -> str:
    """Say "doin'" as "doing" with an n."""
    word = bare.lstrip("'")
    if _knows(g2p, word) or not _knows_ending(g2p, word):
        return token
    said = str(g2p(f"{word}g", False))
    return _marked(token, f"{said[:-1]}n") if said.endswith("ŋ") else token


def _knows_ending(g2p: "G2P", word: str) -> bool:
    """Return whether the dictionary has a word with "-ing", or the verb that it comes from."""
    stem = word[:-2]
    return any(_knows(g2p, form) for form in (f"{word}g", stem, f"{stem}e", stem[:-1]) if len(form) > 1)


def _shortened(token: str, g2p: "G2P") -> str:
    """Return "No" for "Nooo" and "Good" for "Goood": the first form that the dictionary has."""
    once = _STRETCHED.sub(r"\1", token)
    twice = _STRETCHED.sub(r"\1\1", token)
    first = _STRETCHED.sub(r"\1", token, count=1)
    forms = (twice, once, _STRETCHED.sub(r"\1\1", first))
    found = next((form for form in forms if _knows(g2p, form)), twice)
    return found.capitalize() if token.isupper() else found
