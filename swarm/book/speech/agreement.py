"""Number words as they stand before a noun: "un kilomètre", "une heure", "veintiún hombres", "ein Mann"."""

import regex

from swarm.book.page.markup import words

# French nouns of her gender that are counted most.
_FRENCH_HERS = words(
    "heure heures minute minutes seconde secondes fois page pages année années journée journées semaine semaines nuit "
    "nuits lieue lieues livre livres femme femmes fille filles personne personnes maison maisons pièce pièces tonne "
    "tonnes voiture voitures lettre lettres ligne lignes ville villes île îles"
)
_GERMAN_HERS = words(
    "frau stunde minute sekunde woche nacht meile seite person tonne million milliarde hand stadt tochter kugel flasche"
)
_SPANISH_HIS = words("días mapas problemas programas temas sistemas poetas idiomas climas planetas gramas")
_SPANISH_HERS = words(
    "mujeres veces noches leyes partes calles voces manos tardes naves luces flores llaves torres madres"
)
_HERS_ENDING = ("as", "ciones", "siones", "dades", "tades")
_NO_NOUN = words("las los unas unos tras mas mais más das dos às nas de del y o a en que por con para al e")
_HUNDREDS = regex.compile(r"cientos|quinientos")


def agreed(said: str, noun: str, language: str) -> str:
    """A cardinal's words before a noun; as they are where its gender cannot be told."""
    noun = noun.lower()
    if language == "de":
        return ("eine" if noun in _GERMAN_HERS else "ein") if said == "eins" and noun else said
    if language == "fr" and said.endswith("un") and noun in _FRENCH_HERS:
        return f"{said}e"
    if language not in ("es", "it") or not noun or noun in _NO_NOUN:
        return said
    his = noun in _SPANISH_HIS or f"{noun}s" in _SPANISH_HIS
    hers = (
        noun in _SPANISH_HERS
        or f"{noun}es" in _SPANISH_HERS
        or f"{noun[:-1]}ces" in _SPANISH_HERS
        or (noun.endswith("a" if said == "uno" else _HERS_ENDING) and not his)
    )
    if language == "it":
        return ("una" if hers else "un") if said == "uno" else said
    if hers:
        said = _HUNDREDS.sub(lambda match: f"{match[0][:-2]}as", said)
    if not said.endswith("uno") or not (said == "uno" or noun.endswith("s")):
        return said
    return f"{said[:-1]}a" if hers else "veintiún" if said == "veintiuno" else said.removesuffix("o")


def hour(said: str, language: str) -> str:
    """An hour's words: "une heure", "a la una", "ein Uhr"."""
    if language == "de":
        return agreed(said, "Uhr", language)
    if language == "fr":
        return agreed(said, "heure", language)
    if language in ("es", "it") and said.endswith("uno") and (language == "es" or said == "uno"):
        return f"{said[:-1]}a"
    return f"{said}a" if language == "pt" and said.endswith("um") else said


def one_of(several: str, language: str) -> str:
    """A unit's name after one: "kilometres an hour" is "kilometre an hour"."""
    first, _, rest = several.partition(" ")
    if language in ("en", "fr", "es", "pt"):
        first = first.removesuffix("s")
    if language == "it" and first.endswith("i"):
        first = f"{first[:-1]}o"
    return f"{first} {rest}".strip()
