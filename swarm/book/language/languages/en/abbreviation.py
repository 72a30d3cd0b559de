"""English abbreviations, some of which mean something only beside a town, a street or a year."""

from collections.abc import Mapping

import regex

from swarm.book.language.language import Abbreviations, Match, table, words
from swarm.book.language.languages.en.measure import LONE, LONE_UNITS
from swarm.book.language.pattern import compile_later

# Abbreviated states behind a town: "Boston, Mass."
_STATE = compile_later(
    r"(?<=\p{Lu}\p{L}{3,20}, )(Ala|Ariz|Ark|Calif|Colo|Conn|Fla|Ga|Ill|Ind|Kans?|Ky|Mass|Md|Mich|Minn|Mo|Nebr?|Nev|"
    r"Okla|Ore|Pa|Penn|Tenn|Tex|Va|Vt|Wash|Wis|Wyo)\.(?P<ends>(?=[\s\"'”’»)]*$))?"
)
_STATES = table(
    "Ala=Alabama|Ariz=Arizona|Ark=Arkansas|Calif=California|Colo=Colorado|Conn=Connecticut|Fla=Florida|Ga=Georgia|"
    "Ill=Illinois|Ind=Indiana|Kan=Kansas|Kans=Kansas|Ky=Kentucky|Mass=Massachusetts|Md=Maryland|Mich=Michigan|"
    "Minn=Minnesota|Mo=Missouri|Neb=Nebraska|Nebr=Nebraska|Nev=Nevada|Okla=Oklahoma|Ore=Oregon|Pa=Pennsylvania|"
    "Penn=Pennsylvania|Tenn=Tennessee|Tex=Texas|Va=Virginia|Vt=Vermont|Wash=Washington|Wis=Wisconsin|Wyo=Wyoming"
)
_NUMBERED = table(
    "Mk=Mark|n=note|nn=notes|fols=folios|MS=manuscript|MSS=manuscripts|para=paragraph|paras=paragraphs|¶=paragraph|¶¶=paragraphs|No=number|Nos=numbers|nos=numbers|p=page|pp=pages|vol=volume|vols=volumes|ch=chapter|chap=chapter|fig=figure|"
    "figs=figures|sec=section|art=article|bk=book|pt=part|fol=folio|ver=verse|v=verse|vv=verses|l=line|"
    "ll=lines|op=opus|pl=plate|"
    "sect=section|ext=extension|Apt=Apartment|Hwy=Highway|Rte=Route|Bldg=Building|sc=scene|alt=altitude|pop=population|§=section|§§=sections|Jan=January|Feb=February|Mar=March|Apr=April|Aug=August|Sept=September|"
    "Sep=September|"
    "Oct=October|Nov=November|Dec=December"
)
_GREETED = r"\b(?:Hello|Hallo|Yes|No|Oh|Ah|Well|Thanks|Dear|Good|Hi|Hey|And|But|The|My|This|That|Professor|Sir) "
_STREET = compile_later(
    rf"(?<=\p{{Lu}}\p{{Ll}}+ |\d(?:st|nd|rd|th) )(?:St|(?<!{_GREETED})(?P<word>Dr))\."
    r"(?=,|\s\p{Ll}|(?P<ends>[\s\"”’»)]*$))|(?<=\d \p{Lu}\p{Ll}+ )(?:St|(?P<word>Dr|Ln|Ct|Pl|Sq|Ter|Pkwy|Cres))\."
    r"(?=\s|,|(?P<ends>[\s\"”’»)]*$))"
)
_STREETS = table("Dr=Drive|Ln=Lane|Ct=Court|Pl=Place|Sq=Square|Ter=Terrace|Pkwy=Parkway|Cres=Crescent")
_BIRTH = compile_later(
    r"(?<![\p{L}.])(?:(ca?|fl|b|d)\.\s?(?=(?:1\d|20|[5-9])\d\d(?:\b|s\b))|(ca?)\.\s(?=[£$€]?\d)|"
    r"([bd])\.\s(?=(?:in\s)?(?:\d{1,2}\s\p{Lu}\p{Ll}+\s)?\d{4}))"
)
_BIRTHS = table("c=circa|ca=circa|fl=flourished|b=born|d=died")
_OF_MONTH = compile_later(r"(?<=\bof\s)(Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.")
_INSTANT = compile_later(r"(?<=\d(?:st|nd|rd|th)\s)(inst|ult|prox)\.(?P<ends>(?=[\s\"'”’»)]*$))?")
_INSTANTS = table("inst=instant|ult=ultimo|prox=proximo")
# "Hen. V" and "App. B", which mean nothing without what follows.
_REIGN = compile_later(r"\b(Hen|Rich|Edw|Eliz|Geo|Jas|Chas|Wm)\.(?=\s[IVX]+\b)")
_REIGNS = table("Hen=Henry|Rich=Richard|Edw=Edward|Eliz=Elizabeth|Geo=George|Jas=James|Chas=Charles|Wm=William")
_LAW = compile_later(r"\bPub\.\s?L\.(?:\s?No\.)?(?=\s\d)")
_LETTERED = compile_later(r"\b(App|Fig|Sec|Sect|Pt|Vol|Bk|Pl|Ch)\.(?=\s[A-H]\b(?!\.\s?\p{L}|['’]))")
_LETTERED_PARTS = table(
    "App=Appendix|Fig=Figure|Sec=Section|Sect=Section|Pt=Part|Vol=Volume|Bk=Book|Pl=Plate|Ch=Chapter"
)
_WEEKDAY = compile_later(
    r"\b(Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.(?=,?\s(?:the\s\d|\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"\p{Ll}*\.?\s\d))"
)
_DEGREE = compile_later(
    r"(?<![\p{L}.])(Ed|Psy|Th|Sc|Eng|Pharm|Litt|LL|[BDM])\.(D|B|M|Sc|Phil|Litt|Ed|Eng|Mus)\b(?<!\b[BDM]\.\s?[BDM])"
    r"(?:\.(?P<ends>(?=[\s\"'”’»)]*$))?)?"
)
_DAYS = "Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun"
_TWO_DAYS = compile_later(
    rf"\b({_DAYS})\.?(\s?[-–]\s?|\s(?:&|and|to|through|or)\s)({_DAYS})\b(?:\.(?=\s\p{{Ll}}|[,;:)\d]|\s\d))?"
)
_WEEKDAYS = table(
    "Mon=Monday|Tue=Tuesday|Tues=Tuesday|Wed=Wednesday|Thu=Thursday|Thur=Thursday|Thurs=Thursday|Fri=Friday|"
    "Sat=Saturday|Sun=Sunday"
)
_OLD_ORDINAL = compile_later(  # "the 3d of May", "Jan. 22d": the 3d. of old print is a third as well
    r"(?:(?<=\b(?:the|this)\s)|(?<=\b(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.\s)|"
    r"(?<=\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\s))"
    r"(\d?)([23])d\b(?!\.\s\p{Ll}*(?:coin|stamp)|\p{L}|[’'])"
)
# "the 2nd ed.", "the 18th c." and "N. America"
_NTH = compile_later(r"(?<=\d(?:st|nd|rd|th)\s)(ed|edn|c|[Cc]ent)\.(?P<ends>(?=[\s\"'”’»)]*$))?")
_NTHS = table("ed=edition|edn=edition|c=century|cent=century|Cent=century")
_TOWARDS = compile_later(
    r"\b(N|S|E|W|So|No)\.(?=\s(?:America|Africa|Asia|Korea|Vietnam|Carolina|Dakota|Virginia|Ireland|Wales|Germany|"
    r"Yorkshire|Italy|Australia|Atlantic|Pacific|Pole)\b)"
)
_QUARTERS = table("N=North|S=South|E=East|W=West|So=South|No=North")
_MONTHS = table(
    "Jan=January|Feb=February|Mar=March|Apr=April|Jun=June|Jul=July|Aug=August|Sept=September|Sep=September|"
    "Oct=October|Nov=November|Dec=December"
)
_RANKS = table("Lt=Lieutenant|Sgt=Sergeant|Cpl=Corporal|Pvt=Private|Capt=Captain|Col=Colonel|Maj=Major|Gen=General")
_UNITS = table("Bn=Battalion|Bde=Brigade|Inf=Infantry|Cav=Cavalry|Div=Division|Regt=Regiment")
_LONE = (  # each abbreviation has only one meaning beside these words
    (
        compile_later(
            rf"\b(?:{'|'.join(_MONTHS)})(?=\s(?:the\s)?\d{{1,2}}(?:st|nd|rd|th)?(?![\d:]))|"
            rf"(?<=\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?)(?:{'|'.join(_MONTHS)})(?=\s\d{{4}}\b)"
        ),
        _MONTHS,
    ),
    (
        compile_later(
            rf"(?<=\b(?i:the|an?|my|our|his|her|this|that|\d(?:st|nd|rd|th))\s)(?:{'|'.join(_RANKS)})\.(?=\s\p{{Ll}}|[,;:)’'])"
        ),
        _RANKS,
    ),
    (
        compile_later(
            rf"(?<=\d(?:st|nd|rd|th|d)\s(?:\p{{Lu}}\p{{L}}+\.?\s){{0,2}})(?:{'|'.join(_UNITS)})\.(?=\s\p{{L}}|[,;:)])"
        ),
        _UNITS,
    ),
    (
        compile_later(r"\bPt\.(?=\s(?!(?:One|Two|Three|Four|Five|Six|First|Second|Third)\b)\p{Lu}\p{Ll})"),
        {"Pt": "Point"},
    ),
    (compile_later(r"\bRev\.(?=\s\d)"), {"Rev": "Revelation"}),
    (compile_later(r"^(?:INT|Int)\.(?=[\s/]\p{Lu})"), {"INT": "Interior,", "Int": "Interior,"}),
    (compile_later(r"^(?:EXT|Ext)\.(?=[\s/]\p{Lu})"), {"EXT": "Exterior,", "Ext": "Exterior,"}),
    (compile_later(r"(?<=\p{Ll},?\s)No(?=\s\d)"), {"No": "number"}),
    (
        compile_later(r"(?<=[\p{Ll}\d],?\s)(?<!\b(?:said|say|says|answered|is|was|are|were)\s)no\.(?=\s?\d)"),
        {"no": "number"},
    ),
    (compile_later(r"(?<=\b(?:\p{Lu}\p{Ll}+|(?:\p{Lu}\.){2,4}) )v\.(?=\s\p{Lu}\p{Ll})"), {"v": "versus"}),
)
_FOLLOWING = compile_later(r"(?<=\d)(?:\s?ff\.|f\.(?=[,;:)\s]))(?P<ends>(?=[\s\"'”’»)]*$))?")


