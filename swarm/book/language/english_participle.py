"""English words in -ed that have a syllable more as adjectives: "a learned man", but "he learned"."""

from collections.abc import Callable

from swarm.book.language.english_place import DETERMINER, Place
from swarm.book.language.language import words

_MORE = words("one most more very so these those such two many o oh thou ye") | DETERMINER
_BEHIND_A_VERB = words("by with that to how from at of in a an the his her him me my us you it them nothing much")
_YEARS = words("about between under over only from of in at not barely just nearly around")
_HE = words("he she it they i we you who had has have was were is are be been being having got")


def _adjective(place: Place) -> bool:
    return place.previous() in _MORE and place.next not in _BEHIND_A_VERB


def _learned(place: Place) -> str:
    return "ˈlɜɹnəd" if _adjective(place) else ""


def _blessed(place: Place) -> str:
    called = place.previous() in ("", ".", "!", "?", ";", ":") and place.next in ("are", "is", "be", "art")
    return "ˈblɛsəd" if _adjective(place) or called else ""


def _cursed(place: Place) -> str:
    return "ˈkɜɹsəd" if _adjective(place) else "kɜɹst" if place.previous() in _HE else ""


def _aged(place: Place) -> str:
    old = place.previous() in _MORE and place.next not in _YEARS
    return "ˈeɪdʒəd" if old else ""


def _dogged(place: Place) -> str:
    return "ˈdɔɡəd" if _adjective(place) else ""


PARTICIPLES: dict[str, Callable[[Place], str]] = {
    "learned": _learned,
    "blessed": _blessed,
    "cursed": _cursed,
    "aged": _aged,
    "dogged": _dogged,
    "ragged": lambda _: "ˈɹæɡəd",
}
