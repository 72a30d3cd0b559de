"""German abbreviations, some of which mean something only beside a number, a name or a street."""

from swarm.book.language.language import Abbreviations, Match, table
from swarm.book.language.late_pattern import compile_later

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


ABBREVIATIONS = Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=frozenset((*_MONTHS, "v", "d", "f", "S", "Hl", "hl")),
    titles=table(
        "Frhr=Freiherr|Pfr=Pfarrer|Hptm=Hauptmann|Lt=Leutnant|Gen=General|Dir=Direktor|Hr=Herr|Hrn=Herrn|Fr=Frau|"
        "Frl=Fräulein|Dr=Doktor|Prof=Professor|St=Sankt"
    ),
    numbered=table(
        "Nrn=Nummern|Bde=Bände|Sp=Spalte|Fußn=Fußnote|Jg=Jahrgang|Z=Zeile|Tel=Telefon|Nr=Nummer|S=Seite|Bd=Band|Kap=Kapitel|Abb=Abbildung|geb=geboren|Anm=Anmerkung|"
        "Abs=Absatz|"
        "Art=Artikel|"
        "Bl=Blatt|Str=Straße|V=Vers|H=Heft|gest=gestorben|§=Paragraf|§§=Paragrafen"
    ),
    anywhere=table(
        "o. J.=ohne Jahr|o. O.=ohne Ort|i. J.=im Jahre|a. d.=an der|a. M.=am Main|v. d.=von der|Sr.=Seiner|"
        "Ew.=Euer|Se.=Seine|I. K. H.=Ihre Königliche Hoheit|d. Gr.=der Große|a. D.=außer Dienst|"
        "i. R.=im Ruhestand|jr.=junior|Prof. em.=Professor emeritus|Dr. rer. nat.=Doktor rerum naturalium|"
        "Dr. rer. pol.=Doktor rerum politicarum|Hg.=Herausgeber|Jhd.=Jahrhundert|Jh.s=Jahrhunderts|"
        "usf.=und so fort|u. s. f.=und so fort|u.s.f.=und so fort|Dipl.-Ing.=Diplom-Ingenieur|z. T.=zum Teil|"
        "o. Ä.=oder Ähnliches|i. A.=im Auftrag|"
        "rd.=rund|lt.=laut|exkl.=exklusive|"
        "ebd.=ebenda|Ebd.=Ebenda|Anm. d. Red.=Anmerkung der Redaktion|Aufl.=Auflage|Pfd.=Pfund|Ztr.=Zentner|"
        "Dr. h. c.=Doktor honoris causa|u. v. a. m.=und vieles andere mehr|"
        "u.=und|v. H.=vom Hundert|"
        "Hrsg.=Herausgeber|hrsg.=herausgegeben|Übers.=Übersetzung|übers.=übersetzt|bearb.=bearbeitet|u.a.=unter "
        "anderem|u.ä.=und ähnliches|o.ä.=oder ähnliches|i.d.R.=in der Regel|u.U.=unter Umständen|m.E.=meines "
        "Erachtens|s.o.=siehe oben|s.u.=siehe unten|Std.=Stunden|Min.=Minuten|Tsd.=Tausend|bes.=besonders|"
        "verh.=verheiratet|o. g.=oben genannt|o.g.=oben genannt|sen.=senior|jun.=junior|einschl.=einschließlich|"
        "lat.=lateinisch|griech.=griechisch|engl.=englisch|frz.=französisch|z. Zt.=zur Zeit|z.Zt.=zur Zeit|z. "
        "Z.=zur Zeit|u. dgl.=und dergleichen|a. a. O.=am angegebenen Ort|a.a.O.=am angegebenen Ort|Ztg.=Zeitung|"
        "v.Chr.=vor Christus|n.Chr.=nach Christus|z.T.=zum Teil|i. d. R.=in der Regel|u. U.=unter Umständen|m. "
        "E.=meines Erachtens|"
        "s. o.=siehe oben|s. u.=siehe unten|u. ä.=und ähnliches|o. ä.=oder ähnliches|ff.=folgende|Jh.=Jahrhundert|"
        "Jhs.=Jahrhunderts|bspw.=beispielsweise|inkl.=inklusive|sog.=sogenannt|Tel.=Telefon|Dr. med.=Doktor med|"
        "Dr. phil.=Doktor phil|Dr. jur.=Doktor jur|"
        "z. B.=zum Beispiel|z.B.=zum Beispiel|d. h.=das heißt|d.h.=das heißt|usw.=und so weiter|etc.=et cetera|"
        "bzw.=beziehungsweise|ca.=circa|vgl.=vergleiche|ggf.=gegebenenfalls|evtl.=eventuell|Mio.=Millionen|"
        "Mrd.=Milliarden|u. s. w.=und so weiter|u. a.=unter anderem|v. Chr.=vor Christus|n. Chr.=nach Christus"
    ),
    whole=frozenset(("Dr", "St", "§", "§§")),
    joint=r"[-\s]",  # "St.-Georgs-Kirche"
    joins="und|oder",
    also="Frau",
)