def _prepare_abbreviations(text: str) -> str:
    """Say "Boston, Mass." and "Baker St.", whose abbreviations have other meanings elsewhere."""
    text = _OLD_ORDINAL.sub(lambda match: f"{match[1]}{match[2]}{'nd' if match[2] == '2' else 'rd'}", text)
    text = _DEGREE.sub(_degree, text)
    text = _LAW.sub("Public Law", text)
    text = _REIGN.sub(lambda match: _REIGNS[match[1]], text)
    text = _LETTERED.sub(lambda match: _LETTERED_PARTS[match[1]], text)
    text = _TWO_DAYS.sub(_two_days, text)
    text = _WEEKDAY.sub(lambda match: _WEEKDAYS[match[1]], text)
    text = _STATE.sub(lambda match: _STATES[match[1]] + ("" if match["ends"] is None else "."), text)
    text = LONE.sub(lambda match: LONE_UNITS[match[1]] + ("" if match["ends"] is None else "."), text)
    text = _BIRTH.sub(lambda match: f"{_BIRTHS[next(filter(None, match.groups()))]} ", text)
    text = _OF_MONTH.sub(lambda match: _NUMBERED[match[1]], text)
    text = _NTH.sub(lambda match: _NTHS[match[1]] + ("" if match["ends"] is None else "."), text)
    text = _TOWARDS.sub(lambda match: _QUARTERS[match[1]], text)
    text = _INSTANT.sub(lambda match: _INSTANTS[match[1]] + ("" if match["ends"] is None else "."), text)
    text = _FOLLOWING.sub(lambda match: " and following" + ("" if match["ends"] is None else "."), text)
    for pattern, said in _LONE:
        text = _lone(text, pattern, said)
    return _STREET.sub(_street, text)


