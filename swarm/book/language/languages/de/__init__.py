"""What no pattern of its file can say in German: ordinals in the form that an article or a noun asks for, and halves
before a noun, "eine halbe Zitrone".
"""

from functools import cache

import regex

from swarm.book.language.known import with_program
from swarm.book.language.language import Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import month_names, spelled

_HALF = compile_later(
    r"(?:\b((?i:in|nach|vor|mit|aus|bei|von|seit|zu|um|für|gegen))\s)?(?<![\d⁄/.,])(?<!\d\s)(?:½|1/2)\s?(l|kg|EL|TL|Std|(\p{Lu}\p{Ll}{2,}))(?![\p{L}²³])"
    r"(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"
)
_SIGNS = {"l": "Liter", "kg": "Kilogramm", "EL": "Esslöffel", "TL": "Teelöffel", "Std": "Stunde"}
_NEUTER_NOUNS = words(
    "Pfund Kilo Kilogramm Gramm Jahr Glas Bund Dutzend Brot Stück Ei Huhn Hähnchen Päckchen Paket Blatt Prozent Haus "
    "Leben Jahrhundert Jahrzehnt Schwein Lamm Maß Fass Schock Buch Dorf Land Schiff Hundert Tausend Kind"
)
_MASCULINE_NOUNS = words("Käse Name Buchstabe Junge Hase Löwe Affe Bube")
_FEMININE_NOUNS = words(
    "Stunde Gurke Butter Hand Nacht Stadt Maß Milch Person Portion Wand Mark Million Milliarde Welt Wurst"
)
_DATIVE_BEFORE_HALF = words("in nach vor mit aus bei von seit zu")


def say_halves(text: str) -> str:
    """Write "½ Zitrone" and "nach 1/2 Stunde" in the form that the noun asks for."""
    return _HALF.sub(_half, text) if "½" in text or "1/2" in text else text


def _half(match: Match) -> str:
    before, noun = match[1] or "", _SIGNS.get(match[2], match[2])
    ends = (
        noun in _FEMININE_NOUNS or noun.endswith(("e", "ung", "heit", "keit", "schaft"))
    ) and noun not in _MASCULINE_NOUNS
    neuter = noun in _NEUTER_NOUNS or noun.endswith(("chen", "lein"))
    if before.lower() in _DATIVE_BEFORE_HALF and before:
        said = "einer halben" if ends else "einem halben"
    elif before:
        said = "eine halbe" if ends else "ein halbes" if neuter else "einen halben"
    else:
        said = "eine halbe" if ends else "ein halbes" if neuter else "ein halber"
    return f"{before} {said} {noun}" if before else f"{said} {noun}"


