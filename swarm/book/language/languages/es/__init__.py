"""The Spanish language."""

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import ordered_nouns, say_ordered, spelled, thousand_steps

_MASCULINE = words("días mapas problemas programas temas sistemas poetas idiomas climas planetas gramas")
_FEMININE = words("mujeres veces noches leyes partes calles voces manos tardes naves luces flores llaves torres madres")
_FEMININE_ENDINGS = ("as", "ciones", "siones", "dades", "tades")
_FEMININE_ENDINGS_OF_ONE = ("a", "ción", "sión", "dad", "tad", "tud", "umbre")
_NO_NOUN = words("las los unas unos tras mas más del y o a en que por con para al e de")
_HUNDREDS_COUNTED = compile_later(r"(?:cientos|quinientos)(?!.*\bmill)")  # "doscientos millones de libras"


def _is_feminine(noun: str, said: str) -> bool:
    listed = not _FEMININE.isdisjoint((noun, f"{noun}es", f"{noun[:-1]}ces"))
    masculine = noun in _MASCULINE or f"{noun}s" in _MASCULINE
    return listed or (noun.endswith(_FEMININE_ENDINGS_OF_ONE if said == "uno" else _FEMININE_ENDINGS) and not masculine)


def _agree(said: str, noun: str) -> str:
    noun = noun.lower()
    if not noun or noun in _NO_NOUN:
        return said
    feminine = _is_feminine(noun, said)
    if feminine:
        said = _HUNDREDS_COUNTED.sub(lambda match: f"{match[0][:-2]}as", said)
    if not said.endswith("uno") or not (said == "uno" or noun.endswith("s")):
        return said
    return f"{said[:-1]}a" if feminine else "veintiún" if said == "veintiuno" else said.removesuffix("o")


def _before_thousand(said: str) -> str:
    return "veintiún" if said == "veintiuno" else said.removesuffix("o") if said.endswith(" uno") else said


_HER = compile_later(r"(?<=\b(?:[Ll]a|[Uu]na|[Aa] la|[Dd]e la)\s)(Lic|Ing|Arq|Prof|Cap|Rvda?)\.(?=\s\p{Lu})")
_HERS = table("Lic=Licenciada|Ing=Ingeniera|Arq=Arquitecta|Prof=Profesora|Cap=Capitana|Rvda=Reverenda|Rvd=Reverenda")
_COUNTS = (
    "las|los|unas|unos|otras|otros|estas|esas|aquellas|aquellos|sus|casi|había|hay|hubo|con|por|son|eran|fueron|"
    "cerca de|más de|menos de|alrededor de"
)
_KILOMETRE = compile_later(r"(?<=\b(?:[Ee]l|[Aa]l|[Dd]el)\s)km\.?(?=\s\d)")


def _half_of(noun: str) -> str:
    return "media" if _is_feminine(noun, "uno") and not noun.endswith("s") else "medio"


def _and_a_half(noun: str) -> str:
    if noun in _NO_NOUN:
        return ""
    feminine = _is_feminine(noun, "") or (noun.endswith("a") and f"{noun}s" not in _MASCULINE)
    return "y media" if feminine else "y medio"


def _hour(hour: int) -> str:
    said = spelled(str(hour), LANGUAGE)
    return f"{said[:-1]}a" if said.endswith("uno") else said


_VOWEL = compile_later(r"a$|(?<=un)o$")  # "treintavo", but "onceavo"


def _fraction(over: int, under: int) -> str:
    part = "tercio" if under == 3 else spelled(str(under), LANGUAGE, "ordinal")
    if 10 < under < 100:
        part = f"{_VOWEL.sub('', spelled(str(under), LANGUAGE).replace(' y ', 'i'))}avo"
    elif under > 100 and under % 100:
        return f"{spelled(str(over), LANGUAGE)} sobre {spelled(str(under), LANGUAGE)}"
    return f"{_agree(spelled(str(over), LANGUAGE), part)} {part}{'s' if over > 1 else ''}"


def _ordinal(said: str, suffix: str) -> str:
    if suffix.endswith("er"):
        return said.removesuffix("o")  # "primer", "tercer"
    return _LAST_O.sub("a", said) if suffix.endswith(("ª", "a", "as")) else said


_LAST_O = compile_later(r"o$|(?<!\b(?:décim|vigésim))o\b")  # "décimo cuarta", but "trigésima primera"


_DEGREE_ORDINAL = compile_later(r"(?<=\b(?i:el|la|del|al|un|una)\s)(\d{1,3})°(?=\s\p{Ll})")


