"""The form of a half before a German noun: "eine halbe Zitrone", "ein halbes Pfund", "ein halber Liter"."""

from swarm.book.language.language import Match, words
from swarm.book.language.late_pattern import compile_later

_HALF = compile_later(
    r"(?:\b((?i:in|nach|vor|mit|aus|bei|von|seit|zu|um|für|gegen))\s)?(?<![\d⁄/.,])(?<!\d\s)(?:½|1/2)\s?(l|kg|EL|TL|Std|(\p{Lu}\p{Ll}{2,}))(?![\p{L}²³])"
    r"(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"
)
_SIGNS = {"l": "Liter", "kg": "Kilogramm", "EL": "Esslöffel", "TL": "Teelöffel", "Std": "Stunde"}
_NEUTER = words(
    "Pfund Kilo Kilogramm Gramm Jahr Glas Bund Dutzend Brot Stück Ei Huhn Hähnchen Päckchen Paket Blatt Prozent Haus "
    "Leben Jahrhundert Jahrzehnt Schwein Lamm Maß Fass Schock Buch Dorf Land Schiff Hundert Tausend Kind"
)
_MASCULINE = words("Käse Name Buchstabe Junge Hase Löwe Affe Bube")
_FEMININE = words(
    "Stunde Gurke Butter Hand Nacht Stadt Maß Milch Person Portion Wand Mark Million Milliarde Welt Wurst"
)
_DATIVE = words("in nach vor mit aus bei von seit zu")


def say_halves(text: str) -> str:
    """Write "½ Zitrone" and "nach 1/2 Stunde" in the form that the noun asks for."""
    return _HALF.sub(_half, text) if "½" in text or "1/2" in text else text


def _half(match: Match) -> str:
    before, noun = match[1] or "", _SIGNS.get(match[2], match[2])
    ends = (noun in _FEMININE or noun.endswith(("e", "ung", "heit", "keit", "schaft"))) and noun not in _MASCULINE
    neuter = noun in _NEUTER or noun.endswith(("chen", "lein"))
    if before.lower() in _DATIVE and before:
        said = "einer halben" if ends else "einem halben"
    elif before:
        said = "eine halbe" if ends else "ein halbes" if neuter else "einen halben"
    else:
        said = "eine halbe" if ends else "ein halbes" if neuter else "ein halber"
    return f"{before} {said} {noun}" if before else f"{said} {noun}"
