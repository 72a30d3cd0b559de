"""The Italian language."""

import regex

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import ordered_nouns, say_ordered, spelled

_MASCULINE = words("problema programma tema sistema poeta clima pianeta")
_NO_NOUN = words("di e o a in che per con tra fra da la")


def _agree(said: str, noun: str) -> str:
    noun = noun.lower()
    if said != "uno" or not noun or noun in _NO_NOUN:
        return said
    return "una" if noun.endswith("a") and noun not in _MASCULINE else "un"


def _half_of(noun: str) -> str:
    return "mezza" if _agree("uno", noun) == "una" else "mezzo"


def _and_a_half(noun: str) -> str:
    if noun in _NO_NOUN:
        return ""
    return "e mezza" if noun.endswith(("a", "e")) and noun not in _MASCULINE else "e mezzo"


def _hour(hour: int) -> str:
    return "una" if hour == 1 else spelled(str(hour), LANGUAGE)


def _fraction(over: int, under: int) -> str:
    part = spelled(str(under), LANGUAGE, "ordinal")
    return f"{_agree(spelled(str(over), LANGUAGE), part)} {f'{part[:-1]}i' if over > 1 else part}"


def _ordinal(said: str, suffix: str) -> str:
    return f"{said[:-1]}a" if suffix.endswith("ª") and said.endswith("o") else said


_DEGREE_ORDINAL = compile_later(
    r"(?<=\b(?i:(il|lo|del|al|nel|dal|sul|un)|la|della|alla|nella|dalla|sulla)\s)(\d{1,3})°(?=\s\p{Ll})"
)
_HIM = (
    "Pietro Paolo Giovanni Marco Luca Matteo Francesco Giuseppe Lorenzo Giorgio Martino Nicola Michele Carlo Benedetto "
    "Bernardo Domenico Giacomo Filippo Tommaso Vincenzo Rocco Gennaro Silvestro Gregorio Girolamo Sebastiano Bartolomeo"
)
_HER = "Maria Lucia Caterina Chiara Teresa Cecilia Margherita Barbara Elisabetta Croce Rita Rosa Marta Maddalena"
_BEFORE_VOWEL = "Antonio Anna Agnese Ambrogio Agostino Andrea Angelo Elena Orsola Eufemia Ignazio"
_BOTH_SAINTS = compile_later(rf"\bSS\.(?=\s(?:{'|'.join(_HIM.split())})\se\s\p{{Lu}})")
_HIGHNESS = compile_later(r"\b(S\.\s?E|S\.\s?A|S\.\s?S|S\.\s?Em)\.(?=\s(?:il\s|la\s|l['’]))")
_HIGHNESSES = table("SE=Sua Eccellenza|SA=Sua Altezza|SS=Sua Santità|SEm=Sua Eminenza")
_SAINT = compile_later(
    rf"\bS\.\s(?:(?=({'|'.join(_HIM.split())})\b)|(?=({'|'.join(_HER.split())})\b)|"
    rf"(?=({'|'.join(_BEFORE_VOWEL.split())})\b)|(?=Stefano\b))"
)


_WAR = compile_later(rf"\b((?=[IVX]+\b){NUMERAL})(?=\s[Gg]uerra\b)")
_SHORT_YEAR = compile_later(r"(?<=\b(?:[Aa]nni|[Nn]el|[Dd]el|[Dd]al|[Aa]l|[Ii]l)\s)['’](?=\d{2,3}(?!\d))")  # "anni '80"
_FIRST_DAY = compile_later(
    r"(?<!\d)1°(?=\s(?:gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|"
    r"dicembre)\b)"
)
_LIRE = compile_later(r"\bL\.\s?(\d{1,3}(?:\.\d{3})+|\d{2,})(?![\d,])")
_CENTURY_BEHIND = compile_later(r"(?<=(?<![\p{L}\d])[IVX]{1,5}\s)sec\.(?=\s\p{Ll}|[,;:)]|(?P<ends>[\s\"”»)]*$))")
_ORDERED = ordered_nouns(
    "Congresso Concilio Reich Impero Anniversario Centenario Festival Convegno Corso",
    "Repubblica Internazionale Crociata Dinastia Edizione Assemblea Conferenza Legislatura Fiera Legione Sinfonia "
    "Classe Elementare Media Liceo",
)
_SQUARE = compile_later(  # "via XX Settembre"
    rf"(?<=\b(?:[Vv]ia|[Pp]iazza|[Cc]orso|[Vv]iale|[Ll]argo)\s)((?=[IVX]){NUMERAL})(?=\s(?:Gennaio|Febbraio|Marzo|Aprile|"
    r"Maggio|Giugno|Luglio|Agosto|Settembre|Ottobre|Novembre|Dicembre|Giornate|Martiri)\b)"
)
_NTH_LETTER = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,2})a(?=\s(?:parte|edizione|volta|classe|serie|puntata|fila|ristampa)\b)"
)
_CLASS = compile_later(r"(?<![\p{L}\d.,])(\d{1,2})°\s?(?=[ABDEGHL](?!\p{L}))")  # "5° B"
_ROMAN_CLASS = compile_later(  # "la III B", "in II A", "classe V C"
    r"(?<=\b(?:[Ll]a|[Dd]ella|[Aa]lla|[Nn]ella|[Dd]alla|[Ii]n|[Uu]na|[Cc]lasse|[Dd]i)\s)((?:I{1,3}|IV|V))\s(?=[A-HL](?:\.?[\s\"”»)]*$|[\s,;:)]))"
)
_LAW = compile_later(  # "l. 300/1970"
    r"(?<![\p{L}.])([Ll]|[Dd]\.\s?[Ll]gs|[Dd]\.\s?[Ll])\.\s(?:n\.\s)?(\d{1,4})/((?:19|20)\d\d)(?![\d/])"
)
_LAWS = {1: "legge", 2: "decreto legge", 4: "decreto legislativo"}
_KILOMETRE = compile_later(r"(?<=\b(?:[Ii]l|[Aa]l|[Dd]el|[Dd]al)\s)km\.?(?=\s\d)")
_CENTURY = compile_later(r"(?<![\p{L}\d.])(secc?)\.\s(?=[IVXL]+\b)")