_WAR = compile_later(rf"\b((?=[IVX]+\b){NUMERAL})(?=\s[Gg]uerra\b)")
_ORDERED = ordered_nouns(
    "Congreso Concilio Reich Imperio Aniversario Centenario Festival Encuentro Curso Certamen Torneo Salón",
    "República Internacional Cruzada Dinastía Edición Asamblea Conferencia Legislatura Feria Semana Bienal Flota",
)
_CENTURY = compile_later(r"(?<![\p{L}\d.])(ss?)\.\s(?=[IVXL]+\b)")


_HOUR_OF_DAY = compile_later(r"(?<=\d\s?)([ap])\.\s?m\.(?:(?=\s\p{Ll}|[,;:)])|(?P<ends>(?=[\s\"”»)]*$)))")  # "5 p. m."
_AT_ONE = compile_later(r"(?<=\b[Aa] la )1(?![\d:.,]*\d|\p{L})")  # "a la 1"
_STREET = compile_later(r"(?<![\p{L}/])C/\s?(?=(?:de(?:l| la| las| los)?\s)?\p{Lu}\p{Ll})")
_HIM = (
    "Juan Pedro Pablo José Francisco Antonio Miguel Jorge Martín Andrés Mateo Marcos Lucas Luis Carlos Agustín Ignacio "
    "Sebastián Lorenzo Vicente Isidro Fernando Jerónimo Bernardo Benito Gabriel Rafael Nicolás Roque Cristóbal Ramón"
)
_SAINT = compile_later(rf"\bS\.(?=\s(?:{'|'.join(_HIM.split())})\b)")


def _prepare(text: str) -> str:
    """Write the sign of ordinals for that of degrees, which books use instead: "el 3° piso"."""
    text = _KILOMETRE.sub("kilómetro", _AT_ONE.sub("una", text))
    text = say_ordered(_WAR.sub(lambda match: f"{value(match[1])}ª", text), _ORDERED)
    return str(_DEGREE_ORDINAL.sub(r"\1º", text)) if "°" in text else text


_MONTH = "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre"
_DAY_MONTH = compile_later(rf"(?<![\d.,])([1-9]|[12]\d|3[01])\s(?=(?i:{_MONTH})\b)")
_MONTH_DAY = compile_later(rf"\b((?i:{_MONTH}))\s([1-9]|[12]\d|3[01])(?![\d.,:/-]*\d|\s?\p{{L}}|[%ºª])")


def _written_dates(text: str) -> str:
    """Say "3 mayo" and "mayo 3" as "3 de mayo"."""
    return str(_DAY_MONTH.sub(r"\1 de ", _MONTH_DAY.sub(r"\2 de \1", text)))


def _part_of_day(match: Match) -> str:
    return f"de la {'mañana' if match[1] == 'a' else 'tarde'}{'' if match['ends'] is None else '.'}"


def _prepare_abbreviations(text: str) -> str:
    """Say "s. XIX" and "ss. XVI y XVII"."""
    text = _HER.sub(lambda match: _HERS[match[1]], text)
    text = _HOUR_OF_DAY.sub(_part_of_day, text)
    text = _SAINT.sub("San", _STREET.sub("Calle ", text))
    return _CENTURY.sub(lambda match: "siglo " if match[1] == "s" else "siglos ", text)


_SCRIPTURE = language.Scripture(
    words(
        "Génesis Éxodo Levítico Números Deuteronomio Josué Jueces Rut Samuel Reyes Crónicas Esdras Nehemías Ester Job "
        "Salmo Salmos Proverbios Eclesiastés Cantares Isaías Jeremías Lamentaciones Ezequiel Daniel Oseas Joel Amós "
        "Abdías Jonás Miqueas Nahúm Habacuc Sofonías Hageo Zacarías Malaquías Mateo Marcos Lucas Juan Hechos Romanos "
        "Corintios Gálatas Efesios Filipenses Colosenses Tesalonicenses Timoteo Tito Filemón Hebreos Santiago Pedro "
        "Judas Apocalipsis Macabeos"
    ),
    table(
        "Gn=Génesis|Gén=Génesis|Ex=Éxodo|Sal=Salmo|Is=Isaías|Mt=Mateo|Mc=Marcos|Lc=Lucas|Jn=Juan|Rom=Romanos|"
        "Cor=Corintios|Ap=Apocalipsis"
    ),
    numbered=table("1=Primera|2=Segunda|3=Tercera"),
)

