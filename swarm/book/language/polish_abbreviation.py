"""Polish abbreviations whose words take the case that a name or a preposition beside them shows."""

from swarm.book.language.language import Abbreviations, Match, table, words
from swarm.book.language.late_pattern import compile_later

_HIM = "Jana Piotra Pawła Józefa Stanisława Wojciecha Antoniego Mikołaja Jerzego Michała Andrzeja Marcina Krzysztofa "
_HIM += "Tomasza Jakuba Łukasza Marka Mateusza Franciszka Augustyna Benedykta Szczepana Wawrzyńca Idziego"
_HERS = "Anny Marii Teresy Barbary Katarzyny Jadwigi Elżbiety Heleny Zofii Agnieszki Małgorzaty"
_HER = "Anna Maria Teresa Barbara Katarzyna Jadwiga Elżbieta Helena Zofia Agnieszka Małgorzata"
_SAINT = compile_later(
    rf"\b([śŚ])w\.\s(?=(?:({'|'.join(_HIM.split())})|({'|'.join(_HERS.split())})|({'|'.join(_HER.split())}))\b)"
)
_STREET = compile_later(r"\b((?i:na|przy|w|we|od|do|z|ze|po|obok))\s(ul|al)\.(?=\s[\p{Lu}\d])")
_FLAT = compile_later(r"(?<=\p{Lu}\p{L}+\s\d{1,3}\p{Ll}?,?\s)m\.\s(?=\d)")  # "ul. Długa 12 m. 3"
_HEAT = compile_later(r"(?:\b((?i:w|do|od|przy|o))\s)?\btemp\.(?=\s)")
_HEATS = table("w=temperaturze|przy=temperaturze|o=temperaturze|do=temperatury|od=temperatury")
_MISS = compile_later(
    r"\bp\.\s(?=(?:Anna|Maria|Ewa|Zofia|\p{Lu}\p{Ll}+(?:nna|ria|sia|zia|cja|ina|ena|ika|ora|ela|ula|ata|eta|ara|ida|"
    r"ga))\b)"
)
_MISTER = compile_later(r"\bp\.\s(?=\p{Lu}\p{Ll}*?(ego|emu|[iy]m|ska|cka|dzka|skiej|ckiej|dzkiej|ską|cką|a)?\b)")
_MISTERS = table(
    "ego=pana|emu=panu|im=panem|ym=panem|ska=pani|cka=pani|dzka=pani|skiej=pani|ckiej=pani|dzkiej=pani|"
    "ską=panią|cką=panią|a=pana"
)
_HE = compile_later(r"\b([śŚ])w\.\s(?=\p{Lu}\p{Ll}+?(owi|em|iem|ej|y|i|a|ę|ą|u)?\b)")
_HIS = table("owi=temu|em=tym|iem=tym|ej=tej|y=tej|i=tej|a=tego|ę=tą|ą=tą|u=tym")


def _prepare_abbreviations(text: str) -> str:
    """Say "św. Jana" and "przy ul. Długiej" in the case that the name or the preposition shows."""
    text = _SAINT.sub(lambda match: f"{match[1]}wię{'tego' if match[2] else 'tej' if match[3] else 'ta'} ", text)
    text = _HE.sub(lambda match: f"{match[1]}wię{_HIS[match[2]] if match[2] else 'ty'} ", text)
    text = _HEAT.sub(_heat, text)
    text = _MISS.sub("pani ", text)
    text = _MISTER.sub(lambda match: f"{_MISTERS[match[1]] if match[1] else 'pan'} ", text)
    text = _FLAT.sub("mieszkanie ", text)
    return _STREET.sub(lambda match: f"{match[1]} {'ulicy' if match[2] == 'ul' else 'alei'}", text)


def _heat(match: Match) -> str:
    return f"{match[1]} {_HEATS[match[1].lower()]}" if match[1] else "temperatura"


ABBREVIATIONS = Abbreviations(
    prepare=_prepare_abbreviations,
    prepared=words("temp św ul al p m"),
    titles=table(
        "prof=profesor|Prof=Profesor|dr=doktor|Dr=Doktor|dra=doktora|drowi=doktorowi|mgr=magister|"
        "Mgr=Magister|"
        "inż=inżynier|Inż=Inżynier|Płk=Pułkownik|Mjr=Major|Kpt=Kapitan|Por=Porucznik|Abp=Arcybiskup|"
        "ks=ksiądz|Ks=Ksiądz|gen=generał|Gen=Generał|płk=pułkownik|kpt=kapitan|por=porucznik|"
        "sierż=sierżant|mjr=major|bp=biskup|Bp=Biskup|abp=arcybiskup|red=redaktor|ul=ulica|Ul=Ulica|pl=plac|os=osiedle|al=aleja|"
        "oo=ojcowie|o=ojciec|hr=hrabia|Hr=Hrabia|św=święty|bł=błogosławiony"
    ),
    numbered=table(
        "przyp=przypis|zał=załącznik|lit=litera|sc=scena|vol=wolumin|cz=część|wyd=wydanie|nr=numer|Nr=Numer|s=strona|str=strona|ss=strony|t=tom|rozdz=rozdział|ryc=rycina|"
        "rys=rysunek|tab=tabela|"
        "art=artykuł|ust=ustęp|pkt=punkt|poz=pozycja|ul=ulica|al=aleja|pl=plac|§=paragraf"
    ),
    anywhere=table(
        "tel. kom.=telefon komórkowy|ub.r.=ubiegłego roku|b.r.=bieżącego roku|n.p.m.=nad poziomem morza|"
        "p.o.=pełniący obowiązki|cd.=ciąg dalszy|cdn.=ciąg dalszy nastąpi|i nast.=i następne|"
        "dr hab.=doktor habilitowany|wyd.=wydawnictwo|tłum.=tłumaczenie|Tłum.=Tłumaczenie|oprac.=opracowanie|"
        "Oprac.=Opracowanie|"
        "przeł.=przełożył|Red.=Redakcja|Por.=Porównaj|zm.=zmarł|ur.=urodzony|woj.=województwo|dn.=dnia|"
        "tel.=telefon|ew.=ewentualnie|szt.=sztuk|śp.=świętej pamięci|ś.p.=świętej pamięci|np.=na przykład|Np.=Na "
        "przykład|Zob.=Zobacz|Tzn.=To znaczy|Tj.=To jest|itd.=i tak dalej|"
        "pocz.=początku|itp.=i tym podobne|etc.=et cetera|"
        "tzn.=to znaczy|tj.=to jest|m.in.=między innymi|"
        "m. in.=między innymi|tzw.=tak zwany|ok.=około|zob.=zobacz|por.=porównaj|p.n.e.=przed naszą erą|"
        "n.e.=naszej ery|ds.=do spraw|wg=według|br.=bieżącego roku|jw.=jak wyżej|ww.=wyżej wymieniony"
    ),
    whole=words("dr Dr dra drowi mgr Mgr płk mjr bp Bp abp nr Nr pkt §"),
    joins="i|oraz|lub|albo",
    also="Pan|Pani|pan|pani",
)