_NEUTER = r"Jahrhundert\w*|Kapitel|Mal|Buch|Jahr|Jahrtausend|Quartal|Semester|Halbjahr|Lebensjahr"
_FEMININE = "Auflage|Klasse|Ausgabe|Etage|Szene|Runde|Halbzeit|Bundesliga|Sinfonie|Symphonie|Division"
_MORE_NEUTER = (
    r"Kind|Haus|Bild|Spiel|Tor|Pferd|Bier|Glas|Album|Lied|Stück|Leben|Opfer|Auto|Zimmer|Stockwerk|Gebot|"
    r"Konzert|Bataillon|Korps|Ehejahr|\p{L}+(?:chen|lein|ment|tum|jahr|buch|kind)"
)
_MORE_FEMININE = (
    r"Frau|Woche|Stunde|Minute|Nacht|Hand|Seite|Stelle|Tochter|Reihe|Stufe|Person|Liga|Hälfte|Armee|Republik|"
    r"Zeile|Strophe|Ehe|Welt|Wahl|Hilfe|\p{L}+(?:ung|heit|keit|schaft|ion|tät|ik|ei|nacht|stunde|woche)"
)
_OWNED = compile_later(r"\b((?i:[smdk]?ein|ihr|unser|euer|eur))(e[nmrs]?|)\s(\d{1,3})\.(?=\s(\p{Lu}\p{Ll}+))")
_SIZED = compile_later(r"(?<![\p{L}\d.,])(\d{1,4}(?:,\d)?)-(m|km|kg|g|cm|mm|l|W|V|t)-(?=\p{Lu})")  # "100-m-Lauf"
_SIZES = table("m=Meter|km=Kilometer|kg=Kilogramm|g=Gramm|cm=Zentimeter|mm=Millimeter|l=Liter|W=Watt|V=Volt|t=Tonnen")
_ARTICLE = "der|die|das|dem|den|des|diese[rsmn]?|jede[rsmn]?|eine[rmns]?|ein|am|im|vom|zum|zur|beim|seit|bis|ab"
_NTH = compile_later(
    r"\b([Dd](?:er|ie|as|em|en|es)|[Jj]ede[rsmn]?|[Dd]iese[rsmn]?|[AaIi]m|[Vv]om|[Zz]um|[Bb]eim)\s(\d{1,5}|\d{1,3}\.\d{3})\.(?=\s(\p{Lu}\p{Ll}+))"
)
_KING = compile_later(rf"\b([Dd](?:er|ie|es|em|en))\s({NUMERAL})\.(?!\p{{L}})")
_DECADE = compile_later(r"(?<![\p{L}\d.,])(\d{2}|1\d{3}|20\d\d)er(n|s|)(?!\p{L})")
# Kings in the dative, accusative and genitive: "unter Friedrich II.", "der Hof Ludwigs XIV."
_QUEENS = words("Elisabeth Katharina Maria Isabella Viktoria Margarethe")
_QUEEN = compile_later(rf"\b({'|'.join(sorted(_QUEENS))})\s((?=[IVX]+\b){NUMERAL})\.(?!\p{{L}})")
_TITLES_OF_KINGS = "König|Kaiser|Zar|Papst|Herzog|Kurfürst|Graf|Fürst|Königin|Kaiserin|Zarin"
_DECLINED_KING = compile_later(
    r"\b((?i:unter|von|vom|mit|bei|zu|zum|nach|seit|aus|gegenüber)|(?i:für|gegen|durch|ohne|um|über))\s"
    rf"((?:(?:{_TITLES_OF_KINGS})\s)?(\p{{Lu}}\p{{Ll}}{{2,20}}))\s((?=[IVX]+\b){NUMERAL})\.(?!\p{{L}})"
)
_DATIVE = words("unter von vom mit bei zu zum nach seit aus gegenüber")
_OF_KING = compile_later(rf"\b(\p{{Lu}}\p{{Ll}}{{2,20}})(s|’|')\s((?=[IVX]+\b){NUMERAL})\.(?!\p{{L}})")
_ROMAN_ORDINAL = compile_later(
    rf"(?<=\b(?i:d(?:as|em|es)|[ai]m|vom|zum|die)\s)((?=[IVX]+\b){NUMERAL})\.(?=\s\p{{Lu}}\p{{Ll}})|"
    rf"\b((?=[IVX]+\b){NUMERAL})\.(?=\s(?:Weltkrieg|Weltkrieges|Weltkriegs|Reich|Reiches|Reichs|Jahrhundert|Kapitel|Buch|Akt|Band|Teil|Klasse|Gesang))"
)
_TWO_ORDINALS = compile_later(
    r"(?:\b((?i:am|vom|zum|der|die|das|den|dem|im|des))\s)?(?<![\d.])(\d{1,2})\.(\s?[–-]\s?|\s(?:bis|und|"
    r"oder)\s(?:zum\s)?)(\d{1,2})\."
    r"(?=\s\p{Lu})"
)
_LISTED = compile_later(
    r"(?:\b((?i:der|die|das|den|dem|des|im))\s)?(?<![\d.])(\d{1,2}\.(?:,\s\d{1,2}\.)+)\s(und|oder|sowie)\s(\d{1,2})\."
    r"(?=\s(\p{Lu}\p{L}+))"
)
_DATIVE_BEFORE = compile_later(r"\b(?i:in|aus|mit|von|nach|zu|bei|seit|an|auf|vor|unter|über|zwischen|neben|ab)\s$")
_DAY_AND_MONTH = compile_later(
    r"\b((?i:am|vom|zum))\s([1-9]|[12]\d|3[01])\.\s?([1-9]|1[0-2])\.(?=\s\p{Ll}|[,;)]|(?P<ends>[\s\"“”»)]*$))"
)
_AS_ORDINAL = compile_later(r"\b([Aa]ls)\s(\d{1,2})\.(?=\s\p{Ll})")
_TWO_CENTURIES = compile_later(r"\b(\d{1,2})\./(?=\d{1,2}\.\s)")  # "im 19./20. Jh."
_MASCULINE = (
    "Geburtstag|Todestag|Jahrestag|Hochzeitstag|Platz|Preis|Rang|Versuch|Advent|Spieltag|Band|Teil|Stock|Akt|Tag|Bezirk|"
    "Weltkrieg|FC|SC|SV|FSV|TSV|VfB|VfL|BC|HC"
)
_OCLOCK = compile_later(r"(?<=\b(?:[Uu]m|[Bb]is|[Aa]b|[Gg]egen)\s)(\d{1,2})\s?h(?!\p{L})")  # "bis 23 h"
_COMPOUND = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,3})(?:\s?%(ig)|(ste)|-?(fach|mal|teilig|jährig|köpfig|stündig|tägig|[JF](?:ährig|ach)))(?=\p{Ll}{0,3}(?!\p{L}))"
)
_WITHOUT_NOUN = compile_later(
    r"\b([Dd](?:er|ie|as|em|en)|[AaIi]m|[Vv]om|[Zz]um|[Bb]eim)\s(\d{1,3})\.(?=\s\p{Ll}|[,;:)])"
)
_AND_A_HALF = compile_later(r"(?<![\d.,/])(\d{1,2})(?:\s?½|\s1/2)(?![\d/])")
_LAST_DAY = compile_later(r"\b([Aa]m|[Dd]em|[Vv]om|[Zz]um|[Bb]eim)\s(\d{1,4})\.(?=[\s\"“”»«)]*$)")
_BEGINS = compile_later(r"[,;:(„«»–—]\s?$")
_ENDS = compile_later(r"[\"'“”»«)\s]*+$")
_NAMES_IN_S = words("Johannes Nikolaus Julius Pius Paulus Markus Klaus Hans Charles Louis James Ramses Innozenz")
_E_ARTICLES = ("der", "die", "das", "diese", "eine")  # an ordinal after these ends in "e"


