"""The German language, with its abbreviations, some of which mean something only beside a number, a name or a street,
and the form of a half before a noun: "eine halbe Zitrone".
"""

from functools import cache

import regex

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import digit_by_digit, month_names, spelled

_FOLLOWING = compile_later(r"(?<=\d)\s?f\.(?=[,;:)]|\s\p{Ll})")  # "S. 45f."
_STREET = compile_later(r"(?<=\p{Lu}\p{Ll}{2,20})str\.(?=\s\d|,|\s\p{Ll})")
_SHORT_MONTH = compile_later(r"(?<=\d\.\s)(Jan|Febr?|Apr|Aug|Sept?|Okt|Nov|Dez)\.")
_MONTHS = table(
    "Jan=Januar|Feb=Februar|Febr=Februar|Apr=April|Aug=August|Sep=September|Sept=September|Okt=Oktober|Nov=November|"
    "Dez=Dezember"
)
# "Gen. v. Moltke", but "300 v. Chr.".
_VON = compile_later(r"(?<=\p{L}[\p{L}.]{1,20}\s)v\.(?=\s(?!Chr\b)\p{Lu}\p{Ll})")
_THE_DAY = compile_later(r"(?<=,\s)d\.\s(?=\d{1,2}\.\s)")  # "am Montag, d. 3. Mai"

_PAGES = compile_later(r"(?<=\d\s)S\.(?=\s\p{Ll}|[,;:)]|(?P<ends>[\s\"”“»)]*$))")  # "256 S."

_HOLY = compile_later(r"(?:\b([Dd](?:es|em|en)|[Vv]om|[Zz]um|[Bb]eim|[Ii]m)\s)?\b([Hh])l\.(?=\s\p{Lu})")
_ACCORDING = compile_later(
    r"\bLt\.(?=\s(?:Angaben?|Polizei|Gesetz|Vertrag|Statistik|Umfrage|Studie|Presse|Auskunft|Aussage|Regierung|Gericht|"
    r"\p{Lu}\p{Ll}+(?:ung|amt|bericht|gericht|vertrag))\b)"
)
_MAJESTY = compile_later(r"\bS\.\s?M\.(?=\s(?:der\s)?(?:König|Kaiser)\b)")


def _prepare_abbreviations(text: str) -> str:
    """Say "24. Dez.", "Goethestr. 5", "256 S.", "Gen. v. Moltke" and "Montag, d. 3. Mai"."""
    text = _PAGES.sub(lambda match: "Seiten" + ("" if match["ends"] is None else "."), text)
    text = _MAJESTY.sub("Seine Majestät", _HOLY.sub(_holy, text))
    text = _ACCORDING.sub("Laut", text)
    text = _THE_DAY.sub("den ", _VON.sub("von", text))
    text = _FOLLOWING.sub(" folgende", _STREET.sub("straße", text))
    return _SHORT_MONTH.sub(lambda match: _MONTHS[match[1]], text)


def _holy(match: Match) -> str:
    """Say "Hl. Geist", in the form that the word before asks for."""
    return f"{match[1]} {match[2]}eiligen" if match[1] else f"{match[2]}eilige"