def _prepare(text: str) -> str:
    """Write the sign of ordinals for that of degrees, which books use instead: "il 3° piano"."""
    text = say_ordered(_WAR.sub(lambda match: f"{value(match[1])}ª", text), _ORDERED)
    text = _SQUARE.sub(lambda match: str(value(match[1])), _NTH_LETTER.sub(r"\1ª", _SHORT_YEAR.sub("", text)))
    text = _KILOMETRE.sub("chilometro", _CLASS.sub(r"\1º ", text))
    text = _ROMAN_CLASS.sub(lambda match: f"{value(match[1])}ª ", text)
    if "°" not in text:
        return text
    return _DEGREE_ORDINAL.sub(lambda match: f"{match[2]}{'º' if match[1] else 'ª'}", text)


def _law(match: regex.Match[str]) -> str:
    """Say "l. 300/1970" as "legge 300 del 1970"."""
    said = _LAWS[len(regex.sub(r"\P{L}", "", match[1]))]
    return f"{said if match[1][0].islower() else said.capitalize()} {match[2]} del {match[3]}"


def _prepare_abbreviations(text: str) -> str:
    """Say "S. Pietro" and "S. Lucia", whose adjective agrees with the name; "S. Pellico" has an initial."""
    text = _LAW.sub(_law, text)
    text = _HIGHNESS.sub(lambda match: _HIGHNESSES[regex.sub(r"\W", "", match[1])], _BOTH_SAINTS.sub("Santi", text))
    text = _LIRE.sub(r"\1 lire", _FIRST_DAY.sub("1º", text))
    text = _CENTURY_BEHIND.sub(lambda match: "secolo" + ("" if match["ends"] is None else "."), text)
    text = _CENTURY.sub(lambda match: "secolo " if match[1] == "sec" else "secoli ", text)
    return _SAINT.sub(
        lambda match: "San " if match[1] else "Santa " if match[2] else "Sant'" if match[3] else "Santo ", text
    )


_SCRIPTURE = language.Scripture(
    words(
        "Genesi Esodo Levitico Numeri Deuteronomio Giosuè Giudici Rut Samuele Re Cronache Esdra Neemia Ester Giobbe "
        "Salmo Salmi Proverbi Qoelet Isaia Geremia Lamentazioni Ezechiele Daniele Osea Gioele Amos Abdia Giona Michea "
        "Naum Abacuc Sofonia Aggeo Zaccaria Malachia Matteo Marco Luca Giovanni Atti Romani Corinzi Galati Efesini "
        "Filippesi Colossesi Tessalonicesi Timoteo Tito Filemone Ebrei Giacomo Pietro Giuda Apocalisse Maccabei"
    ),
    table(
        "Gen=Genesi|Gn=Genesi|Es=Esodo|Sal=Salmo|Is=Isaia|Mt=Matteo|Mc=Marco|Lc=Luca|Gv=Giovanni|At=Atti|Rm=Romani|"
        "Cor=Corinzi|Ap=Apocalisse"
    ),
    numbered=table("1=Prima|2=Seconda|3=Terza"),
)