@cache
def _before_noun() -> "regex.Pattern[str]":
    """Return the pattern of an ordinal before a month or another noun that is often numbered."""
    nouns = rf"{'|'.join(month_names(LANGUAGE))}|Jänner|{_NEUTER}|{_FEMININE}|{_MASCULINE}"
    return compile_later(rf"(?:\b({_ARTICLE})\s)?(?<![\d.])(\d{{1,5}})\.(?=\s+({nouns})\b)", regex.IGNORECASE)


def _say_ordinals(text: str) -> str:
    """Say "3. Mai", "Heinrich der VIII." and "die 20er"."""
    text = _SIZED.sub(lambda match: f"{match[1]}-{_SIZES[match[2]]}-", _OWNED.sub(_owned, say_halves(text)))
    text = _DAY_AND_MONTH.sub(_day_and_month, text)
    text = _OCLOCK.sub(r"\1 Uhr", text)
    text = _AS_ORDINAL.sub(lambda match: f"{match[1]} {spelled(match[2], LANGUAGE, 'ordinal').capitalize()}r", text)
    text = _LAST_DAY.sub(lambda match: f"{_after_article(match[1], match[2])}.", text)
    text = _TWO_CENTURIES.sub(r"\1. und ", _COMPOUND.sub(_compound, text))
    text = _AND_A_HALF.sub(lambda match: f"{'ein' if match[1] == '1' else spelled(match[1], LANGUAGE)}einhalb", text)
    text = _LISTED.sub(_listed, text)
    text = _DECLINED_KING.sub(_declined_king, _OF_KING.sub(_of_king, _ROMAN_ORDINAL.sub(_in_figures, text)))
    text = _QUEEN.sub(lambda match: f"{match[1]} {_after_article('die', str(value(match[2])))}{_stop(match)}", text)
    text = _TWO_ORDINALS.sub(_two_ordinals, text)
    text = _KING.sub(lambda match: _after_article(match[1], str(value(match[2]))) + _stop(match), text)
    text = _DECADE.sub(lambda match: _decade(match[1]) + match[2], text)
    text = _NTH.sub(_nth, _before_noun().sub(_ordinal, text))
    return _WITHOUT_NOUN.sub(lambda match: _after_article(match[1], match[2]), text)


