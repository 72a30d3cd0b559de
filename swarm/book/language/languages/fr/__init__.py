"""The French language."""

import regex

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import spelled

# The feminine nouns that are most often counted.
_FEMININE = words(
    "heure heures minute minutes seconde secondes fois page pages année années journée journées semaine semaines "
    "nuit nuits lieue lieues livre livres femme femmes fille filles personne personnes maison maisons pièce pièces "
    "tonne tonnes voiture voitures lettre lettres ligne lignes ville villes île îles tasse tasses bouteille "
    "bouteilles cuillère cuillères cuillerée cuillerées brasse brasses toise toises encablure encablures cuillerée"
)


def _agree(said: str, noun: str) -> str:
    return f"{said}e" if said.endswith("un") and noun.lower() in _FEMININE else said


def _half_of(noun: str) -> str:
    return "une demi" if noun in _FEMININE or noun.endswith(("tte", "lle", "sse", "aine", "une", "urne")) else "un demi"


_SPOONS = compile_later(
    r"(?<![\p{L}\d.,/])(\d{1,2}|½|¼|¾)\s?(?:c|cc|cuil|cuill)\.\s?(?:à|a)\s?(?:(s|soupe)|(?:c|café|thé))(?![\p{L}])(?:\.(?=\s\p{Ll}))?"
)
_HOB = compile_later(r"\b(t)h\.(?=\s?\d)|(?<=\()(T)h\.(?=\s?\d)")  # the mark of a stove
_KILOMETRE = compile_later(r"(?<=\b(?:[Aa]u|[Dd]u|[Ll]e)\s)km\.?(?=\s\d)")


def _spoon(match: Match) -> str:
    counted = {"1": "une cuillère", "½": "une demi cuillère"}.get(match[1]) or f"{match[1]} cuillère"
    several = "s" if match[1].isdecimal() and match[1] != "1" else ""
    return f"{counted}{several} à {'soupe' if match[2] else 'café'}"


_NO_NOUN = words("des pour par sur sous avec sans dans entre vers contre plus")


def _and_a_half(noun: str) -> str:
    if noun in _NO_NOUN:
        return ""
    return "et demie" if noun.lower() in _FEMININE else "et demi"


def _fraction(over: int, under: int) -> str:
    part = "tiers" if under == 3 else spelled(str(under), LANGUAGE, "ordinal")
    return f"{spelled(str(over), LANGUAGE)} {part}{'s' if over > 1 and not part.endswith('s') else ''}"


def _ordinal(said: str, suffix: str) -> str:
    said = "première" if suffix.startswith(("re", "ère", "ere")) else said
    if suffix.startswith(("nd", "d")):
        said = "seconde" if "e" in suffix else "second"
    return f"{said}s" if suffix.endswith("s") and not said.endswith("s") else said


# "M. le comte": only these titles stand before an article and a small letter.
_TITLE_OF_RANK = compile_later(r"\b(MM?\.|M(?:me|mes|lle|lles)\b\.?)(?=\s(?:l[ea]\s|les\s|l[’'])\p{Ll})")
_TITLES_OF_RANK = table("M=Monsieur|MM=Messieurs|Mme=Madame|Mmes=Mesdames|Mlle=Mademoiselle|Mlles=Mesdemoiselles")
# "S. M. le roi", unlike the initials in "S. M. Dupont".
_MAJESTY = compile_later(
    r"\b(?:(S\.\s?M|S\.\s?A\.\s?R|S\.\s?A|S\.\s?S|S\.\s?Exc|S\.\s?E)\.(?=\s(?:l[ea]\s|l['’])\p{Ll}|"
    r"\s(?:Pie|Jean|Benoît|Léon|Louis|Charles|Napoléon|Henri|Victoria|Guillaume|Léopold|Philippe|Nicolas|Alexandre|Élisabeth)\b)|(LL\.\s?(?:MM|"
    r"AA))\.)"
)
_MAJESTIES = table(
    "SM=Sa Majesté|SAR=Son Altesse Royale|SA=Son Altesse|SS=Sa Sainteté|SExc=Son Excellence|SE=Son Excellence|"
    "LLMM=Leurs Majestés|LLAA=Leurs Altesses"
)
_SMALL_CENTURY = compile_later(
    r"(?<![\p{L}\p{N}])([ivx]{1,7})(e|ème|ᵉ)(?=(?:(?:\s(?:et|ou|au)\s(?:du\s|au\s)?|\s?[-–]\s?)[ivxIVX]{1,7}(?:e|ème|"
    r"ᵉ))?\ssiècles?\b)"
)


