"""The Dutch language."""

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import compile_later
from swarm.book.language.spelling import spelled

_RESULT = compile_later(r"(?<=\bmet\s)(\d{1,2})[-–](\d{1,2})(?![\d-])")  # "met 3-2 winnen"


_HOUR = compile_later(r"(?<![\d.,:])(\d{1,2}[.:][0-5]\d)\su\b(?:\.(?=\s['’]?\p{Ll}|[,;:)]))?")
_FULL_HOUR = compile_later(
    r"(?<=\b(?:om|tot|na|voor|van|tegen|rond|sinds|vanaf|half)\s)(\d{1,2})\su\b(?:\.(?=\s\p{Ll}|[,;:)]))?"
)


# No unit of the general table: "min" is also the word for a minus.
_MINUTES = compile_later(r"(?<![\p{L}\d.,])(\d{1,3})\s?min\b(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?")


# "2 el suiker", unlike the "2 el linnen" of a draper.
_SPOONS = compile_later(
    r"(?<=(?<![\p{L}\d.,])(?:\d{1,3}|½|¼|¾)\s?)(?:(t)l\b(?:\.(?=\s\p{Ll}|[,;:)]))?|el\b\.?(?=\s\p{Ll})(?!\.?\s(?:stof|laken|linnen|"
    r"lint|zijde|katoen|kant|fluweel|touw|breed|lang|hoog|diep|ver|en|of|in|van|op|met|te|was|is|werd|naar|uit)\b))"
)
_AGE = compile_later(r"(?<=\d\s)jr\b(?:\.(?=\s\p{Ll}|[,;:)])|(?P<ends>\.[\s\"”»)]*$))?")
_NEUTER = words(
    "uur jaar pond ons glas brood blik bos kilo huis boek dorp werk bed land woord leven schip dozijn pak ei stuk"
)


def _half_of(noun: str) -> str:
    return "een half" if noun in _NEUTER or noun.endswith(("je", "pje", "tje")) else "een halve"


def _spoon(match: Match) -> str:
    one = match.string[: match.start()].rstrip().endswith((" 1", "½", "¼", "¾")) or match.string.startswith("1 ")
    return f"{' thee' if match[1] else ' eet'}lepel{'' if one else 's'}"


def _years_old(match: Match) -> str:
    return "jaar" + (match["ends"] or "")


_JOINED = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,3})-(?=(?:jarig|daags|urig|persoons|delig|voudig|hoekig|koppig)\p{Ll}{0,4}\b)"
)
_FLORINS = compile_later(r"\bfl\.\s?(?=\d)")


def _prepare(text: str) -> str:
    """Say "18.30 u." as "18.30 uur", "10 u." as "10 uur" and "5 min" as "5 minuten"."""
    text = _JOINED.sub(lambda match: spelled(match[1], LANGUAGE), text)
    text = _SPOONS.sub(_spoon, _FLORINS.sub("ƒ", text)).replace("  ", " ")
    text = _MINUTES.sub(lambda match: f"{match[1]} {'minuut' if match[1] == '1' else 'minuten'}", text)
    return _FULL_HOUR.sub(r"\1 uur", _HOUR.sub(r"\1 uur", text))


def _fraction(over: int, under: int) -> str:
    return f"{spelled(str(over), LANGUAGE)} {spelled(str(under), LANGUAGE, 'ordinal')}"


_SCRIPTURE = language.Scripture(
    words(
        "Genesis Exodus Leviticus Numeri Deuteronomium Jozua Richteren Rechters Ruth Samuel Koningen Kronieken Ezra "
        "Nehemia Ester Job Psalm Spreuken Prediker Hooglied Jesaja Jeremia Klaagliederen Ezechiël Daniël Hosea Joël "
        "Amos Obadja Jona Micha Nahum Habakuk Zefanja Haggaï Zacharia Maleachi Matteüs Mattheüs Marcus Lucas Johannes "
        "Handelingen Romeinen Korintiërs Korinthiërs Galaten Efeziërs Filippenzen Kolossenzen Tessalonicenzen Timoteüs "
        "Titus Filemon Hebreeën Jakobus Petrus Judas Openbaring"
    ),
    table(
        "Gen=Genesis|Ex=Exodus|Ps=Psalm|Jes=Jesaja|Jer=Jeremia|Mat=Matteüs|Matt=Matteüs|Mar=Marcus|Luc=Lucas|"
        "Joh=Johannes|Rom=Romeinen|Kor=Korintiërs|Openb=Openbaring"
    ),
    " vers ",
    table("1=Eerste|2=Tweede|3=Derde"),
    comma=False,
)

