"""The Portuguese language."""

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import ordered_nouns, say_ordered, spelled, thousand_steps

# Feminine nouns after numbers that agree with them: "duas horas", "duzentas páginas".
_FEMININE_ENDINGS = ("as", "ções", "sões", "dades", "gens")
_FEMININE = words("vezes mulheres noites tardes partes flores mãos vozes luzes cruzes torres mães leis uma colheres")
_MASCULINE = words("dias mapas problemas programas temas sistemas poetas climas planetas gramas quilogramas")
_NO_NOUN = words("das mas às as nas pelas de do da e a o em que por com para ou")
_HUNDREDS = compile_later(r"entos\b")


def _agree(said: str, noun: str) -> str:
    noun = noun.lower()
    if not noun or noun in _NO_NOUN or noun in _MASCULINE:
        return said
    if said == "um":
        return (
            "uma"
            if noun.endswith(
                (
                    "a",
                    "ção",
                    "dade",
                    "gem",
                    "vez",
                    "voz",
                    "luz",
                    "mulher",
                    "mão",
                    "lei",
                    "flor",
                    "torre",
                    "nave",
                    "noite",
                    "tarde",
                    "parte",
                    "mãe",
                    "colher",
                )
            )
            and f"{noun}s" not in _MASCULINE
            else said
        )
    if not noun.endswith(_FEMININE_ENDINGS) and noun not in _FEMININE:
        return said
    said = _HUNDREDS.sub("entas", said)
    if said.endswith(" um"):
        return f"{said}a"
    return f"{said[:-4]}duas" if said == "dois" or said.endswith(" dois") else said


_HER = compile_later(r"(?<=\b(?:[Dd]?[Aa]|[Uu]ma|[Nn]a|[Pp]ela|[Àà])\s)(Eng|Arq|Prof|Cap)\.(?=\s\p{Lu})")
_HERS = table("Eng=Engenheira|Arq=Arquiteta|Prof=Professora|Cap=Capitã")
_COUNTS = (
    "as|os|umas|uns|outras|outros|suas|seus|essas|estas|quase|havia|há|houve|com|por|eram|são|foram|tem|têm|tinha|"
    "cerca de|mais de|menos de"
)
_KILOMETRE = compile_later(r"(?<=\b(?:[Nn]?[Oo]|[Aa]o|[Dd]o)\s)km\.?(?=\s\d)")
_RESULT = compile_later(  # "por 3x0" and "Santos 2x1 Flamengo"
    r"(?<=\b(?:[Pp]or|de|em|[Vv]enceu|[Pp]erdeu|[Gg]anhou|[Ee]mpatou|[Gg]oleou|[Pp]lacar)\s|\p{Lu}\p{Ll}+\s)(\d{1,2})\s?x\s?(\d{1,2})"
    r"(?!\d|[.,]\d|\s?(?:=|[cdkm]?m\b|metros|pixels))"
)


def _half_of(noun: str) -> str:
    return "meia" if _agree("um", noun) == "uma" else "meio"


def _and_a_half(noun: str) -> str:
    if noun in _NO_NOUN:
        return ""
    feminine = noun in _FEMININE or (noun.endswith((*_FEMININE_ENDINGS, "a", "ção", "dade", "gem")))
    return "e meia" if feminine and noun not in _MASCULINE and f"{noun}s" not in _MASCULINE else "e meio"


_WAR = compile_later(rf"\b((?=[IVX]+\b){NUMERAL})(?=\s[Gg]uerra\b)")
_ORDERED = ordered_nouns(
    "Congresso Concílio Reich Império Aniversário Centenário Festival Encontro Curso",
    "República Internacional Cruzada Dinastia Edição Assembleia Conferência Legislatura Feira Semana Bienal",
)
_ROAD = compile_later(r"(?<=\b(?:[nN]a|[dD]a|[àÀ])\s)R\.(?=\s(?:d[aeo]s?\s)?\p{Lu}\p{Ll})")  # "na R. Augusta"
_CENTURY = compile_later(r"(?<![\p{L}\d.])(sécs?)\.\s(?=[IVXL]+\b)")
_LADY = compile_later(
    r"\bD\.(?=\s(?:Ana|Maria|Isabel|Catarina|Leonor|Teresa|Beatriz|Inês|Joana|Luísa|Filipa|Amélia|Carlota|Antónia|Rosa|"
    r"Clara|Helena|Francisca|Margarida|Sofia|Madalena)\b)"
)