LANGUAGE: Language = Language(
    code="it",
    numbers=language.Numbers(
        point="virgola",
        to="a",
        times="per",
        by="per",
        equals="è uguale a",
        relations=table(
            "<=è minore di|>=è maggiore di|≤=è minore o uguale a|≥=è maggiore o uguale a|≠=è diverso da|≈=è circa|"
            "±=più o meno|√=la radice quadrata di|∞=infinito|÷=diviso"
        ),
        of_millions="di",
        part_of=" di ",
        minus="meno",
        metres=" e ",
        plus="più",
        join="e",
        coins="e",
        halves=("mezzo", "un quarto", "tre quarti"),
        behind_noun=_and_a_half,
        half_of=_half_of,
        money={"$": Forms("dollaro", "dollari"), "£": Forms("sterlina", "sterline")},
        fraction=_fraction,
        units={
            "V": "electric-volt",
            "W": "power-watt",
            # CLDR's "chilometri orari" is the language of road signs.
            "km/h": Forms("chilometro all'ora", "chilometri all'ora"),
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "h": "duration-hour",
            "min": "duration-minute",
            "s": "duration-second",
            "mq": Forms("metro quadrato", "metri quadrati"),
            "mc": Forms("metro cubo", "metri cubi"),
            "mln": Forms("milione", "milioni"),
            "mld": Forms("miliardo", "miliardi"),
        },
        signs={"%": Forms("per cento", "per cento")},  # books do not write CLDR's "percento"
        pairs=True,
        scales=table(
            "mln=milioni di|mld=miliardi di|M=milioni di|milione=milione di|milioni=milioni di|"
            "miliardo=miliardo di|miliardi=miliardi di|milioni di=milioni di|miliardi di=miliardi di"
        ),
        clock=language.ClockWords(between="e", hour=_hour, written=r"(?<=\b(?i:ore|alle|dalle)\s\d{1,2})\.([0-5]\d)"),
        agree=_agree,
        ordinal=r"\.?[ºª]",
        ordinal_form=_ordinal,
        last_ordinal_king=99,
        queens=words("Elisabetta Caterina Isabella Vittoria Maria Giovanna Margherita Cristina"),
        queen_form=lambda said: f"{said[:-1]}a" if said.endswith("o") else said,
        score=" a ",
        rulers=words(
            "Ferdinando Amedeo Cosimo Ludovico Massimiliano Giulio Urbano Innocenzo Clemente Bonifacio Sisto "
            "Martino Eugenio"
        ),
        amend={"dicotto": "diciotto"},
        prepare=_prepare,
        centuries=(
            (
                compile_later(
                    rf"\b({NUMERAL})(?=\s+secolo\b)|(?<=\bsecol[oi]\s(?:[IVX]{{1,6}}\s(?:e|o|"
                    rf"al?)\s|[IVX]{{1,6}}\s?[-–]\s?)?)({NUMERAL})\b(?!\s+secolo)"
                ),
                "ordinal",
            ),
        ),
    ),
    dates=language.Dates(
        form="{day} {month} {year}", day=lambda day: "1º" if day == 1 else str(day), before="il|del|dal|al|fino al"
    ),
    powers=language.Powers(
        squared=" al quadrato",
        cubed=" al cubo",
        other=" elevato a {}",
        square=Forms("{}metro quadrato", "{}metri quadrati"),
        cubic=Forms("{}metro cubo", "{}metri cubi"),
        prefixes=("milli", "centi", "deci", "chilo"),
    ),
    abbreviations=language.Abbreviations(
        prepare=_prepare_abbreviations,
        prepared=words("sec secc S L l d D Lgs lgs SS E Em A"),
        titles=table(
            "Mr=Mister|Mrs=Missis|Ms=Miss|Mme=Madame|Mlle=Mademoiselle|Sig=Signor|sig=signor|sig.ra=signora|Sig.ra=Signora|sig.na=signorina|Sig.na=Signorina|Dott=Dottor|"
            "dott=dottor|prof=professor|Prof=Professor|avv=avvocato|Avv=Avvocato|ing=ingegner|Ing=Ingegner|"
            "card=cardinal|Card=Cardinal|on=onorevole|On=Onorevole|cav=cavalier|Cav=Cavalier|sigg=signori|Sigg=Signori|"
            "prof.ssa=professoressa|Prof.ssa=Professoressa|dr.ssa=dottoressa|geom=geometra|arch=architetto|"
            "rag=ragionier|dott.ssa=dottoressa|Dott.ssa=Dottoressa|Mons=Monsignor|mons=monsignor|gen=general|"
            "Gen=General|Dr=Dottor|Comm=Commendator|Rev=Reverendo|Ten=Tenente|Col=Colonnello|Cap=Capitano|"
            "Magg=Maggiore|Cap. Magg=Caporal Maggiore"
        ),
        numbered=table(
            "int=interno|tav=tavola|fol=folio|n=numero|nn=numeri|p=pagina|pp=pagine|pag=pagina|pagg=pagine|vol=volume|cap=capitolo|capp=capitoli|"
            "art=articolo|artt=articoli|fig=figura|t=tomo|lib=libro|sez=sezione|§=paragrafo|n°=numero|v=verso|vv=versi"
        ),
        anywhere=table(
            "e ss.=e seguenti|cell.=cellulare|s.d.=senza data|s.l.=senza luogo|c/o=presso|Es.=Esempio:|es.=esempio:|"
            "V.le=Viale|P.za=Piazza|P.zza=Piazza|C.so=Corso|v.le=viale|p.za=piazza|p.zza=piazza|c.so=corso|"
            "S.M.=Sua Maestà|S. M.=Sua Maestà|N.d.T.=nota del traduttore|ca.=circa|tel.=telefono|trad.=traduzione|"
            "segg.=seguenti|sgg.=seguenti|op. cit.=opera citata|N.B.=nota bene|a. C.=avanti Cristo|d. C.=dopo Cristo|"
            "ecc.=eccetera|etc.=eccetera|p. es.=per esempio|p.es.=per esempio|cfr.=confronta|s. v.=sotto la voce|"
            "a.C.=avanti Cristo|d.C.=dopo Cristo"
        ),
        whole=frozenset(
            (
                "prof.ssa",
                "Prof.ssa",
                "dr.ssa",
                "sig.ra",
                "Sig.ra",
                "sig.na",
                "Sig.na",
                "dott.ssa",
                "Dott.ssa",
                "n°",
                "§",
            )
        ),
        joins="e|ed|o",
    ),
    speakers=language.Speakers(
        verbs="disse|chiese|domandò|rispose|esclamò|gridò|replicò|aggiunse|mormorò|continuò|fece",
        article="il|la|lo",
        turn="l’altro|l’altra|l'altro|l'altra",
        he="egli|lui",
        she="ella|lei",
        man="uomo|ragazzo|signore|padre|marito|fratello|figlio|zio|re|principe|vecchio|curato",
        woman="donna|ragazza|signora|madre|moglie|sorella|figlia|zia|regina|principessa|vecchia",
        mister="signor|don|zio|conte|marchese|duca|padre|fra",
        mistress="signora|signorina|donna|zia|contessa|marchesa|duchessa|madre",
        titles="dottor|capitano|professor|colonnello|generale",
    ),
    sentences=language.Sentences(
        starts="Il Lo La I Gli Le Un Una E Ma Poi Allora Quando Era Erano Fu In Di Con Non Si Così Come Se Egli Ella "
        "Nel Nella Dopo",
        open="Comm Rev Ten Col Cap Magg fol cell dr.ssa nn prof.ssa dott.ssa trad Trad ed Ed sec secc sig sigg "
        "sig.ra dott prof avv ing on pag pagg cap n a.C d.C S SS card cav mons es cfr Cfr",
        numbered="int d.lgs D.Lgs D.lgs d.l D.L l tav t nn pag pagg art artt fig sez lib v vv",
        closing="ecc etc",
    ),
    counted=language.Counted(
        words="capitolo|libro|parte|volume|atto|scena|canto|lettera",
        plurals="capitoli|libri|parti|volumi|atti|scene|canti",
        short="cap|sc|t|vol|lib",
        lettered="lettera",
    ),
    parts=language.PartNames(
        title_page="frontespizio",
        cover="copertina",
        colophon="colofon",
        licence="licenza",
        contents="indice|sommario",
        pictures="elenco delle illustrazioni",
        notes="note",
        index="indice analitico",
        bibliography="bibliografia",
        transcriber="nota del trascrittore|note del trascrittore",
        advertisement="dello stesso autore|prossimamente",
        other_books="altri libri di .{1,60}",
    ),
    legal=language.LegalWords(rights="diritti riservati", published="stampato", transcribed="nota del? trascrittore"),
    short_words=words("io tu lui lei noi voi me te sì no re un uno due mio sua dio di mi ci vi si là qui"),
    quotes="«»“”‘’",
    note="Nota:",
    credits=language.CreditWords(by="Di {}", read_by="Letto da {}", end="Fine", part="Parte {} di {}"),
    at="chiocciola",
    dot="punto",
    has_word_i=True,
    initials=table("IVA=Iva|ONU=Onu|USA=Usa|NATO=Nato|FIAT=Fiat|UNESCO=Unesco"),
    scripture=_SCRIPTURE,
    function_words=words(
        "di che e la il un non è per una in si con le del i da ma lo come più al della nel era mi suo gli sono"
    ),
)