LANGUAGE: Language = Language(
    code="nl",
    numbers=language.Numbers(
        point="komma",
        to="tot",
        times="maal",
        by="bij",
        equals="is",
        relations=table(
            "<=is kleiner dan|>=is groter dan|≤=is hoogstens|≥=is minstens|≠=is niet|≈=is ongeveer|±=plus of min|"
            "√=de wortel uit|∞=oneindig|÷=gedeeld door"
        ),
        minus="min",
        metres=" ",
        join="en",
        coins="",
        halves=("een half", "een kwart", "drie kwart"),
        half_of=_half_of,
        money={
            "$": Forms("dollar", "dollar"),
            "£": Forms("pond", "pond"),
            "ƒ": Forms("gulden", "gulden"),
            "f": Forms("gulden", "gulden"),
        },
        fraction=_fraction,
        units={
            "V": "electric-volt",
            "W": "power-watt",
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "km/u": "speed-kilometer-per-hour",
            "mln": Forms("miljoen", "miljoen"),
            "mld": Forms("miljard", "miljard"),
            "s": "duration-second",
            "sec": "duration-second",
            "lbs": Forms("pond", "pond"),  # CLDR has the English "pound"
        },
        signs={"°": Forms("graad", "graden")},  # CLDR's "booggraden" is for angles only
        years=True,
        scales=table("miljoen=miljoen|miljard=miljard|mln=miljoen|mld=miljard"),
        clock=language.ClockWords(between="uur", full="uur", written=r"\.([0-5]\d)(?=\s?uur\b)"),
        ordinal="e|ste|de",
        king="de ",
        last_ordinal_king=99,
        score=" ",
        rulers=words("Paulus Maurits Beatrix Juliana Wilhelmina Albert Leopold Boudewijn Floris"),
        centuries=((compile_later(r"\b([IVX]{1,7})(?:e|de|ste)\b(?=\s+eeuw)"), "ordinal"),),
        prepare=_prepare,
        first=((_RESULT, lambda match: f"{match[1]} {match[2]}"),),
        year_steps=(
            (
                compile_later(r"(?<=\b[Jj]aren\s)['’]([2-9]0)(?!\d)"),
                lambda match: spelled(match[1], LANGUAGE),
            ),
        ),
    ),
    dates=language.Dates(form="{day} {month} {year}", before="op|van|tot|vanaf|sinds"),
    powers=language.Powers(
        squared=" kwadraat",
        cubed=" tot de macht 3",
        other=" tot de macht {}",
        square=Forms("vierkante {}meter", "vierkante {}meter"),
        cubic=Forms("kubieke {}meter", "kubieke {}meter"),
    ),
    abbreviations=language.Abbreviations(
        prepare=lambda text: _AGE.sub(_years_old, text),
        prepared=words("jr"),
        titles=table(
            "kol=kolonel|Kol=Kolonel|fam=familie|Fam=Familie|gen=generaal|kapt=kapitein|burg=burgemeester|dhr=de "
            "heer|Dhr=De heer|mevr=mevrouw|Mevr=Mevrouw|mw=mevrouw|Mw=Mevrouw|mej=mejuffrouw|Mej=Mejuffrouw|"
            "mr=meester|Mr=Meester|dr=doctor|Dr=Doctor|drs=doctorandus|Drs=Doctorandus|ir=ingenieur|Ir=Ingenieur|"
            "ing=ingenieur|prof=professor|Prof=Professor|ds=dominee|Ds=Dominee|jhr=jonkheer|Jhr=Jonkheer|lt=luitenant|Lt=Luitenant|Kap=Kapitein|sgt=sergeant|Sgt=Sergeant|kap=kapitein|St=Sint|H=Heilige|HH=Heilige"
        ),
        numbered=table(
            "n=noot|fol=folio|pag=pagina|kol=kolom|jrg=jaargang|bd=band|bijl=bijlage|max=maximaal|vol=volume|"
            "hfst=hoofdstuk|nr=nummer|nrs=nummers|blz=bladzijde|p=pagina|pp=pagina's|hfdst=hoofdstuk|dl=deel|"
            "fig=figuur|afb=afbeelding|art=artikel|par=paragraaf|vs=vers|§=paragraaf"
        ),
        anywhere=table(
            "H.M.=Hare Majesteit|Z.M.=Zijne Majesteit|Z.K.H.=Zijne Koninklijke Hoogheid|"
            "H.K.H.=Hare Koninklijke Hoogheid|o.m.=onder meer|m.i.v.=met ingang van|n.v.t.=niet van toepassing|"
            "t.n.v.=ten name van|v.a.=vanaf|vnl.=voornamelijk|c.q.=casu quo|a.h.w.=als het ware|d.d.=de dato|"
            "z.s.m.=zo spoedig mogelijk|z.g.=zogenaamd|N.B.=nota bene|t.w.=te weten|z.o.z.=zie ommezijde|"
            "geb.=geboren|Geb.=Geboren|overl.=overleden|a.u.b.=alstublieft|s.v.p.=alstublieft|m.n.=met name|"
            "i.h.b.=in het bijzonder|t.g.v.=ten gevolge van|e.d.=en dergelijke|o.i.d.=of iets dergelijks|"
            "a.d.h.v.=aan de hand van|jr.=junior|sr.=senior|ong.=ongeveer|evt.=eventueel|incl.=inclusief|"
            "excl.=exclusief|vgl.=vergelijk|Vgl.=Vergelijk|zgn.=zogenaamd|vert.=vertaling|uitg.=uitgave|"
            "tel.=telefoon|e.v.=en verder|jl.=jongstleden|a.s.=aanstaande|t/m=tot en met|o.l.v.=onder leiding van|"
            "d.m.v.=door middel van|n.a.v.=naar aanleiding van|i.v.m.=in verband met|bijv.=bijvoorbeeld|"
            "bv.=bijvoorbeeld|enz.=enzovoort|enzv.=enzovoort|etc.=et cetera|d.w.z.=dat wil zeggen|o.a.=onder andere|"
            "m.a.w.=met andere woorden|t.a.v.=ten aanzien van|i.p.v.=in plaats van|m.b.t.=met betrekking tot|"
            "t.o.v.=ten opzichte van|resp.=respectievelijk|ca.=circa|v.Chr.=voor Christus|v. Chr.=voor Christus|"
            "n.Chr.=na Christus|n. Chr.=na Christus"
        ),
        whole=words("Dr dr mr mw drs ir Mr Mw Drs Ir prof Prof §"),
        joins="en|of",
        also="Mevrouw|Meneer",
    ),
    speakers=language.Speakers(
        verbs="zei|vroeg|riep|antwoordde|fluisterde|hernam|sprak|mompelde",
        article="de|het",
        me="ik",
        turn="de ander",
        he="hij|hem",
        she="zij|ze|haar",
        man="man|jongen|heer|vader|broer|zoon|oom|koning|prins|knecht",
        woman="vrouw|meisje|dame|moeder|zuster|dochter|tante|koningin|prinses|meid",
        mister="meneer|mijnheer|oom|graaf|heer",
        mistress="mevrouw|juffrouw|tante|gravin",
        titles="dokter|kapitein|professor|kolonel|generaal",
    ),
    sentences=language.Sentences(
        starts="De Het Een Hij Zij Ze Wij Ik En Maar Toen Dan Er In Op Met Dat Die Dit Deze Als Zo Daar Na",
        open="v.a lt Lt kap Kap sgt Sgt geb Geb overl kol Kol fam Fam gen kapt burg dhr Dhr mevr Mevr mw Mw mej Mej "
        "dr mr drs Drs ir Ir ing prof ds Ds jhr Jhr mgr Mgr hfdst dl nrs afb bijv vgl Vgl zgn incl excl evt ong "
        "a.d.h.v bv d.w.z o.a m.a.w t.a.v i.p.v m.b.t t.o.v resp ca v.Chr",
        numbered="n fol pag jrg bd bijl max vol hfst blz hfdst dl nrs afb art par vs",
        closing="etc enz enzv",
        speech_verbs="zei|vroeg|riep|fluisterde|antwoordde|schreeuwde|mompelde",
    ),
    counted=language.Counted(
        words="akte|scène|hoofdstuk|deel|boek|bedrijf|zang",
        plurals="hoofdstukken|delen|boeken|bedrijven|zangen",
        short="hfdst|hfst|dl",
    ),
    parts=language.PartNames(
        title_page="titelpagina|titelblad",
        cover="omslag",
        colophon="colofon",
        contents="inhoud|inhoudsopgave",
        pictures="lijst van illustraties",
        notes="noten|voetnoten|eindnoten",
        index="zaakregister|personenregister",
        bibliography="bibliografie|literatuurlijst",
        transcriber="opmerkingen van de bewerker",
        advertisement="van dezelfde auteur|binnenkort verschijnt",
        other_books="(?:eerder|ook) (?:verscheen|verschenen) van .{1,60}",
    ),
    legal=language.LegalWords(
        rights="alle rechten voorbehouden|niets uit deze (?:uitgave|publicatie)",
        published="uitgegeven door|gedrukt door",
        transcribed="opmerkingen? van de bewerker",
    ),
    short_words=words("hij zij ik jij wij mij u ja nee god dag man vrouw nooit"),
    quotes="“”‘’„”‚’«»",
    note="Noot:",
    credits=language.CreditWords(by="Door {}", read_by="Voorgelezen door {}", end="Einde", part="Deel {} van {}"),
    initials=table("WO=Wereldoorlog"),
    at="apenstaartje",
    dot="punt",
    scripture=_SCRIPTURE,
    function_words=words(
        "de het een en van ik dat niet in te is hij op zijn met was voor er maar aan ze als ook haar had naar om"
    ),
)