def _in_figures(match: Match) -> str:
    return f"{value(match[1] or match[2])}."


def _declined_king(match: Match) -> str:
    """Say "unter Friedrich II." as "unter Friedrich dem Zweiten"."""
    preposition, name, last = match[1].lower(), match[2], match[3]
    feminine = last in _QUEENS
    article = ("der" if feminine else "dem") if preposition in _DATIVE else ("die" if feminine else "den")
    ending = "" if article == "die" else "n"
    said = spelled(str(value(match[4])), LANGUAGE, "ordinal").capitalize()
    return f"{match[1]} {name} {article} {said}{ending}{_stop(match)}"


def _of_king(match: Match) -> str:
    """Say "Ludwigs XIV." as "Ludwigs des Vierzehnten"; a name such as "Johannes" takes no genitive."""
    if f"{match[1]}s" in _NAMES_IN_S:
        return match[0]
    article = "der" if match[1] in _QUEENS else "des"
    said = spelled(str(value(match[3])), LANGUAGE, "ordinal").capitalize()
    return f"{match[1]}{match[2]} {article} {said}n{_stop(match)}"


def _two_ordinals(match: Match) -> str:
    """Say "vom 3. bis 5. Juni"; the second ordinal remains in figures for the noun after it."""
    if not match[1]:
        join = match[3] if match[3].strip("–- ") else " bis "
        return join.join(f"{spelled(day, LANGUAGE, 'ordinal')}r" for day in (match[2], match[4]))
    first = _after_article(match[1], match[2]).split(" ", 1)[1]
    join = match[3] if match[3].strip("–- ") else " bis "
    second = _after_article(match[1], match[4]).split(" ", 1)[1]
    return f"{match[1]} {first}{join}{second}"


def _compound(match: Match) -> str:
    """Say "10%ig", "3fach" and "30-jährig" as one word."""
    if match[3]:
        return spelled(match[1], LANGUAGE, "ordinal")
    said = "ein" if match[1] == "1" else spelled(match[1], LANGUAGE)
    if (match[4] or "").istitle():  # "30-Jährige" is a noun
        said = said.capitalize()
    return f"{said}{'prozentig' if match[2] else match[4].lower()}"


def _day_and_month(match: Match) -> str:
    """Say "am 3. 4." as "am dritten vierten"."""
    stop = "" if match["ends"] is None else "."
    return f"{_after_article(match[1], match[2])} {spelled(match[3], LANGUAGE, 'ordinal')}n{stop}"


def _owned(match: Match) -> str:
    """Say "ihr 3. Kind" as "ihr drittes Kind"."""
    said, ending, noun = spelled(match[3], LANGUAGE, "ordinal"), match[2], match[4]
    if ending:
        return f"{match[1]}{ending} {said}{'' if ending == 'e' else 'n'}"
    neuter = regex.fullmatch(rf"{_NEUTER}|{_MORE_NEUTER}", noun, regex.IGNORECASE)
    return f"{match[1]} {said}{'s' if neuter else 'r'}"


