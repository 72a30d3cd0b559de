"""Words beside quotations in languages that have no file of their own yet, and marks that open as they close."""

from swarm.book.language.known import find_language
from swarm.book.language.language import Speakers

_MORE = {
    "sv": Speakers(
        verbs=(
            "sade|säger|sa|frågade|frågar|svarade|svarar|ropade|utropade|utbrast|viskade|mumlade|skrek|fortsatte|"
            "återtog|tillade|genmälde|invände|förklarade|undrade|suckade|skrattade|avbröt|upprepade|började|föreslog|"
            "medgav|påpekade|anmärkte|muttrade|stammade|menade|log"
        ),
        titles="herr|fru|fröken|doktor|kapten|löjtnant|mamsell|tant|farbror|moster|faster|morbror|mäster|syster|bror",
        me="jag",
        inside=True,
    ),
    "da": Speakers(
        verbs=(
            "sagde|siger|spurgte|spørger|svarede|råbte|udbrød|hviskede|mumlede|skreg|fortsatte|tilføjede|indvendte|"
            "forklarede|sukkede|lo|afbrød|gentog|begyndte|foreslog|mente"
        ),
        titles="hr|herr|fru|frøken|doktor|kaptajn|løjtnant|onkel|tante|mester",
        me="jeg",
        inside=True,
    ),
    "nb": Speakers(
        verbs=(
            "sa|sier|spurte|spør|svarte|ropte|utbrøt|hvisket|hviskede|mumlet|mumlede|skrek|fortsatte|tilføyde|"
            "innvendte|forklarte|sukket|sukkede|lo|avbrøt|gjentok|begynte|foreslo|mente"
        ),
        titles="herr|fru|frøken|doktor|kaptein|løytnant|onkel|tante|mester",
        me="jeg",
        inside=True,
    ),
    "fi": Speakers(
        verbs=(
            "sanoi|kysyi|vastasi|huusi|huudahti|kuiskasi|mutisi|jatkoi|lisäsi|selitti|huokasi|nauroi|keskeytti|toisti|"
            "aloitti|ehdotti|myönsi|ihmetteli"
        ),
        inside=True,
    ),
}
_SAME_MARKS = {"sv": "””»»", "fi": "””»»"}  # each opens and closes


def find_speakers(code: str) -> Speakers:
    """Return the words beside quotations in a language, by its primary subtag; empty ones if none are known."""
    return _MORE.get(code) or find_language(code).speakers


def find_quotes(code: str) -> str:
    """Return the pairs of marks around what is said in a language."""
    return _SAME_MARKS.get(code, "") + find_language(code).quotes
