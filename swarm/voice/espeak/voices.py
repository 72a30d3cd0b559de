"""The voices of espeak-ng 1.52 as a table, so that they can be listed without loading the library.

The table leaves out three voices whose dictionaries the package lacks (Faroese, Karakalpak, a test voice). It also
leaves out Cherokee, which is silent on Cherokee letters.
"""

from swarm.job.card import VoiceCard

# The language, our name, espeak's identifier and the description of each voice. A language's default comes first.
_TABLE = """
af af gmw/af Afrikaans
am am sem/am Amharic
an an roa/an Aragonese
ar ar sem/ar Arabic
as as inc/as Assamese
az az trk/az Azerbaijani
ba ba trk/ba Bashkir
be be zle/be Belarusian
bg bg zls/bg Bulgarian
bn bn inc/bn Bengali
bpy bpy inc/bpy Bishnupriya Manipuri
bs bs zls/bs Bosnian
ca ca roa/ca Catalan
ca ca-ba roa/ca-ba Catalan (Balearic)
ca ca-nw roa/ca-nw Catalan (North-western)
ca ca-va roa/ca-va Catalan (Valencian)
cs cs zlw/cs Czech
cv cv trk/cv Chuvash
cy cy cel/cy Welsh
da da gmq/da Danish
de de gmw/de German
el el grk/el Greek
en en-us gmw/en-US English (America)
en en-gb gmw/en English (Great Britain)
en en-029 gmw/en-029 English (Caribbean)
en en-gb-scotland gmw/en-GB-scotland English (Scotland)
en en-gb-x-gbclan gmw/en-GB-x-gbclan English (Lancaster)
en en-gb-x-gbcwmd gmw/en-GB-x-gbcwmd English (West Midlands)
en en-gb-x-rp gmw/en-GB-x-rp English (Received Pronunciation)
en en-shaw gmw/en-Shaw English (Shavian alphabet)
en en-us-nyc gmw/en-US-nyc English (America, New York City)
eo eo art/eo Esperanto
es es roa/es Spanish (Spain)
es es-419 roa/es-419 Spanish (Latin America)
et et urj/et Estonian
eu eu eu Basque
fa fa ira/fa Persian
fa fa-latn ira/fa-Latn Persian (Pinglish)
fi fi urj/fi Finnish
fr fr roa/fr French (France)
fr fr-be roa/fr-BE French (Belgium)
fr fr-ch roa/fr-CH French (Switzerland)
ga ga cel/ga Gaelic (Irish)
gd gd cel/gd Gaelic (Scottish)
gn gn sai/gn Guarani
grc grc grk/grc Greek (Ancient)
gu gu inc/gu Gujarati
hak hak sit/hak Hakka Chinese (romanised)
haw haw map/haw Hawaiian
he he sem/he Hebrew
hi hi inc/hi Hindi
hr hr zls/hr Croatian
ht ht roa/ht Haitian Creole
hu hu urj/hu Hungarian
hy hy ine/hy Armenian (East Armenia)
hyw hyw ine/hyw Armenian (West Armenia)
ia ia art/ia Interlingua
id id poz/id Indonesian
io io art/io Ido
is is gmq/is Icelandic
it it roa/it Italian
ja ja jpx/ja Japanese (kana only)
jbo jbo art/jbo Lojban
ka ka ccs/ka Georgian
kk kk trk/kk Kazakh
kl kl esx/kl Greenlandic
kn kn dra/kn Kannada
ko ko ko Korean
kok kok inc/kok Konkani
ku ku ira/ku Kurdish
ky ky trk/ky Kyrgyz
la la itc/la Latin
lb lb gmw/lb Luxembourgish
lfn lfn art/lfn Lingua Franca Nova
lt lt bat/lt Lithuanian
ltg ltg bat/ltg Latgalian
lv lv bat/lv Latvian
mi mi poz/mi Māori
mk mk zls/mk Macedonian
ml ml dra/ml Malayalam
mr mr inc/mr Marathi
ms ms poz/ms Malay
mt mt sem/mt Maltese
mto mto miz/mto Totontepec Mixe
my my sit/my Myanmar (Burmese)
nb nb gmq/nb Norwegian Bokmål
nci nci azc/nci Nahuatl (Classical)
ne ne inc/ne Nepali
nl nl gmw/nl Dutch
nog nog trk/nog Nogai
om om cus/om Oromo
or or inc/or Oriya
pa pa inc/pa Punjabi
pap pap roa/pap Papiamento
piqd piqd art/piqd Klingon
pl pl zlw/pl Polish
pt pt roa/pt Portuguese (Portugal)
pt pt-br roa/pt-BR Portuguese (Brazil)
py py art/py Pyash
qdb qdb art/qdb Lang Belta
qu qu qu Quechua
quc quc myn/quc K'iche'
qya qya art/qya Quenya
ro ro roa/ro Romanian
ru ru zle/ru Russian
ru ru-cl zle/ru-cl Russian (Classic)
ru ru-lv zle/ru-LV Russian (Latvia)
sd sd inc/sd Sindhi
shn shn tai/shn Shan (Tai Yai)
si si inc/si Sinhala
sjn sjn art/sjn Sindarin
sk sk zlw/sk Slovak
sl sl zls/sl Slovenian
smj smj urj/smj Lule Saami
sq sq ine/sq Albanian
sr sr zls/sr Serbian
sv sv gmq/sv Swedish
sw sw bnt/sw Swahili
ta ta dra/ta Tamil
te te dra/te Telugu
th th tai/th Thai
ti ti sem/ti Tigrinya
tk tk trk/tk Turkmen
tn tn bnt/tn Setswana
tr tr trk/tr Turkish
tt tt trk/tt Tatar
ug ug trk/ug Uyghur
uk uk zle/uk Ukrainian
ur ur inc/ur Urdu
uz uz trk/uz Uzbek
vi vi aav/vi Vietnamese (Northern)
vi vi-vn-x-central aav/vi-VN-x-central Vietnamese (Central)
vi vi-vn-x-south aav/vi-VN-x-south Vietnamese (Southern)
yue yue sit/yue Chinese (Cantonese)
yue yue-latn-jyutping sit/yue-Latn-jyutping Chinese (Cantonese, latin as Jyutping)
zh cmn sit/cmn Chinese (Mandarin, latin as English)
zh cmn-latn-pinyin sit/cmn-Latn-pinyin Chinese (Mandarin, latin as Pinyin)
"""

_ROWS = tuple(line.split(" ", 3) for line in _TABLE.strip().splitlines())

VOICES = tuple(VoiceCard(name=name, language=language, about=about) for language, name, _, about in _ROWS)
IDENTIFIERS = {name: identifier for _, name, identifier, _ in _ROWS}
