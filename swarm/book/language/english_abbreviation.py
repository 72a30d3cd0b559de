"""English abbreviations, some of which mean something only beside a town, a street or a year."""

import regex

from swarm.book.language.english_measure import LONE, LONE_UNITS
from swarm.book.language.language import Abbreviations, table

# Abbreviated states behind a town: "Boston, Mass."
_STATE = regex.compile(
    r"(?<=\p{Lu}\p{L}{3,20}, )(Ala|Ariz|Ark|Calif|Colo|Conn|Fla|Ga|Ill|Ind|Kans?|Ky|Mass|Md|Mich|Minn|Nebr?|Nev|Okla|"
    r"Ore|Pa|Penn|Tenn|Tex|Va|Vt|Wash|Wis|Wyo)\.(?P<ends>(?=[\s\"'”’»)]*$))?"
)
_STATES = table(
    "Ala=Alabama|Ariz=Arizona|Ark=Arkansas|Calif=California|Colo=Colorado|Conn=Connecticut|Fla=Florida|Ga=Georgia|"
    "Ill=Illinois|Ind=Indiana|Kan=Kansas|Kans=Kansas|Ky=Kentucky|Mass=Massachusetts|Md=Maryland|Mich=Michigan|"
    "Minn=Minnesota|Neb=Nebraska|Nebr=Nebraska|Nev=Nevada|Okla=Oklahoma|Ore=Oregon|Pa=Pennsylvania|"
    "Penn=Pennsylvania|Tenn=Tennessee|Tex=Texas|Va=Virginia|Vt=Vermont|Wash=Washington|Wis=Wisconsin|Wyo=Wyoming"
)
_STREET = regex.compile(
    r"(?<=\p{Lu}\p{Ll}+ |\d(?:st|nd|rd|th) )St\.(?=,|\s\p{Ll}|(?P<ends>[\s\"”’»)]*$))|(?<=\d \p{Lu}\p{Ll}+ )St\.(?=\s)"
)
_BIRTH = regex.compile(r"(?<![\p{L}.])(c|ca|fl|b|d)\.\s?(?=(?:1\d|20|[5-9])\d\d\b)")
_BIRTHS = table("c=circa|ca=circa|fl=flourished|b=born|d=died")


def _prepare_abbreviations(text: str) -> str:
    """Say "Boston, Mass." and "Baker St.", whose abbreviations have other meanings elsewhere."""
    text = _STATE.sub(lambda match: _STATES[match[1]] + ("" if match["ends"] is None else "."), text)
    text = LONE.sub(lambda match: LONE_UNITS[match[1]] + ("" if match["ends"] is None else "."), text)
    text = _BIRTH.sub(lambda match: f"{_BIRTHS[match[1]]} ", text)
    return _STREET.sub(lambda match: "Street" + ("" if match["ends"] is None else "."), text)


ABBREVIATIONS = Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=frozenset((*_STATES, *LONE_UNITS)),
    titles=table(
        "Mr=Mister|Mrs=Missus|Ms=Miz|Messrs=Messrs|Dr=Doctor|Prof=Professor|St=Saint|Rev=Reverend|"
        "Hon=Honourable|Capt=Captain|Lieut=Lieutenant|Lt=Lieutenant|Col=Colonel|Gen=General|Sgt=Sergeant|"
        "Maj=Major|Gov=Governor|Pres=President|Sen=Senator|Rep=Representative|Mme=Madame|Mmes=Mesdames|"
        "Mlle=Mademoiselle|Mlles=Mesdemoiselles|Pvt=Private|Cpl=Corporal|Adm=Admiral|Cmdr=Commander|"
        "Supt=Superintendent|Insp=Inspector|Det=Detective|Fr=Father|Rt=Right|Mt=Mount|Ft=Fort|Wm=William|"
        "Chas=Charles|Geo=George|Thos=Thomas|Jas=James|Jos=Joseph|Robt=Robert|Benj=Benjamin"
    ),
    numbered=table(
        "No=number|Nos=numbers|p=page|pp=pages|vol=volume|vols=volumes|ch=chapter|chap=chapter|fig=figure|"
        "figs=figures|sec=section|art=article|bk=book|pt=part|fol=folio|ver=verse|v=verse|vv=verses|l=line|"
        "ll=lines|op=opus|pl=plate|"
        "§=section|§§=sections|Jan=January|Feb=February|Mar=March|Apr=April|Aug=August|Sept=September|"
        "Sep=September|"
        "Oct=October|Nov=November|Dec=December"
    ),
    anywhere=table(
        "e.g.=for example|i.e.=that is|etc.=et cetera|viz.=namely|cf.=compare|vs.=versus|Jr.=Junior|Esq.=Esquire|"
        "& Co.=and Company|Bros.=Brothers|Ltd.=Limited|Ave.=Avenue|Blvd.=Boulevard|approx.=approximately|"
        "dept.=department|&c.=et cetera"
    ),
    whole=frozenset(("Mr", "Mrs", "Ms", "Dr", "St", "Mme", "Mlle", "§", "§§")),
    joins="and|or",
    also="Miss|Lady",
)