_REIS = compile_later(r"(?:\bRs\.?\s)?(?<![\d.,:])(?:(\d{1,3}):)?(\d{1,3})\$(\d{3})(?:\sréis)?(?!\d)")  # "2:500$000"


_ESCUDOS = compile_later(r"(?<![\d.,:])(\d{1,6})\$(\d\d)(?!\d)")  # "12$50"


def _reis(match: Match) -> str:
    """Write old money as contos and mil-réis."""
    contos = int(match[1] or 0)
    parts = [f"{contos} {'conto' if contos == 1 else 'contos'}"] if contos else []
    parts += (
        [" ".join(filter(None, (match[2] if int(match[2]) > 1 else "", "mil", match[3].lstrip("0"))))]
        if int(match[2])
        else []
    )
    return " e ".join(parts) + (" de réis" if parts and contos and not int(match[2]) else " réis")


def _prepare(text: str) -> str:
    """Write the sign of ordinals for that of degrees, which books use instead: "o 3° andar"."""
    text = _RESULT.sub(r"\1 a \2", _KILOMETRE.sub("quilómetro", text))
    text = _ESCUDOS.sub(r"\1 escudos e \2", _REIS.sub(_reis, text))
    text = say_ordered(_WAR.sub(lambda match: f"{value(match[1])}ª", text), _ORDERED)
    return str(_DEGREE_ORDINAL.sub(r"\1º", text)) if "°" in text else text


def _prepare_abbreviations(text: str) -> str:
    """Say "S. Pedro"; "S. Silva" has an initial."""
    text = _CENTURY.sub(lambda match: "século " if match[1] == "séc" else "séculos ", text)
    text = _HER.sub(lambda match: _HERS[match[1]], _ROAD.sub("Rua", text))
    return str(_SAINT.sub("São", _LADY.sub("Dona", text)))


_DEGREE_ORDINAL = compile_later(r"(?<=\b(?i:[oa]|d[oa]|n[oa]|ao|à|um|uma)\s)(\d{1,3})°(?=\s\p{Ll})")
_HIM = (
    "Pedro Paulo João José Francisco Jorge Miguel Bento Tiago Vicente Domingos Nicolau Sebastião Lourenço Martinho "
    "Cristóvão Bernardo Gabriel Mateus Marcos Lucas Luís Carlos Roque Gonçalo Mamede Salvador"
)
_SAINT = compile_later(rf"\bS\.(?=\s(?:{'|'.join(_HIM.split())})\b)")


def _hour(hour: int) -> str:
    if not hour:
        return "zero horas"
    said = spelled(str(hour), LANGUAGE)
    return f"{said}a" if said.endswith("um") else said


def _fraction(over: int, under: int) -> str:
    part = "terço" if under == 3 else spelled(str(under), LANGUAGE, "ordinal")
    if under > 10 and under not in (100, 1000):
        return f"{spelled(str(over), LANGUAGE)} {spelled(str(under), LANGUAGE)} avo{'s' if over > 1 else ''}"
    return f"{spelled(str(over), LANGUAGE)} {part}{'s' if over > 1 else ''}"


_LAST_O = compile_later(r"o\b")  # both words of "vigésimo primeiro" are feminine, too


def _ordinal(said: str, suffix: str) -> str:
    return _LAST_O.sub("a", said) if suffix.endswith("ª") else said


_SCRIPTURE = language.Scripture(
    words(
        "Gênesis Génesis Êxodo Levítico Números Deuteronômio Josué Juízes Rute Samuel Reis Crônicas Esdras Neemias "
        "Ester Jó Salmo Salmos Provérbios Eclesiastes Isaías Jeremias Lamentações Ezequiel Daniel Oseias Joel Amós "
        "Obadias Jonas Miqueias Naum Habacuque Sofonias Ageu Zacarias Malaquias Mateus Marcos Lucas João Atos "
        "Romanos Coríntios Gálatas Efésios Filipenses Colossenses Tessalonicenses Timóteo Tito Filémon Hebreus Tiago "
        "Pedro Judas Apocalipse"
    ),
    table(
        "Gn=Gênesis|Ex=Êxodo|Sl=Salmo|Is=Isaías|Mt=Mateus|Mc=Marcos|Lc=Lucas|Jo=João|Rm=Romanos|Cor=Coríntios|"
        "Ap=Apocalipse"
    ),
    numbered=table("1=Primeira|2=Segunda|3=Terceira"),
)