LANGUAGE: Language = Language(
    code="es",
    numbers=language.Numbers(
        point="coma",
        to="a",
        times="por",
        by="por",
        equals="es igual a",
        relations=table(
            "<=es menor que|>=es mayor que|≤=es menor o igual que|≥=es mayor o igual que|≠=es distinto de|"
            "≈=es aproximadamente|±=más menos|√=la raíz cuadrada de|∞=infinito|÷=dividido por"
        ),
        of_millions="de",
        part_of=" de ",
        minus="menos",
        metres=" ",
        plus="más",
        join="y",
        coins="con",
        halves=("medio", "un cuarto", "tres cuartos"),
        behind_noun=_and_a_half,
        half_of=_half_of,
        first=thousand_steps(_COUNTS, lambda figures: spelled(figures, LANGUAGE), _agree, _before_thousand),
        money={
            "$": Forms("dólar", "dólares"),
            "£": Forms("libra", "libras"),
            "¢": Forms("centavo", "centavos"),
        },
        fraction=_fraction,
        units={
            "V": "electric-volt",
            "W": "power-watt",
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "ha": "area-hectare",
            "h": "duration-hour",
            "min": "duration-minute",
            "s": "duration-second",
            "seg": "duration-second",
            "ptas": Forms("peseta", "pesetas"),
            "pts": Forms("peseta", "pesetas"),
            "cda": Forms("cucharada", "cucharadas"),
            "cdas": Forms("cucharada", "cucharadas"),
            "cdta": Forms("cucharadita", "cucharaditas"),
            "cdtas": Forms("cucharadita", "cucharaditas"),
            "cdita": Forms("cucharadita", "cucharaditas"),
            "cditas": Forms("cucharadita", "cucharaditas"),
        },
        pairs=True,
        scales=table("mil=mil|M=millones de|millón=millón de|millones=millones de|millones de=millones de"),
        clock=language.ClockWords(
            between="y",
            hour=_hour,
            written=r"\.([0-5]\d)(?:(?=\s?(?:h\b|de la (?:mañana|tarde|noche)))|"
            r"(?<=\b(?i:a|de|desde|hasta|sobre)\slas?\s\d{1,2}\.\d\d)(?!\d))",
        ),
        agree=_agree,
        amend=table("cuadrig=cuadring|septig=septing|quadragésimo=cuadragésimo"),
        ordinal=r"\.?(?:[ºª]|er)|r[ao]s?|d[ao]s?|t[ao]s?|m[ao]s?|v[ao]s?|n[ao]s?",
        ordinal_form=_ordinal,
        last_ordinal_king=10,
        queens=words("Isabel Catalina Juana María Cristina"),
        queen_form=lambda said: f"{said[:-1]}a" if said.endswith("o") else said,
        score=" a ",
        prepare=_prepare,
        centuries=(
            (compile_later(rf"(?<=\bsiglos?\s(?:[IVX]{{1,6}}(?:\s(?:y|al?)\s|\s?[-–]\s?))?)({NUMERAL})\b"), "cardinal"),
        ),
    ),
    dates=language.Dates(form="{day} de {month} de {year}", before="el|del|al|día|desde", written=_written_dates),
    powers=language.Powers(
        squared=" al cuadrado",
        cubed=" al cubo",
        other=" elevado a {}",
        square=Forms("{}metro cuadrado", "{}metros cuadrados"),
        cubic=Forms("{}metro cúbico", "{}metros cúbicos"),
        prefixes=("milí", "centí", "decí", "kiló"),
    ),
    abbreviations=language.Abbreviations(
        prepare=_prepare_abbreviations,
        prepared=words("s ss S a p"),
        titles=table(
            "Mr=Míster|Mrs=Misis|Ms=Miss|Mme=Madame|Mlle=Mademoiselle|Cnel=Coronel|Ing=Ingeniero|Arq=Arquitecto|Tte=Teniente|Cmdte=Comandante|Rvdo=Reverendo|"
            "Excmo=Excelentísimo|Excma=Excelentísima|Ilmo=Ilustrísimo|Avda=Avenida|Av=Avenida|Hnos=Hermanos|Sr=Señor|"
            "Sra=Señora|Sres=Señores|Srta=Señorita|Dr=Doctor|Dra=Doctora|D=Don|D.ª=Doña|Dª=Doña|Dña=Doña|Da=Doña|"
            "Sto=Santo|Sta=Santa|Fr=Fray|Prof=Profesor|Gral=General|Cap=Capitán|Lic=Licenciado|Mons=Monseñor"
        ),
        numbered=table(
            "n=nota|fol=folio|lám=lámina|esc=escena|núm=número|n.º=número|pág=página|págs=páginas|vol=volumen|cap=capítulo|caps=capítulos|"
            "art=artículo|"
            "p=página|pp=páginas|fig=figura|t=tomo|ed=edición|lib=libro|sec=sección|§=párrafo|nº=número|n°=número"
        ),
        anywhere=table(
            "y ss.=y siguientes|c/u=cada uno|s/n=sin número|V. E.=Vuestra Excelencia|V. M.=Vuestra Majestad|"
            "S. E.=Su Excelencia|P. D.=posdata|RR. CC.=Reyes Católicos|FF. AA.=Fuerzas Armadas|S.A.R.=Su Alteza Real|"
            "S.M.=Su Majestad|SS. MM.=Sus Majestades|aprox.=aproximadamente|a. de C.=antes de Cristo|"
            "d. de C.=después de Cristo|izda.=izquierda|izq.=izquierda|dcha.=derecha|pza.=plaza|Pza.=Plaza|"
            "tel.=teléfono|trad.=traducción|op. cit.=obra citada|ob. cit.=obra citada|N. B.=nota bene|etc.=etcétera|"
            "a.C.=antes de Cristo|d.C.=después de Cristo|EE.UU.=Estados Unidos|p.ej.=por ejemplo|"
            "S. A. R.=Su Alteza Real|S. M.=Su Majestad|Ud.=usted|Uds.=ustedes|Vd.=usted|Vds.=ustedes|"
            "p. ej.=por ejemplo|EE. UU.=Estados Unidos|a. C.=antes de Cristo|"
            "d. C.=después de Cristo|a. c.=antes de Cristo|d. c.=después de Cristo"
        ),
        whole=frozenset(("Dr", "D.ª", "Dª", "n.º", "nº", "n°", "§")),
        joins="y|o|e|u",
    ),
    speakers=language.Speakers(
        verbs="dijo|preguntó|respondió|contestó|exclamó|gritó|replicó|añadió|murmuró|repuso|continuó",
        article="el|la",
        turn="el otro|la otra",
        he="él",
        she="ella",
        man="hombre|muchacho|señor|padre|marido|hermano|hijo|tío|rey|príncipe|viejo|cura|caballero|amo",
        woman="mujer|muchacha|señora|madre|hermana|hija|tía|reina|princesa|vieja|ama|dama|señorita|viuda",
        mister="señor|don|tío|padre|conde|marqués|duque|rey|Señor|Don",
        mistress="señora|señorita|doña|tía|madre|condesa|marquesa|duquesa|reina|Señora|Doña",
        titles="doctor|capitán|profesor|coronel|general",
    ),
    sentences=language.Sentences(
        starts="El La Los Las Un Una Y Pero Luego Después Entonces Cuando Era Eran Fue En De Con No Se Su Así Como "
        "Si Yo Ella",
        open="aprox fol lám Ing Arq V RR CC FF Rvdo Fr Cnel Tte Ilmo Excmo Excma Bs Avda Av trad Trad ed Ed coord Sr "
        "Sra Sres Sras Srta D Da Dña Dr Dra Ud Uds Vd Vds núm pág págs s ss Sto Sta Gral Mons a.C d.C a d",
        numbered="n t esc núm pág págs cap art fig lib",
    ),
    counted=language.Counted(
        words="capítulo|libro|parte|tomo|acto|escena|carta|canto",
        plurals="capítulos|libros|partes|tomos|actos|escenas|cantos",
        short="cap|esc",
        lettered="carta",
    ),
    parts=language.PartNames(
        title_page="portada|portadilla",
        cover="cubierta",
        copyright="creditos|derechos de autor",
        licence="licencia",
        contents="indice|tabla de contenidos|contenido|sumario",
        pictures="lista de ilustraciones",
        notes="notas",
        index="indice analitico|indice alfabetico|indice de materias|indice onomastico",
        bibliography="bibliografia",
        transcriber="nota del transcriptor|notas del transcriptor",
        advertisement="del mismo autor|proximamente",
        other_books="otros (?:libros|titulos) de .{1,60}",
    ),
    legal=language.LegalWords(
        rights="derechos reservados", published="impreso en", transcribed="nota del? transcriptor"
    ),
    short_words=words("él ella yo tú mí ti sí no rey fin uno dos mi su dios día voz paz luz mal bien"),
    quotes="«»“”‘’",
    note="Nota:",
    credits=language.CreditWords(by="Por {}", read_by="Leído por {}", end="Fin", part="Parte {} de {}"),
    at="arroba",
    dot="punto",
    scripture=_SCRIPTURE,
    function_words=words(
        "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le había era yo me"
    ),
)