def _nth(match: Match) -> str:
    """Say "der 3. Mann", but "in der 3. Woche": before a feminine noun "der" is never the subject's."""
    return _after_article(_article(match, match[1], match[3]), match[2], match[1])


def _article(match: Match, article: str, noun: str) -> str:
    """Return "dem" for an article that an ordinal in "-n" follows, although it reads "der"."""
    ending = regex.fullmatch("(?i)(?:jede|diese)(.?)", article)
    article = {"": "die", "s": "das"}.get(ending[1], f"de{ending[1]}") if ending else article
    feminine = regex.fullmatch(rf"{_FEMININE}|{_MORE_FEMININE}", noun, regex.IGNORECASE)
    after = _DATIVE_BEFORE.search(match.string, max(0, match.start() - 10), match.start())
    return "dem" if article.lower() == "der" and (feminine or after) else article


def _listed(match: Match) -> str:
    """Say "die 1., 2. und 3. Klasse": all ordinals in the form of the article, or else of the noun."""
    figures = (*regex.findall(r"\d+", match[2]), match[4])
    if match[1]:
        after = _DATIVE_BEFORE.search(match.string, max(0, match.start() - 10), match.start())
        article = "dem" if after and match[1] == "der" else match[1]  # "in der 1., 2. und 3. Klasse"
        said = [_after_article(article, figure).split(" ", 1)[1] for figure in figures]
    else:
        said = [_in_form_of(figure, match[5]) for figure in figures]
    return " ".join(filter(None, (match[1], ", ".join(said[:-1]), match[3], said[-1])))


def _after_article(article: str, figures: str, written: str = "") -> str:
    """Return an article, as it is written, and an ordinal in the form that it asks for."""
    said = spelled(figures, LANGUAGE, "ordinal")
    return f"{written or article} {said}" if article.lower() in _E_ARTICLES else f"{written or article} {said}n"


def _ordinal(match: Match) -> str:
    if match[1]:
        if match[1].lower() in ("ein", "einer") and not regex.fullmatch(_FEMININE, match[3], regex.IGNORECASE):
            return f"{match[1]} {_strong(match)}"
        return _after_article(_article(match, match[1], match[3]), match[2], match[1])
    return _strong(match) if _begins_clause(match) else spelled(match[2], LANGUAGE, "ordinal")


def _begins_clause(match: Match) -> bool:
    """Return whether an ordinal is at the start of a sentence or clause."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    return match.start() <= 1 or bool(_BEGINS.search(before) and not before.isspace())


def _strong(match: Match) -> str:
    """Say an ordinal without an article: "erster Mai", "erstes Kapitel", "erste Auflage"."""
    return _in_form_of(match[2], match[3])


def _in_form_of(figures: str, noun: str) -> str:
    said = spelled(figures, LANGUAGE, "ordinal")
    if regex.fullmatch(_FEMININE, noun, regex.IGNORECASE):
        return said
    return f"{said}s" if regex.fullmatch(_NEUTER, noun, regex.IGNORECASE) else f"{said}r"


def _decade(figures: str) -> str:
    return f"{spelled(figures, LANGUAGE, 'year' if len(figures) == 4 else 'cardinal')}er"


def _stop(match: Match) -> str:
    """Return "." if the full stop of an ordinal also ends the sentence, else ""."""
    return "." if _ENDS.match(match.string, match.end()) else ""


def _fraction(over: int, under: int) -> str:
    part = "Halbe" if under == 2 else f"{spelled(str(under), LANGUAGE, 'ordinal')[:-1]}el".capitalize()
    return f"{'ein' if over == 1 else spelled(str(over), LANGUAGE)} {part}"


LANGUAGE: Language = with_program("de", numbers={"prepare": _say_ordinals, "fraction": _fraction})