LANGUAGE: Language = Language(
    code="pt",
    locale="pt_PT",  # "quilómetros"; the bare code is Brazil's
    numbers=language.Numbers(
        point="vírgula",
        to="a",
        times="vezes",
        by="por",
        equals="é igual a",
        relations=table(
            "<=é menor que|>=é maior que|≤=é menor ou igual a|≥=é maior ou igual a|≠=é diferente de|"
            "≈=é aproximadamente|±=mais ou menos|√=a raiz quadrada de|∞=infinito|÷=dividido por"
        ),
        of_millions="de",
        part_of=" de ",
        minus="menos",
        metres=" e ",
        plus="mais",
        join="e",
        coins="e",
        halves=("meio", "um quarto", "três quartos"),
        behind_noun=_and_a_half,
        half_of=_half_of,
        first=thousand_steps(_COUNTS, lambda figures: spelled(figures, LANGUAGE), _agree),
        money={
            "R$": Forms("real", "reais"),
            "$": Forms("dólar", "dólares"),
            "£": Forms("libra", "libras"),
        },
        fraction=_fraction,
        units={
            "h": "duration-hour",
            "V": "electric-volt",
            "W": "power-watt",
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "min": "duration-minute",
            "s": "duration-second",
            "mi": Forms("milhão", "milhões"),
            "bi": Forms("bilião", "biliões"),
            "xíc": Forms("xícara", "xícaras"),
            "colh": Forms("colher", "colheres"),
        },
        pairs=True,
        scales={
            "mil": "mil",
            "mi": Forms("milhão de", "milhões de"),
            "bi": Forms("bilhão de", "bilhões de"),  # Brazilian, as the sign R$ is
            "tri": Forms("trilhão de", "trilhões de"),
            **table("M=milhões de|milhão=milhão de|milhões=milhões de|milhões de=milhões de"),
        },
        clock=language.ClockWords(between="e", hour=_hour, written=r"(?<=\b(?i:às?|das)\s\d{1,2})\.([0-5]\d)(?!\d)"),
        ordinal=r"\.?[ºª]",
        ordinal_form=_ordinal,
        last_ordinal_king=10,
        agree=_agree,
        queens=words("Isabel Catarina Maria Joana Leonor Vitória"),
        queen_form=lambda said: f"{said[:-1]}a" if said.endswith("o") else said,
        score=" a ",
        rulers=words("Manuel Sancho Dinis Duarte Sebastião Henrique Fernando Afonso"),
        prepare=_prepare,
        centuries=(
            (
                compile_later(rf"(?<=\bséculos?\s(?:[IVX]{{1,6}}(?:\s(?:e|ao?)\s|\s?[-–]\s?))?)({NUMERAL})\b"),
                "cardinal",
            ),
        ),
    ),
    dates=language.Dates(form="{day} de {month} de {year}", before="em|de|dia|desde|até|a"),
    powers=language.Powers(
        squared=" ao quadrado",
        cubed=" ao cubo",
        other=" elevado a {}",
        square=Forms("{}metro quadrado", "{}metros quadrados"),
        cubic=Forms("{}metro cúbico", "{}metros cúbicos"),
        prefixes=("milí", "centí", "decí", "quiló"),
    ),
    abbreviations=language.Abbreviations(
        prepare=_prepare_abbreviations,
        prepared=words("séc sécs S D R"),
        titles=table(
            "Mr=Mister|Mrs=Missis|Ms=Miss|Mme=Madame|Mlle=Mademoiselle|Sr=Senhor|Sra=Senhora|Srs=Senhores|Sras=Senhoras|Srta=Senhorita|Dr=Doutor|Dra=Doutora|D=Dom|"
            "Prof=Professor|Profa=Professora|Eng=Engenheiro|Gen=General|Cap=Capitão|Cel=Coronel|Rev=Reverendo|"
            "Pe=Padre|Ten=Tenente|Arq=Arquiteto|Lgo=Largo|Pça=Praça|Sta=Santa|"
            "Sto=Santo|Fr=Frei|Exmo=Excelentíssimo|Exma=Excelentíssima|Ilmo=Ilustríssimo|Av=Avenida|av=avenida"
        ),
        numbered=table(
            "n=número|inc=inciso|al=alínea|fl=folha|fls=folhas|n.º=número|nº=número|n°=número|núm=número|p=página|pp=páginas|pág=página|págs=páginas|vol=volume|"
            "cap=capítulo|art=artigo|arts=artigos|fig=figura|t=tomo|ed=edição|liv=livro|§=parágrafo"
        ),
        anywhere=table(
            "V. S.ª=Vossa Senhoria|V. Sa.=Vossa Senhoria|Ltda.=Limitada|Cia.=Companhia|aprox.=aproximadamente|"
            "s/n=sem número|e ss.=e seguintes|N. do T.=nota do tradutor|Ex.mo=Excelentíssimo|Ex.ma=Excelentíssima|"
            "tel.=telefone|trad.=tradução|op. cit.=obra citada|ob. cit.=obra citada|N.B.=nota bene|Sr.ª=Senhora|"
            "Dr.ª=Doutora|Prof.ª=Professora|etc.=et cetera|p. ex.=por exemplo|p.ex.=por exemplo|"
            "a. C.=antes de Cristo|a.C.=antes de Cristo|d. C.=depois de Cristo|d.C.=depois de Cristo|"
            "V. Ex.ª=Vossa Excelência|V. Exa.=Vossa Excelência|S. Exa.=Sua Excelência|S. M.=Sua Majestade|"
            "V. M.=Vossa Majestade|cf.=confira"
        ),
        whole=frozenset(("Dr", "n.º", "nº", "n°", "§")),
        joins="e|ou",
    ),
    speakers=language.Speakers(
        verbs="disse|perguntou|respondeu|exclamou|gritou|replicou|acrescentou|murmurou|continuou",
        article="o|a",
        he="ele",
        she="ela",
        man="homem|rapaz|senhor|pai|marido|irmão|filho|tio|rei|príncipe|velho|padre",
        woman="mulher|rapariga|moça|senhora|mãe|irmã|filha|tia|rainha|princesa|velha",
        mister="senhor|dom|tio|padre|conde",
        mistress="senhora|dona|tia|condessa",
        titles="doutor|capitão|professor|coronel|general",
    ),
    sentences=language.Sentences(
        starts="O A Os As Um Uma E Mas Depois Então Quando Era Eram Foi Em De Com Não Se Assim Como Ele Ela No Na",
        open="Rs fl aprox Cap Ten Arq Gen Lgo Pça inc Av av R Fr trad Trad ed Ed S Stos séc sécs Sr Sra Srs Sras "
        "Srta Dr Dra D Exmo Exma núm pág págs cap Prof Profa Eng Cel Pe Sta Sto V a d a.C d.C",
        numbered="n inc al t sc núm pág págs cap art fig liv",
    ),
    counted=language.Counted(
        words="capítulo|livro|parte|volume|tomo|ato|cena|carta|canto",
        plurals="capítulos|livros|partes|volumes|tomos|atos|cenas|cantos",
        short="cap|liv|inc|t|vol",
        lettered="carta",
    ),
    parts=language.PartNames(
        title_page="folha de rosto",
        cover="capa",
        colophon="colofao",
        licence="licenca",
        contents="indice|sumario",
        notes="notas",
        bibliography="bibliografia",
    ),
    legal=language.LegalWords(rights="direitos reservados"),
    short_words=words("ele ela eu tu nós eles sim não rei fim um dois meu sua deus dia voz paz"),
    quotes="“”‘’«»",
    note="Nota:",
    credits=language.CreditWords(by="Por {}", read_by="Lido por {}", end="Fim", part="Parte {} de {}"),
    at="arroba",
    dot="ponto",
    scripture=_SCRIPTURE,
    function_words=words(
        "de que a o e do da em um não para uma os no se na por mais as dos como mas ao ele das seu sua era foi eu"
    ),
)