_FIRST_QUEEN = compile_later(r"(?<=\p{Ll}\s)I(?:re|ère)\b")
_PER_HUNDRED = compile_later(r"(?<=\d\s)p\.(?=\s1000?\b)")
_HALF_HOUR = compile_later(r"(?<=\d\s?h(?:eures?)?)\s?(?:½|1/2)")
_YEAR_OF_REPUBLIC = compile_later(rf"(?<=\b(?:[Ll][’']|[EeDd](?:n|e l['’])\s?)?[Aa]n\s)((?=[IVX]){NUMERAL})\b")
_DOTTED_CALL = compile_later(r"(?<![\d.,])0\d(?:[.-]\d\d){4}(?!\d)")
_NUMBER = compile_later(r"\bno(?=\s\d)")  # "au no 12": no French word
_MILLIARDS = compile_later(r"(?<=\d\s?)(?:Mds?|mds?)(?=\s(?:de\s|d['’]))")
_NUMBERS = compile_later(r"\bnos(?=\s\d+(?:,|\s(?:et|à|ou)|-)\s?\d)")  # "nos 3 et 4", but not "nos 3 enfants"
_STREET = compile_later(r"\b(?:[Bb]d|[Bb]oul|[Aa]v)\.?(?=\s(?:de\s|du\s|des\s|de la\s)?\p{Lu}\p{Ll})")
_SHORT_CENTURY = compile_later(
    r"(?<=\b[IVXivx]{1,7}(?:er?|ᵉ|ème)\s)s\.(?:(?=\s\p{Ll}|[,;:)])|(?P<ends>(?=[\s\"”»)]*$|\s\p{Lu})))"
)


def _prepare(text: str) -> str:
    """Write the numerals of centuries in capitals, "xviiie siècle", and say "Élisabeth Ire"."""
    text = _HALF_HOUR.sub(" et demie", _FIRST_QUEEN.sub("première", text))
    text = _YEAR_OF_REPUBLIC.sub(lambda match: str(value(match[1])), text)
    return str(_SMALL_CENTURY.sub(lambda match: match[1].upper() + match[2], text)) if "siècle" in text else text


def _century_before(match: Match) -> str:
    return "siècle" + ("" if match["ends"] is None else ".")


def _prepare_abbreviations(text: str) -> str:
    text = _MAJESTY.sub(lambda match: _MAJESTIES[regex.sub(r"\W", "", match[1] or match[2])], text)
    text = _NUMBER.sub("numéro", _NUMBERS.sub("numéros", text))
    text = _SPOONS.sub(_spoon, _HOB.sub(lambda match: f"{match[1] or match[2]}hermostat", text))
    text = _KILOMETRE.sub("kilomètre", text)
    text = _MILLIARDS.sub("milliards", text)
    text = _STREET.sub(lambda match: {"b": "boulevard", "a": "avenue"}[match[0][0].lower()], text)
    text = _SHORT_CENTURY.sub(_century_before, _PER_HUNDRED.sub("pour", text))
    return str(_TITLE_OF_RANK.sub(lambda match: _TITLES_OF_RANK[match[1].rstrip(".")], text))


_SCRIPTURE = language.Scripture(
    words(
        "Genèse Exode Lévitique Nombres Deutéronome Josué Juges Ruth Samuel Rois Chroniques Esdras Néhémie Esther Job "
        "Psaume Psaumes Proverbes Ecclésiaste Cantique Isaïe Ésaïe Jérémie Lamentations Ézéchiel Daniel Osée Joël Amos "
        "Abdias Jonas Michée Nahum Habacuc Sophonie Aggée Zacharie Malachie Matthieu Marc Luc Jean Actes Romains "
        "Corinthiens Galates Éphésiens Philippiens Colossiens Thessaloniciens Timothée Tite Philémon Hébreux Jacques "
        "Pierre Jude Apocalypse Maccabées"
    ),
    table(
        "Gn=Genèse|Gen=Genèse|Ex=Exode|Lv=Lévitique|Nb=Nombres|Dt=Deutéronome|Ps=Psaume|Pr=Proverbes|Prov=Proverbes|"
        "Is=Isaïe|Jr=Jérémie|Ez=Ézéchiel|Dn=Daniel|Mt=Matthieu|Matth=Matthieu|Mc=Marc|Lc=Luc|Jn=Jean|Ac=Actes|"
        "Rm=Romains|Rom=Romains|Co=Corinthiens|Cor=Corinthiens|Ga=Galates|Ep=Éphésiens|Ph=Philippiens|"
        "Th=Thessaloniciens|Tm=Timothée|He=Hébreux|Jc=Jacques|Ap=Apocalypse|Apoc=Apocalypse"
    ),
    numbered=table("1=Première|2=Seconde|3=Troisième"),
)

