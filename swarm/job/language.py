"""Languages by their codes and names: `eng`, `en-GB`, `English` are all `en`."""

import re
from functools import cache

from swarm.errors import UsageError

# Primary subtag, every other code it goes by, name. Norwegian is Bokmål and Chinese Mandarin unless said otherwise.
_TABLE = """
af afr Afrikaans
am amh Amharic
an arg Aragonese
ar ara,arb Arabic
as asm Assamese
az aze,azj Azerbaijani
ba bak Bashkir
be bel Belarusian
bg bul Bulgarian
bn ben Bengali
bo bod,tib Tibetan
bpy - Bishnupriya Manipuri
br bre Breton
bs bos Bosnian
ca cat Catalan
ceb - Cebuano
chr - Cherokee
cs ces,cze Czech
cv chv Chuvash
cy cym,wel Welsh
da dan Danish
de deu,ger German
el ell,gre Greek
en eng English
eo epo Esperanto
es spa Spanish
et est,ekk Estonian
eu eus,baq Basque
fa fas,per,pes Persian
fi fin Finnish
fo fao Faroese
fr fra,fre French
fy fry Frisian
ga gle Irish
gd gla Scottish Gaelic
gl glg Galician
gn grn Guarani
grc - Ancient Greek
gu guj Gujarati
ha hau Hausa
hak - Hakka Chinese
haw - Hawaiian
he heb,iw Hebrew
hi hin Hindi
hr hrv,hbs,sh Croatian
ht hat Haitian Creole
hu hun Hungarian
hy hye,arm Armenian
hyw - Western Armenian
ia ina Interlingua
id ind,in Indonesian
ig ibo Igbo
io ido Ido
is isl,ice Icelandic
it ita Italian
ja jpn Japanese
jbo - Lojban
jv jav Javanese
ka kat,geo Georgian
kaa - Karakalpak
kk kaz Kazakh
kl kal Greenlandic
km khm Khmer
kn kan Kannada
ko kor Korean
kok - Konkani
ku kur,kmr Kurdish
ky kir Kyrgyz
la lat Latin
lb ltz Luxembourgish
lfn - Lingua Franca Nova
ln lin Lingala
lo lao Lao
lt lit Lithuanian
ltg - Latgalian
lv lav,lvs Latvian
mg mlg Malagasy
mi mri,mao Maori
mk mkd,mac Macedonian
ml mal Malayalam
mn mon,khk Mongolian
mr mar Marathi
ms msa,may,zsm Malay
mt mlt Maltese
mto - Totontepec Mixe
my mya,bur Burmese
nb nob,no,nor Norwegian
nci - Classical Nahuatl
ne nep,npi Nepali
nl nld,dut Dutch
nn nno Norwegian Nynorsk
nog - Nogai
oc oci Occitan
om orm Oromo
or ori,ory Oriya
pa pan Punjabi
pap - Papiamento
piqd - Klingon
pl pol Polish
ps pus Pashto
pt por Portuguese
py - Pyash
qdb - Lang Belta
qu que,quz Quechua
quc - K'iche'
qya - Quenya
ro ron,rum Romanian
ru rus Russian
rw kin Kinyarwanda
sa san Sanskrit
sd snd Sindhi
se sme Northern Sami
shn - Shan
si sin Sinhala
sjn - Sindarin
sk slk,slo Slovak
sl slv Slovenian
smj - Lule Sami
sn sna Shona
so som Somali
sq sqi,alb,als Albanian
sr srp Serbian
su sun Sundanese
sv swe Swedish
sw swa,swh Swahili
ta tam Tamil
te tel Telugu
tg tgk Tajik
th tha Thai
ti tir Tigrinya
tk tuk Turkmen
tl tgl,fil Tagalog
tn tsn Tswana
tr tur Turkish
tt tat Tatar
ug uig Uyghur
uk ukr Ukrainian
ur urd Urdu
uz uzb,uzn Uzbek
vi vie Vietnamese
wo wol Wolof
xh xho Xhosa
yi yid Yiddish
yo yor Yoruba
yue - Cantonese
zh zho,chi,cmn Chinese
zu zul Zulu
"""
_SHAPE = re.compile(r"([a-z]{2,4})([-_][a-z0-9]{1,8})*")
_NO_LANGUAGE = ("und", "mis", "mul", "zxx")  # codes that say that nothing is known


@cache
def _names() -> dict[str, str]:
    rows = (line.split(" ", 2) for line in _TABLE.strip().splitlines())
    return {code: name for code, _, name in rows}


@cache
def _codes() -> dict[str, str]:
    """Every code and every name in lower case, to its primary subtag."""
    codes: dict[str, str] = {}
    for line in _TABLE.strip().splitlines():
        code, others, name = line.split(" ", 2)
        codes |= dict.fromkeys((code, name.lower(), *others.strip("-").split(",")), code)
    codes.pop("")
    return codes


def normal_language(word: str) -> str:
    """The primary subtag of a language given as a code, a tag or an English name: `en` for `eng`, `en-GB`, `English`.

    A code that has the right shape but is not known is returned as it is. Raises UsageError.
    """
    wanted = word.strip().lower()
    if wanted in _codes():
        return _codes()[wanted]
    shape = _SHAPE.fullmatch(wanted) if len(wanted) <= 60 else None
    code = shape[1] if shape else ""
    if code in _codes():
        return _codes()[code]
    if code in _NO_LANGUAGE or len(code) not in (2, 3):
        raise UsageError(f"{word[:60]!r} names no language: give a code such as en, eng, en-GB or fr.")
    return code


def language_name(code: str) -> str:
    """What people call a language; the code itself where that is not known."""
    return _names().get(code, code)


def long_code(code: str) -> str:
    """The ISO 639-2 code of a primary subtag ("eng" for "en"), as MP4 names languages; "und" where there is none."""
    return _long_codes().get(code, code if len(code) == 3 else "und")


@cache
def _long_codes() -> dict[str, str]:
    rows = [line.split(maxsplit=2) for line in _TABLE.strip().splitlines()]
    return {code: others.partition(",")[0] for code, others, _ in rows if len(others.partition(",")[0]) == 3}
