"""The speakers that XTTS v2 comes with. Listeners disagree about the gender of one of them, which is left open."""

from swarm.job.card import VoiceCard

_FEMALE_FIRST = """Claribel Dervla
Daisy Studious
Gracie Wise
Tammie Ema
Alison Dietlinde
Ana Florence
Annmarie Nele
Asya Anara
Brenda Stern
Gitta Nikolina
Henriette Usha
Sofia Hellen
Tammy Grit
Tanja Adelina
Vjollca Johnnie"""
_MALE_FIRST = """Andrew Chipper
Badr Odhiambo
Dionisio Schuyler
Royston Min
Viktor Eka
Abrahan Mack
Adde Michal
Baldur Sanjin
Craig Gutsy
Damien Black
Gilberto Mathias
Ilkin Urbano
Kazuhiko Atallah
Ludvig Milivoj
Suad Qasim
Torcull Diarmuid
Viktor Menelaos
Zacharie Aimilios"""
_FEMALE = """Nova Hogarth
Maja Ruoho
Uta Obando
Lidiya Szekeres
Chandra MacFarland
Szofi Granger
Camilla Holmström
Lilya Stainthorpe
Zofija Kendrick
Narelle Moon
Barbora MacLean
Alexandra Hisakawa
Alma María
Rosemary Okafor"""
_OPEN = "Ige Behringer"
_MALE = """Filip Traverse
Damjan Chapman
Wulf Carlevaro
Aaron Dreschner
Kumar Dahl
Eugenio Mataracı
Ferran Simen
Xavier Hayasaka
Luis Moray
Marcos Rudaski"""
_BY_GENDER = (("female", _FEMALE_FIRST), ("male", _MALE_FIRST), ("female", _FEMALE), ("", _OPEN), ("male", _MALE))
XTTS_SPEAKERS = tuple(
    VoiceCard(name, "*", gender=gender) for gender, names in _BY_GENDER for name in names.splitlines()
)