LANGUAGE: Language = Language(
    code="fr",
    numbers=language.Numbers(
        point="virgule",
        to="à",
        times="fois",
        by="sur",
        equals="égale",
        relations=table(
            "<=est inférieur à|>=est supérieur à|≤=est inférieur ou égal à|≥=est supérieur ou égal à|"
            "≠=est différent de|≈=est à peu près|±=plus ou moins|√=la racine carrée de|∞=l'infini|÷=divisé par"
        ),
        of_millions="de",
        part_of=" de ",
        minus="moins",
        metres=" ",
        join="et",
        coins="",
        halves=("un demi", "un quart", "trois quarts"),
        money={"$": Forms("dollar", "dollars"), "£": Forms("livre", "livres")},
        fraction=_fraction,
        units={
            "V": "electric-volt",
            "F": Forms("franc", "francs"),
            "W": "power-watt",
            "km/h": Forms("kilomètre à l'heure", "kilomètres à l'heure"),  # CLDR's "par heure" is never said
            "m": "length-meter",
            "g": "mass-gram",
            "l": "volume-liter",
            "ha": "area-hectare",
            "fr": Forms("franc", "francs"),
            "frs": Forms("franc", "francs"),
            "min": "duration-minute",
            "s": "duration-second",
            "Ko": "digital-kilobyte",
            "Mo": "digital-megabyte",
            "Go": "digital-gigabyte",
            "l/100 km": Forms("litre aux cent kilomètres", "litres aux cent kilomètres"),
        },
        pairs=True,
        scales=table(
            "M=millions de|Md=milliards de|Mds=milliards de|million=million de|millions=millions de|"
            "milliard=milliard de|milliards=milliards de|"
            "millions d'=millions de|millions d’=millions de|milliards d'=milliards de|milliards d’=milliards de"
        ),
        clock=language.ClockWords(
            between="heures",
            full="heures",
            one="heure",
            hour=lambda hour: _agree(spelled(str(hour), LANGUAGE), "heure"),
            written=r"\s?h()(?![\p{L}\d])(?:\.(?=\s\p{Ll}|[,;:)]))?",
        ),
        agree=_agree,
        ordinal="ers?|[eè]res?|i?[eè]mes?|n?des?|nds?|res?|es?",
        ordinal_form=_ordinal,
        last_ordinal_king=1,
        centuries=((compile_later(r"\b([IVX]{1,7})(?:e|ème|ᵉ|er)\b"), "ordinal"),),
        prepare=_prepare,
        first=((_DOTTED_CALL, lambda match: regex.sub(r"\D", " ", match[0])),),
        half_after="et demi",
        behind_noun=_and_a_half,
        half_of=_half_of,
        elides=True,
        score=" à ",
    ),
    dates=language.Dates(
        form="{day} {month} {year}", day=lambda day: "1er" if day == 1 else str(day), before="le|du|au|dès le|depuis le"
    ),
    powers=language.Powers(
        squared=" au carré",
        cubed=" au cube",
        other=" puissance {}",
        square=Forms("{}mètre carré", "{}mètres carrés"),
        cubic=Forms("{}mètre cube", "{}mètres cubes"),
        prefixes=("milli", "centi", "déci", "kilo"),
    ),
    abbreviations=language.Abbreviations(
        prepare=_prepare_abbreviations,
        prepared=words("s LL th Th c cuil cuill cc"),
        prepared_whole=words("M MM Mme Mmes Mlle Mlles"),
        titles=table(
            "M=Monsieur|MM=Messieurs|Mme=Madame|Mmes=Mesdames|Mlle=Mademoiselle|Mlles=Mesdemoiselles|Mgr=Monseigneur|"
            "Dr=Docteur|Pr=Professeur|Me=Maître|St=Saint|Ste=Sainte|Sts=Saints|Vve=Veuve|R.P=Révérend Père|"
            "R. P=Révérend Père|Gal=Général|Cdt=Commandant|Cap=Capitaine|Lt=Lieutenant|Col=Colonel"
        ),
        numbered=table(
            "janv=janvier|févr=février|avr=avril|juil=juillet|sept=septembre|oct=octobre|nov=novembre|déc=décembre|"
            "n=note|f°=folio|fol=folio|al=alinéa|sc=scène|n°=numéro|no=numéro|nos=numéros|p=page|pp=pages|t=tome|vol=volume|ch=chapitre|"
            "chap=chapitre|fig=figure|art=article|"
            "liv=livre|sect=section|vers=verset|pl=planche|§=paragraphe|§§=paragraphes"
        ),
        anywhere=table(
            "et sq.=et suivante|et sqq.=et suivantes|sq.=et suivante|sqq.=et suivantes|et s.=et suivantes|id.=idem|"
            "r°=recto|v°=verso|s. d.=sans date|s. l.=sans lieu|Son Exc.=Son Excellence|S.A.R.=Son Altesse Royale|"
            "P.-S.=post-scriptum|i.e.=c'est-à-dire|N.-D.=Notre-Dame|Éd.=Éditions|Éds.=Éditions|éd.=édition|"
            "trad.=traduction|coll.=collection|suppl.=supplément|op. cit.=ouvrage cité|ouvr. cité=ouvrage cité|"
            "apr. J.-C.=après Jésus-Christ|av. n. è.=avant notre ère|N. B.=nota bene|N.B.=nota bene|tél.=téléphone|"
            "suiv.=suivantes|c.-à-d.=c'est-à-dire|etc.=et cætera|p. ex.=par exemple|cf.=voir|env.=environ|"
            "av. J.-C.=avant Jésus-Christ|ap. J.-C.=après Jésus-Christ"
        ),
        whole=frozenset(
            (
                "Dr",
                "Pr",
                "Vve",
                "Sts",
                "Cdt",
                "Gal",
                "Lt",
                "f°",
                "Mme",
                "Mmes",
                "Mlle",
                "Mlles",
                "MM",
                "Mgr",
                "Me",
                "St",
                "Ste",
                "n°",
                "§",
                "§§",
            )
        ),
        joint=r"[-\s]",  # "St-Malo"
        joins="et|ou",
        also="Madame",
    ),
    speakers=language.Speakers(
        verbs=("dit|demanda|répondit|s’écria|cria|reprit|ajouta|murmura|répliqua|fit|continua|dit-il|observa|s'écria"),
        article="le|la",
        others="ils|elles|je|nous",
        inside=True,
        turn="l’autre|l'autre",
        he="il|lui",
        she="elle",
        man="homme|garçon|monsieur|père|mari|frère|fils|oncle|roi|prince|vieillard|jeune homme|abbé|curé|comte|marquis",
        woman="femme|fille|dame|mère|sœur|tante|reine|princesse|servante|veuve|comtesse|marquise|vieille",
        mister="M|monsieur|Monsieur|oncle|comte|marquis|duc|père|abbé|maître",
        mistress="Mme|Mlle|madame|mademoiselle|Madame|Mademoiselle|tante|comtesse|marquise|duchesse|mère",
        titles="docteur|capitaine|professeur|colonel|général",
    ),
    sentences=language.Sentences(
        starts="Il Elle Ils Elles Je Nous Vous On Le La Les Un Une Mais Et Puis Alors Quand Ce Cette Ces Dans En "
        "Après Avant Depuis Si Comme",
        open="ap Ap apr Apr Pr fol bd Bd boul Boul Exc R.P Gal Cdt Lt Col Éd éd Éds éds trad Trad coll Coll dir réf "
        "LL M MM Mme Mmes Mlle Mlles Mgr Me t chap art av env Vve janv févr avr juil déc suiv",
        names="Ch Th Ph",
        numbered="n sc f t art liv ch sect pl",
    ),
    counted=language.Counted(
        words="chapitre|livre|partie|tome|acte|scène|chant|lettre",
        plurals="chapitres|livres|parties|tomes|actes|scènes|chants|lettres",
        short="t|sc|liv|chap|vol|art",
        lettered="lettre",
    ),
    parts=language.PartNames(
        title_page="page de titre|faux titre",
        cover="couverture",
        imprint="mentions legales",
        copyright="droits d auteur",
        colophon="acheve d imprimer|a propos de cette edition electronique",
        contents="table des matieres|sommaire",
        pictures="table des illustrations|liste des illustrations",
        index="index des noms|index general",
        bibliography="bibliographie",
        transcriber="note du transcripteur|notes du transcripteur|note de transcription|notes de transcription|"
        "note sur la transcription",
        advertisement="du meme auteur|ouvrages du meme auteur|a paraitre|prochainement",
        other_books="(?:autres )?(?:ouvrages|livres) (?:de|d'|du) .{1,60}|du meme auteur.{0,60}",
    ),
    legal=language.LegalWords(
        rights="tous droits",
        deposit="dépôt légal",
        transcribed="notes? d[eu] (?:transcription|transcripteur)|livre électronique reproduit",
    ),
    short_words=words(
        "à a y ô en au aux du des et ou où est sont était pour dans avec sur sous tout qui que ce cet cette leur lui "
        "sans il elle je tu nous vous moi toi oui non roi fin un une mon ma mes son sa ses mort dieu dit vie jour"
    ),
    quotes="«»‹›“”‘’",
    note="Note :",
    credits=language.CreditWords(by="Par {}", read_by="Lu par {}", end="Fin", part="Partie {} sur {}"),
    at="arobase",
    dot="point",
    scripture=_SCRIPTURE,
    function_words=words(
        "de la le et les à il que un des une dans qui ne pas en est ce se son sur plus par pour je elle du au avait"
    ),
)