ABBREVIATIONS = language.Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=frozenset((*_MONTHS, "v", "d", "f", "S", "Hl", "hl")),
    titles=table(
        "Frhr=Freiherr|Pfr=Pfarrer|Hptm=Hauptmann|Lt=Leutnant|Gen=General|Dir=Direktor|Hr=Herr|Hrn=Herrn|Fr=Frau|"
        "Frl=Fräulein|Mr=Mister|Mrs=Missis|Ms=Miss|Mme=Madame|Mlle=Mademoiselle|Dr=Doktor|Prof=Professor|St=Sankt"
    ),
    numbered=table(
        "Nrn=Nummern|Bde=Bände|Sp=Spalte|Fußn=Fußnote|Jg=Jahrgang|Z=Zeile|Tel=Telefon|Nr=Nummer|S=Seite|Bd=Band|"
        "Kap=Kapitel|Abb=Abbildung|geb=geboren|Anm=Anmerkung|Abs=Absatz|Art=Artikel|Bl=Blatt|Str=Straße|V=Vers|"
        "H=Heft|gest=gestorben|§=Paragraf|§§=Paragrafen"
    ),
    anywhere=table(
        "o. J.=ohne Jahr|o. O.=ohne Ort|i. J.=im Jahre|a. d.=an der|a. M.=am Main|v. d.=von der|Sr.=Seiner|Ew.=Euer|"
        "Se.=Seine|I. K. H.=Ihre Königliche Hoheit|d. Gr.=der Große|a. D.=außer Dienst|i. R.=im Ruhestand|jr.=junior|"
        "Prof. em.=Professor emeritus|Dr. rer. nat.=Doktor rerum naturalium|Dr. rer. pol.=Doktor rerum politicarum|"
        "Hg.=Herausgeber|Jhd.=Jahrhundert|Jh.s=Jahrhunderts|usf.=und so fort|u. s. f.=und so fort|u.s.f.=und so fort|"
        "Dipl.-Ing.=Diplom-Ingenieur|z. T.=zum Teil|o. Ä.=oder Ähnliches|i. A.=im Auftrag|rd.=rund|lt.=laut|"
        "exkl.=exklusive|ebd.=ebenda|Ebd.=Ebenda|Anm. d. Red.=Anmerkung der Redaktion|Aufl.=Auflage|Pfd.=Pfund|"
        "Ztr.=Zentner|Dr. h. c.=Doktor honoris causa|u. v. a. m.=und vieles andere mehr|u.=und|v. H.=vom Hundert|"
        "Hrsg.=Herausgeber|hrsg.=herausgegeben|Übers.=Übersetzung|übers.=übersetzt|bearb.=bearbeitet|"
        "u.a.=unter anderem|u.ä.=und ähnliches|o.ä.=oder ähnliches|i.d.R.=in der Regel|u.U.=unter Umständen|"
        "m.E.=meines Erachtens|s.o.=siehe oben|s.u.=siehe unten|Std.=Stunden|Min.=Minuten|Tsd.=Tausend|"
        "bes.=besonders|verh.=verheiratet|o. g.=oben genannt|o.g.=oben genannt|sen.=senior|jun.=junior|"
        "einschl.=einschließlich|lat.=lateinisch|griech.=griechisch|engl.=englisch|frz.=französisch|z. Zt.=zur Zeit|"
        "z.Zt.=zur Zeit|z. Z.=zur Zeit|u. dgl.=und dergleichen|a. a. O.=am angegebenen Ort|a.a.O.=am angegebenen Ort|"
        "Ztg.=Zeitung|v.Chr.=vor Christus|n.Chr.=nach Christus|z.T.=zum Teil|i. d. R.=in der Regel|"
        "u. U.=unter Umständen|m. E.=meines Erachtens|s. o.=siehe oben|s. u.=siehe unten|u. ä.=und ähnliches|"
        "o. ä.=oder ähnliches|ff.=folgende|Jh.=Jahrhundert|Jhs.=Jahrhunderts|bspw.=beispielsweise|inkl.=inklusive|"
        "sog.=sogenannt|Tel.=Telefon|Dr. med.=Doktor med|Dr. phil.=Doktor phil|Dr. jur.=Doktor jur|"
        "z. B.=zum Beispiel|z.B.=zum Beispiel|d. h.=das heißt|d.h.=das heißt|usw.=und so weiter|etc.=et cetera|"
        "bzw.=beziehungsweise|ca.=circa|vgl.=vergleiche|ggf.=gegebenenfalls|evtl.=eventuell|Mio.=Millionen|"
        "Mrd.=Milliarden|u. s. w.=und so weiter|u. a.=unter anderem|v. Chr.=vor Christus|n. Chr.=nach Christus"
    ),
    whole=frozenset(("Dr", "St", "§", "§§")),
    joint=r"[-\s]",  # "St.-Georgs-Kirche"
    joins="und|oder",
    also="Frau",
)


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