def _lone(text: str, pattern: "regex.Pattern[str]", said: Mapping[str, str]) -> str:
    return pattern.sub(lambda match: said[match[0].rstrip(".")], text)


def _degree(match: Match) -> str:
    """Say "Ed.D." and "M.Sc." letter by letter, but "Phil" and "Psy" as words."""
    parts = [part if len(part) > 2 else ".".join(part.upper()) + "." for part in (match[1], match[2])]
    said = "".join(parts) if max(len(match[1]), len(match[2])) < 3 else " ".join(part.strip(".") for part in parts)
    return said + ("." if match["ends"] is not None and not said.endswith(".") else "")


def _two_days(match: Match) -> str:
    join = match[2] if match[2].strip(" -–") else " to "
    return f"{_WEEKDAYS[match[1]]}{join}{_WEEKDAYS[match[3]]}"


def _street(match: Match) -> str:
    word = _STREETS.get(match["word"], "Street")
    return word + ("" if match["ends"] is None else ".")


ABBREVIATIONS = Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=frozenset(
        (
            *_STATES,
            *LONE_UNITS,
            *_BIRTHS,
            *_INSTANTS,
            *_REIGNS,
            *_LETTERED_PARTS,
            *_NTHS,
            *_QUARTERS,
            *_WEEKDAYS,
            "Pub",
            "L",
            "ff",
            "f",
            *_STREETS,
            *_RANKS,
            *_UNITS,
            *_MONTHS,
            *words("Ed Psy Th Sc Eng Pharm Litt LL B D M Phil Mus Pt Int INT Ext EXT no v"),
        )
    ),
    prepared_whole=frozenset((*(f"{day}{old}" for day in ("", "2", "3") for old in ("2d", "3d")), *_MONTHS)),
    titles=table(
        "Lt.-Col=Lieutenant-Colonel|Lieut.-Col=Lieutenant-Colonel|Maj.-Gen=Major-General|Lt.-Gen=Lieutenant-General|"
        "Brig.-Gen=Brigadier-General|Brig=Brigadier|Flt=Flight|Sqn=Squadron|Ldr=Leader|Cdr=Commander|Msgr=Monsignor|"
        "Br=Brother|Sr=Sister|Atty=Attorney|Corp=Corporal|Ens=Ensign|Mstr=Master|Pfc=Private First Class|Drs=Doctors|"
        "Profs=Professors|Ste=Sainte|SS=Saints|Mr=Mister|Mrs=Missus|Ms=Miz|Messrs=Messrs|Dr=Doctor|Prof=Professor|"
        "St=Saint|Rev=Reverend|Hon=Honourable|Capt=Captain|Lieut=Lieutenant|Lt=Lieutenant|Col=Colonel|Gen=General|"
        "Sgt=Sergeant|Maj=Major|Gov=Governor|Pres=President|Sen=Senator|Rep=Representative|Mme=Madame|Mmes=Mesdames|"
        "Mlle=Mademoiselle|Mlles=Mesdemoiselles|Pvt=Private|Cpl=Corporal|Adm=Admiral|Cmdr=Commander|"
        "Supt=Superintendent|Insp=Inspector|Det=Detective|Fr=Father|Rt=Right|Mt=Mount|Ft=Fort|Wm=William|"
        "Chas=Charles|Geo=George|Thos=Thomas|Jas=James|Jos=Joseph|Robt=Robert|Benj=Benjamin"
    ),
    numbered=_NUMBERED,
    anywhere=table(
        "temp.=temperature|ed. by=edited by|trans. by=translated by|repr.=reprinted|Eq.=Equation|Eqs.=Equations|"
        "e.g.=for example|i.e.=that is|etc.=et cetera|viz.=namely|cf.=compare|vs.=versus|Jr.=Junior|p.a.=per annum|"
        "a.k.a.=also known as|Rd.=Road|Esq.=Esquire|& Co.=and Company|Bros.=Brothers|Ltd.=Limited|Ave.=Avenue|"
        "Blvd.=Boulevard|approx.=approximately|dept.=department|Regt.=Regiment|et al.=et al|&c.=et cetera"
    ),
    whole=frozenset(("Mk", "Mr", "Mrs", "Ms", "Dr", "St", "Mme", "Mlle", "§", "§§", "¶", "¶¶")),
    joins="and|or",
    also="Miss|Lady",
)