_FEMININE_COUNTED = words(
    "frau stunde minute sekunde woche nacht meile seite person tonne million milliarde hand stadt tochter kugel flasche"
)
_NEUTER, _FEMININE = r"Jahrhundert\w*|Kapitel|Mal|Buch|Jahr", "Auflage|Klasse|Ausgabe|Etage|Szene"
_MORE_NEUTER = (
    r"Kind|Haus|Bild|Spiel|Tor|Pferd|Bier|Glas|Semester|Album|Lied|Stück|Leben|Opfer|Auto|Zimmer|Stockwerk|Gebot|Quartal|"
    r"Konzert|Bataillon|Korps|Ehejahr|Lebensjahr|\p{L}+(?:chen|lein|ment|tum|jahr|buch|kind)"
)
_MORE_FEMININE = (
    r"Frau|Woche|Stunde|Minute|Nacht|Hand|Seite|Stelle|Tochter|Reihe|Runde|Stufe|Person|Liga|Hälfte|Armee|Republik|"
    r"Sinfonie|Symphonie|Zeile|Strophe|Ehe|Welt|Wahl|Hilfe|\p{L}+(?:ung|heit|keit|schaft|ion|tät|ik|ei|nacht|stunde|woche)"
)
_OWNED = compile_later(r"\b((?i:sein|ihr|mein|dein|kein|unser|euer|eur))(e[nmrs]?|)\s(\d{1,3})\.(?=\s(\p{Lu}\p{Ll}+))")
_SIZED = compile_later(r"(?<![\p{L}\d.,])(\d{1,4}(?:,\d)?)-(m|km|kg|g|cm|mm|l|W|V|t)-(?=\p{Lu})")  # "100-m-Lauf"
_SIZES = table("m=Meter|km=Kilometer|kg=Kilogramm|g=Gramm|cm=Zentimeter|mm=Millimeter|l=Liter|W=Watt|V=Volt|t=Tonnen")
_ARTICLE = "der|die|das|dem|den|des|diese[rsmn]?|eine[rmns]?|ein|am|im|vom|zum|zur|beim|seit|bis|ab"
_NTH = compile_later(r"\b([Dd](?:er|ie|as|em|en|es)|[AaIi]m|[Vv]om|[Zz]um|[Bb]eim)\s(\d{1,5})\.(?=\s(\p{Lu}\p{Ll}+))")
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
_TOWN = compile_later(r"(?<=\b(?:PLZ|D)[\s-]|\d\s?\p{Ll}?,\s)(\d{5})(?=\s\p{Lu}\p{Ll}|[.,;)]|$)")  # "10117 Berlin"
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
    "Geburtstag|Todestag|Jahrestag|Hochzeitstag|Band|Teil|Stock|Akt|Tag|Bezirk|Weltkrieg|FC|SC|SV|FSV|TSV|VfB|VfL|BC|HC"
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
    text = _AND_A_HALF.sub(lambda match: f"{_agree(spelled(match[1], LANGUAGE), 'Halb')}einhalb", text)
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


# A 1 before these counts nothing: "Band 1 und 2".
_NO_NOUN = words(
    "und oder bis aber auch sowie von vom in im ins an am auf bei beim mit zu zum zur als wie ist war sind wird für "
    "gegen nach vor aus durch um über unter hat des der die das den dem er sie es so dann"
)


def _agree(said: str, noun: str) -> str:
    if said != "eins" or not noun or noun in _NO_NOUN:
        return said
    return "eine" if noun.lower() in _FEMININE_COUNTED else "ein"


def _fraction(over: int, under: int) -> str:
    part = f"{spelled(str(under), LANGUAGE, 'ordinal')[:-1]}el".capitalize()
    return f"{_agree(spelled(str(over), LANGUAGE), part)} {part}"


_SCRIPTURE = language.Scripture(
    words(
        "Mose Josua Richter Rut Samuel Könige Chronik Esra Nehemia Ester Hiob Psalm Sprüche Prediger Hoheslied Jesaja "
        "Jeremia Klagelieder Hesekiel Ezechiel Daniel Hosea Joel Amos Obadja Jona Micha Nahum Habakuk Zefanja Haggai "
        "Sacharja Maleachi Matthäus Markus Lukas Johannes Apostelgeschichte Römer Korinther Galater Epheser Philipper "
        "Kolosser Thessalonicher Timotheus Titus Philemon Hebräer Jakobus Petrus Judas Offenbarung Makkabäer"
    ),
    table(
        "Gen=Genesis|Ex=Exodus|Lev=Levitikus|Num=Numeri|Dtn=Deuteronomium|Jos=Josua|Ri=Richter|Sam=Samuel|Kön=Könige|"
        "Chr=Chronik|Ps=Psalm|Spr=Sprüche|Pred=Prediger|Jes=Jesaja|Jer=Jeremia|Hes=Hesekiel|Ez=Ezechiel|Dan=Daniel|"
        "Hos=Hosea|Mi=Micha|Sach=Sacharja|Mal=Maleachi|Matth=Matthäus|Mt=Matthäus|Mk=Markus|Mark=Markus|Lk=Lukas|"
        "Luk=Lukas|Joh=Johannes|Apg=Apostelgeschichte|Röm=Römer|Kor=Korinther|Gal=Galater|Eph=Epheser|Phil=Philipper|"
        "Kol=Kolosser|Thess=Thessalonicher|Tim=Timotheus|Tit=Titus|Hebr=Hebräer|Jak=Jakobus|Petr=Petrus|"
        "Offb=Offenbarung|Makk=Makkabäer"
    ),
    numbered=table("1=Erster|2=Zweiter|3=Dritter"),
)

LANGUAGE: Language = Language(
    code="de",
    numbers=language.Numbers(
        point="Komma",
        to="bis",
        times="mal",
        by="mal",
        equals="ist gleich",
        relations=table(
            "<=ist kleiner als|>=ist größer als|≤=ist höchstens|≥=ist mindestens|≠=ist ungleich|≈=ist etwa|"
            "±=plus minus|√=die Wurzel aus|∞=unendlich|÷=geteilt durch"
        ),
        minus="minus",
        metres=" ",
        join="und",
        coins="",
        half_after="einhalb",
        halves=("ein halb", "ein Viertel", "drei Viertel"),
        money={
            "$": Forms("Dollar", "Dollar"),
            "£": Forms("Pfund", "Pfund"),
            "DM": Forms("Mark", "Mark"),
            "RM": Forms("Reichsmark", "Reichsmark"),
            "EUR": Forms("Euro", "Euro"),
        },
        fraction=_fraction,
        units={
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "ha": "area-hectare",
            "Pf": Forms("Pfennig", "Pfennig"),
            "EL": Forms("Esslöffel", "Esslöffel"),
            "TL": Forms("Teelöffel", "Teelöffel"),
            "ct": Forms("Cent", "Cent"),
            "Mk": Forms("Mark", "Mark"),
            "Rthlr": Forms("Reichstaler", "Reichstaler"),
            "Thlr": Forms("Taler", "Taler"),
            "Tlr": Forms("Taler", "Taler"),
            "Sgr": Forms("Silbergroschen", "Silbergroschen"),
            "Gr": Forms("Groschen", "Groschen"),
            "fl": Forms("Gulden", "Gulden"),
            "kr": Forms("Kreuzer", "Kreuzer"),
            "Kr": Forms("Kreuzer", "Kreuzer"),
            "s": "duration-second",
            "Sek": "duration-second",
            "Std": "duration-hour",
            "h": "duration-hour",
            "V": "electric-volt",
            "W": "power-watt",
            "Min": "duration-minute",
        },
        years=True,
        scales=table("Million=Million|Millionen=Millionen|Milliarde=Milliarde|Milliarden=Milliarden"),
        clock=language.ClockWords(
            between="Uhr",
            full="Uhr",
            hour=lambda hour: _agree(spelled(str(hour), LANGUAGE), "Uhr"),
            written=r"\.([0-5]\d)(?=\s?(?:Uhr|h)\b)",
        ),
        agree=_agree,
        king="der ",
        king_form=str.capitalize,
        last_ordinal_king=99,
        score=" zu ",
        prepare=_say_ordinals,
        first=((_TOWN, lambda match: f"{digit_by_digit(match[1], LANGUAGE)}"),),
    ),
    dates=language.Dates(form="{day}. {month} {year}", before="am|vom|bis|zum|seit|ab|den|dem"),
    powers=language.Powers(
        squared=" hoch 2",
        cubed=" hoch 3",
        other=" hoch {}",
        square=Forms("Quadrat{}meter", "Quadrat{}meter"),
        cubic=Forms("Kubik{}meter", "Kubik{}meter"),
        prefixes=("milli", "zenti", "dezi", "kilo"),
    ),
    abbreviations=ABBREVIATIONS,
    speakers=language.Speakers(
        verbs=(
            "sagte|fragte|rief|antwortete|erwiderte|flüsterte|schrie|meinte|sprach|versetzte|entgegnete|murmelte|fuhr"
        ),
        article="der|die|das",
        me="ich",
        turn="der andere|die andere",
        he="er|ihm|ihn",
        she="sie",
        man="Mann|Junge|Knabe|Herr|Vater|Bruder|Sohn|Onkel|König|Prinz|Bursche|Großvater|Wirt|Pfarrer|Alte",
        woman="Frau|Mädchen|Dame|Mutter|Schwester|Tochter|Tante|Königin|Prinzessin|Großmutter|Magd|Gattin|Witwe",
        mister="Herr|Herrn|Onkel|Graf|König|Prinz|Baron|Pater",
        mistress="Frau|Fräulein|Tante|Gräfin|Königin|Prinzessin|Baronin",
        titles="Doktor|Professor|Hauptmann|Oberst|General|Leutnant",
    ),
    sentences=language.Sentences(
        open="lt Nrn Sp Fußn Jg Hg Ew Se Sr em rer nat pol u Pfd Ztr Aufl Pfr Hptm Ing Dipl Lt Gen Dir Pr Inh Hrsg "
        "hrsg Übers übers bearb Bearb Verf ggf Ggf Bd Bde Nr S Fa Hr Hrn Fr Frl bzw ca z.B d.h u.a v.Chr n.Chr vgl "
        "Vgl hl Hl Abb Abs Art Anm Jh Jan Feb Febr Apr Aug Sept Sep Okt Nov Dez med phil jur",
        numbered="nrn bde sp fußn jg z bd kap abb abs art anm bl",
        closing="etc usw u.s.w dgl",
        starts="Er Sie Es Ich Wir Ihr Der Die Das Ein Eine Und Aber Da Dann Doch Als Wenn Nun So Man Was Wer Wie In Im "
        "Am Auf Mit Nach Vor Nur Nicht Dort Hier",
    ),
    counted=language.Counted(
        words="kapitel|buch|teil|band|akt|szene|gesang|brief",
        plurals="kapitel|bücher|büchern|teile|teilen|bände|bänden|akte|akten|szenen",
        short="kap|bd|abb",
        lettered="brief",
    ),
    parts=language.PartNames(
        title_page="titelseite|titelblatt",
        cover="umschlag",
        imprint="impressum",
        licence="lizenz",
        contents="inhalt|inhaltsverzeichnis",
        pictures="abbildungsverzeichnis",
        notes="anmerkungen|endnoten|fussnoten",
        index="register|sachregister|personenregister",
        bibliography="bibliographie|literaturverzeichnis|quellenverzeichnis",
        transcriber="anmerkungen zur transkription|anmerkung zur transkription",
        advertisement="vom selben autor|weitere bucher|demnachst erscheint",
        other_books="weitere (?:bucher|titel|romane) (?:von|aus) .{1,60}",
    ),
    legal=language.LegalWords(
        copyright=r"\burheberrecht",
        rights="alle rechte",
        published="erstausgabe",
        transcribed="anmerkung(?:en)? zur transkription",
    ),
    short_words=words(
        "er sie es ich wir ihr mir mich dir dich ihm ihn uns ja nein nie was wer wo wie tot gut tag herr frau gott"
    ),
    quotes="„“‚‘»«›‹",
    note="Anmerkung:",
    credits=language.CreditWords(by="Von {}", read_by="Gelesen von {}", end="Ende", part="Teil {} von {}"),
    at="ät",
    dot="Punkt",
    scripture=_SCRIPTURE,
    function_words=words(
        "der die und das nicht ich ist zu den er sie es ein mit eine sich auf dem von war so als auch wie hatte im"
    ),
)
