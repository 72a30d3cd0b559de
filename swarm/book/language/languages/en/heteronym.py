"""English words that are said in two ways, told apart by the words beside them: "a lead pipe", "they lead"; "a learned
man", "he learned".

A word that no rule decides is left to the voice.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pkgutil import get_data, iter_importers
from runpy import run_path

from msgspec import Struct

from swarm.book.language.language import Match, words
from swarm.book.language.pattern import compile_later

AUXILIARY = words(
    "to will would shall should can could may might must do does did cannot don't won't can't didn't doesn't couldn't "
    "wouldn't shouldn't mustn't let's i'll you'll he'll she'll we'll they'll i'd you'd he'd she'd we'd they'd please"
)
SUBJECT = words("i you we they who")
DETERMINER = words("the a an this my your his her its our their no some any every each another whose")


class Place(Struct, frozen=True):
    """A word and the words around it in small letters; a comma and a full stop are words too."""

    word: str
    capital: bool  # whether the word is written with a capital
    before: tuple[str, ...]  # the nearest word comes last
    after: tuple[str, ...]

    def previous(self, skipped: int = 0) -> str:
        """Return a word before, counted from the nearest one; "" if there is none."""
        return self.before[-1 - skipped] if len(self.before) > skipped else ""

    @property
    def next(self) -> str:
        """The next word, "" if there is none."""
        return self.after[0] if self.after else ""


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


_PREPOSITION = words("of in with for by from at without into upon under")
_BEFORE_A_NOUN = words("from due according up close lead leads led leading prone subject as opposed way regard back")
_OBJECT = words("me us him her them it the a an my your his our their this that yourself himself herself themselves")
_BE = words(
    "is are was were be been being am seem seems seemed feel feels felt look looks looked rest rested remain "
    "remained remains appear appeared grew become became sat lay stood perfectly quite very entirely well so more "
    "most less fairly i'm he's she's we're they're you're isn't wasn't weren't aren't"
)
_STARTS = words(". ! ? ; : —") | {""}
_ADVERB = compile_later(
    r"(?:not|never|always|often|also|even|ever|still|just|only|better|first|then|thus|\p{L}{2,}ly)$"
)
_PLURAL = compile_later(r"(?:men|women|people|children|\p{L}{3,}[^s'’u]s)$")
_TOKEN = compile_later(r"\p{L}+(?:['’-]\p{L}+)*|[.,;:!?—]")

_WORD = compile_later(r"[\p{L}'’-]+")

_CONTEXT_CHARS = 60

# Words with one sound as a noun or adjective and another one as a verb: those that the rules decide, and those that
# they leave to a tagger.
_ROWS = [row.split("\t") for row in (get_data(__name__, "heteronyms.tsv") or b"").decode().splitlines()]
_PAIRS = {word: (noun, verb) for by, word, noun, verb in _ROWS if by == "rules"}
_TAGGED = {word: (noun, verb) for by, word, noun, verb in _ROWS if by == "tagger"}
# Those of them whose forms in -s, -ed and -ing voices say like the noun where they are verbs.
_VERB_FORMS = words("object subject project contest contrast conduct desert insult protest rebel torment")
_DOER = words("he she who nobody everybody everyone one")

_MOSTLY_VERBS = words("reject invite discard invert insert recount upset decrease confines")

_NO_ADJECTIVES = (_PAIRS.keys() | _TAGGED.keys()) - words(
    "perfect frequent absent close separate deliberate moderate intimate live"
)


def find_heteronyms(text: str, tagged: bool = False) -> Iterator[tuple[int, int, str]]:
    """Yield the places of those words of a sentence whose sound is plain, each with its phonemes.

    Their neighbours decide it, or else a tagger of parts of speech, if the voice has none of its own.
    """
    for match in _WORD.finditer(text):
        word = match[0].lower()
        ipa = _decided(match, text) if word in SEVERAL_SOUNDS else ""
        if not ipa and tagged and word in TAGGED_SOUNDS:
            ipa = _by_tag(match, text)
        if not ipa and word in _MOSTLY_VERBS:
            ipa = _TAGGED[word][1]
        if ipa:
            yield match.start(), match.end(), ipa


def _by_tag(match: Match, text: str) -> str:
    """Return the sound of a word of two sounds by its part of speech: a verb, or a noun or adjective."""
    tag = dict(_tags(text)).get(match.start(), "")
    word = match[0].lower()
    if word == "read":
        return {"VBD": "ɹɛd", "VBN": "ɹɛd"}.get(tag, "ɹid")
    noun, verb = _PAIRS.get(word) or _TAGGED[word]
    place = _place(match, text)
    if word == "upset" and tag == "JJ":
        return verb
    if tag == "NNS" and (place.next in _OBJECT or place.next in ("these", "those")):
        return verb  # "it confines the water"
    if tag.startswith("VB") and place.previous() in DETERMINER:
        return noun
    return verb if tag.startswith("VB") else noun if tag[:2] in ("NN", "JJ") else ""


_TAG_TOKEN = compile_later(r"\w+(?:['’-]\w+)*|[^\w\s]")


@lru_cache(16)
def _tags(text: str) -> tuple[tuple[int, str], ...]:
    """Return the parts of speech of the words of a sentence, each with the place where it begins."""
    found = list(_TAG_TOKEN.finditer(text))
    return tuple(zip((match.start() for match in found), _tagger()([match[0] for match in found]), strict=True))


@cache
def _tagger() -> Callable[[list[str]], list[str]]:
    """Return the tagger of hibari's package: an averaged perceptron in pure Python, loaded in half a second.

    Its file is loaded alone, since the package itself loads a runtime for networks.
    """
    spec = next(filter(None, (finder.find_spec("hibari", None) for finder in iter_importers())))
    folder = (spec.submodule_search_locations or [""])[0]
    weights = spec.loader.get_data(f"{folder}/assets/tagger.json.gz")  # type: ignore[union-attr]
    tagger: Callable[[list[str]], list[str]] = run_path(f"{folder}/g2p/tagger.py")["Tagger"](
        json.loads(gzip.decompress(weights))
    )
    return tagger


def _place(match: Match, text: str) -> Place:
    before = _TOKEN.findall(text[max(0, match.start() - _CONTEXT_CHARS) : match.start()].lower().replace("’", "'"))
    after = _TOKEN.findall(text[match.end() : match.end() + _CONTEXT_CHARS].lower().replace("’", "'"))
    word = match[0].lower()
    return Place(word, match[0] != word, tuple(before[-5:]), tuple(after[:4]))


def _decided(match: Match, text: str) -> str:
    place = _place(match, text)
    return _RULES[place.word](place) if place.word in _RULES else _by_part(place)


def _by_part(place: Place) -> str:
    """Return the sound of a word of _PAIRS, as a noun or adjective or as a verb; "" if that is not plain."""
    noun, verb = _PAIRS.get(place.word) or _TAGGED[place.word]
    if _is_verb(place):
        return verb
    return noun if _is_noun(place) else ""


def _is_verb(place: Place) -> bool:
    skipped = 1 if _ADVERB.match(place.previous()) else 0
    previous = place.previous(skipped)
    if previous in AUXILIARY or previous in SUBJECT:
        return not (previous == "to" and place.previous(skipped + 1) in _BEFORE_A_NOUN)
    starts = previous in _STARTS or (previous == "," and place.word != "close")
    if place.word == "refuse" and place.next == "to":
        return True
    several = bool(_PLURAL.match(previous)) or previous in ("that", "which", "and", "or", "but", "not")
    return (starts or several) and place.next in _OBJECT


def _is_noun(place: Place) -> bool:
    previous = place.previous()
    if place.next == "of" and place.word in _NO_ADJECTIVES:
        return True  # "a build-up or decrease of energy"
    return previous in DETERMINER | _PREPOSITION or (place.word not in _NO_ADJECTIVES and previous in _BE)


def _content(place: Place) -> str:
    previous = place.previous()
    adjective, noun = "kənˈtɛnt", "ˈkɑntɛnt"
    if previous in _BE | words("not heart's himself herself themselves myself yourself itself") or previous.endswith(
        "ly"
    ):
        return adjective
    if place.next in ("with", "to", "and", "thee") and previous in ("", ".", ",", ";", ":", "—"):
        return adjective
    if previous in DETERMINER or place.next == "of" or previous in ("table", "of"):
        return noun
    return ""


_FRAIL = words("poor old helpless young confirmed chronic lady dear little perpetual permanent hopeless nervous")


def _invalid(place: Place) -> str:
    previous = place.previous()
    person = previous in _FRAIL or (previous in DETERMINER and place.next in _AFTER_PERSON)
    return "ˈɪnvəlɪd" if person else "ɪnˈvælɪd" if previous in _BE else ""


_AFTER_PERSON = words(
    ". , ; : ! ? who was had and lay in for lady chair mother wife sister husband father brother son daughter all "
    "from is himself herself said could would with whose sat to but or"
) | {"", "—"}
_METAL_NEXT = words(
    "pipe pipes bullet bullets pencil pencils roof roofs weight weights poisoning coffin coffins mine mines shot "
    "foil paint soldier soldiers ore box boxes seal seals sinker sinkers works pellets slug slugs piping glass "
    "acetate plates"
)
_METALS = words(
    "tin iron copper zinc silver gold molten melted sheet brass pewter stone wood heavy as like black white red"
)


_BEHIND_METAL = words(". , ; ! ? — and or on in from that into for upon") | {""}


def _lead(place: Place) -> str:
    previous, following = place.previous(), place.next
    ends = following in _BEHIND_METAL
    if previous == "and" and place.previous(1) in _METALS:
        return "lɛd"
    if following in _METAL_NEXT and previous not in AUXILIARY | SUBJECT:
        return "lɛd"
    if previous in _METALS or (previous == "of" and place.previous(1) not in ("out", "instead")):
        return "lɛd" if ends else ""
    return "lid" if _is_verb(place) else ""


_NODS = words(
    "low deep slight stiff polite formal graceful profound courtly grave ceremonious sweeping awkward elaborate "
    "respectful stately mock curt cold silent solemn courteous general grand gracious ironical exaggerated final "
    "quick hasty humble dignified gallant distant haughty"
)
_MAKES = words("made make makes making return returned acknowledged gave with")
_ABOARD = words("in to from over round at into on across off under")
_SHIPS = words(
    "whaleboat whaleboats boats ships ship boat vessel canoe yacht barge craft ship's boat's vessel's port "
    "starboard steamer galley lifeboat"
)


def _bow(place: Place) -> str:
    weapon, nod = "boʊ", "baʊ"
    previous, after = place.previous(), place.after
    if place.word in ("bowed", "bowing"):
        ending = "d" if place.word == "bowed" else "ɪŋ"
        return "" if place.next in ("legs", "window", "instrument", "instruments", "strings") else nod + ending
    if any(word in _SHIPS for word in (previous, *after[:3])) and place.next in ("of", "", ".", ",", "and", "as", "to"):
        return nod
    if place.word == "bows":
        aboard = previous == "the" and place.previous(1) in _ABOARD and place.next != "and"
        return nod if aboard or place.next in ("to", "his", "her", "low", "down") or previous in ("he", "she") else ""
    if _is_verb(place) or previous in _NODS or place.next in ("down", "low", "before") or place.previous() == "bow":
        return nod
    made = _MAKES & set(place.before[-3:-1]) and (previous == "a" or "with" not in place.before[-3:-1])
    if previous in DETERMINER and made and place.next not in ("and", "of"):
        return nod
    return weapon if previous in DETERMINER else ""


_NOISY = words(
    "terrible awful frightful dreadful devil's fearful infernal such great regular violent furious blazing jolly "
    "beastly tremendous deuce horrible fine bitter family street domestic drunken confounded hideous"
)


def _row(place: Place) -> str:
    quarrel, line = "ɹaʊ", "ɹoʊ"
    previous, before, following = place.previous(), place.before, place.next
    if following in ("of", "in", "behind", "houses", "boat", "boats") or (
        following == "upon" and place.after[1:2] == ("row",)
    ):
        return line
    if (
        previous in _NOISY
        or "up" in before[-2:-1]
        or (previous in ("a", "this", "the") and place.previous(1) != "in" and following in ("about", "over", "with"))
    ):
        return quarrel
    if previous in ("this", "that", "the") and {"what", "what's", "all"} & set(before):
        return quarrel
    made = {"make", "made", "making", "makes", "kick", "kicked", "raise"} & set(before[-4:])
    return quarrel if made and previous in ("a", "such") else line if _is_verb(place) else ""


def _close(place: Place) -> str:
    near, shut = _PAIRS["close"]
    if _is_verb(place) or (place.previous() in ("the", "a", "its") and place.next in ("of", ".", ",", ";", "")):
        return shut
    if place.next in ("to", "by", "together", "upon", "beside", "behind", "at", "against", "beneath", "under"):
        return near
    return near if place.previous() in ("a", "very", "so", "too", "sat", "stood", "keep", "kept") else ""


_MUSIC = words(
    "voice voices drum drums guitar clef note notes viol line lines singer part solo string strings player tone "
    "tones trombone clarinet profundo roar growl rumble"
)
_LOW = words("deep double rumbling gruff contra figured thorough booming growling profound hoarse sonorous tenor")


def _bass(place: Place) -> str:
    if place.next in _MUSIC or place.previous() in _LOW:
        return "beɪs"
    fish = {"fish", "fishing", "fishes", "caught", "sea", "striped", "lake", "trout", "perch", "pike", "salmon", "cod"}
    return "bæs" if fish & {*place.before, *place.after} else ""


_TINY = words(
    "account description examination inspection detail details particle particles particulars observation "
    "scrutiny attention quantity quantities portion portions instructions inquiry investigation study fragments "
    "specks creatures insects animals scale accuracy care size grains dose traces differences crystals drops "
    "search knowledge analysis questions parts points degree matters variations survey circumstances fragment speck "
    "hole holes crack cracks crystal drop organism organisms shell shells spot spots seed seeds hair hairs piece "
    "pieces amount amounts change changes object objects animal insect creature bubbles pores"
)


def _minute(place: Place) -> str:
    tiny = place.next in _TINY or place.previous() in ("very", "so", "most", "more", "extremely", "exceedingly", "too")
    tiny = tiny or (place.previous() in _BE and place.next in (".", ",", ";", "and", "in", "but", ""))
    return "maɪˈnut" if tiny else "ˈmɪnɪt" if place.previous() in DETERMINER else ""


_ALIVE_NEXT = words(
    "wire wires coal coals ammunition music broadcast broadcasts bait oak oaks show shows recording recordings "
    "performance performances television audience audiences shell shells round rounds embers rail steam stock weight"
)


_PERFORMED = words(
    "go goes going went broadcast recorded played plays playing performed performs performing sang sung aired streamed"
)


def _live(place: Place) -> str:
    alive, verb = _PAIRS["live"]
    previous, following = place.previous(), place.next
    if previous not in AUXILIARY | SUBJECT and (following in _ALIVE_NEXT or previous in _PERFORMED):
        return alive
    if previous == "long" or (
        _PLURAL.match(previous) and following in _PREPOSITION | words("near on there here alone")
    ):
        return verb
    return _by_part(place)


_WEEPING = words(
    "eye eyes cheek cheeks joy grief sorrow pity gratitude shed sheds wipe wiped wiping weep wept gas drop drops "
    "dropped duct ducts stained face single silent bitter salt brushed trickled rolled fell ran glistened blinked"
)


def _tear(place: Place) -> str:
    """Tell a rent, which is said like the verb, from the tear of an eye."""
    eye, rent = _PAIRS["tear"]
    if _WEEPING & {*place.before, *place.after}:
        return rent if place.previous() in AUXILIARY else eye
    as_noun = place.previous() in DETERMINER
    parted = words(
        "of in along through" if as_noun else "of to in off up apart down away open out at through into from"
    )
    return rent if place.next in parted or _is_verb(place) else ""


_WINDERS = words(
    "road path river stream trail lane procession track way valley staircase stairs street brook creek column "
    "avenue it he she that which"
)
_AROUND = words("up round around through down along among into its their between past away out about over across")


def _wound(place: Place) -> str:
    previous, following = place.previous(), place.next
    if previous in ("he", "she") or (following in _AROUND and previous not in DETERMINER | AUXILIARY):
        return "waʊnd"
    if previous in _WINDERS and following not in (".", ",", "", "on", "was", "in"):
        return "waʊnd"
    return "wund" if previous in DETERMINER or previous in AUXILIARY else ""


def _wind(place: Place) -> str:
    previous, following = place.previous(), place.next
    verb = previous in AUXILIARY | SUBJECT or (_PLURAL.match(previous) and previous not in ("winds", "its"))
    if verb and (following in _AROUND or following in _OBJECT):
        return "waɪnd"
    return "wɪnd" if previous in DETERMINER or previous in _PREPOSITION else ""


_HAVE = words("have has had having i've you've we've they've been be was were is are being he'd she'd i'd ever never")


def _read(place: Place) -> str:
    skipped = 1 if _ADVERB.match(place.previous()) else 0
    previous = place.previous(skipped)
    if previous in _HAVE:
        return "ɹɛd"
    if previous in ("he", "she"):
        asked = {"did", "does", "do", "could", "would", "should", "can", "may", "might", "must", "let", "that", "lest"}
        return "" if asked & set(place.before[-4:-1]) else "ɹɛd"
    return "ɹid" if previous in AUXILIARY else ""


def _polish(place: Place) -> str:
    return "ˈpɑlɪʃ" if _is_verb(place) else ""


def _job(place: Place) -> str:
    return "dʒoʊb" if place.capital and place.previous() not in _STARTS else ""


def _dove(place: Place) -> str:
    dived = place.next in ("into", "under", "in", "for", "down")
    if dived and place.previous() in ("he", "she", "i", "we", "they", "and"):
        return "doʊv"
    return "dʌv" if place.previous() in DETERMINER else ""


_RULES: dict[str, Callable[[Place], str]] = {
    "content": _content,
    "close": _close,
    "contents": lambda place: "" if place.previous() in ("himself", "he", "she", "it") else "ˈkɑntɛnts",
    "invalid": _invalid,
    "invalids": lambda _: "ˈɪnvəlɪdz",
    "lead": _lead,
    "bow": _bow,
    "bows": _bow,
    "bowed": _bow,
    "bowing": _bow,
    "row": _row,
    "bass": _bass,
    "minute": _minute,
    "live": _live,
    "tear": _tear,
    "wound": _wound,
    "wind": _wind,
    "read": _read,
    "dove": _dove,
    "polish": _polish,
    "job": _job,
    **PARTICIPLES,
}


def _form(said: str) -> Callable[[Place], str]:
    return lambda _: said


def _does(said: str) -> Callable[[Place], str]:
    """Return the rule of a form in -s, which is a verb behind "he"; voices say it like the noun."""

    def rule(place: Place) -> str:
        skipped = 1 if _ADVERB.match(place.previous()) else 0
        return said if place.previous(skipped) in _DOER else ""

    return rule


for _word in _VERB_FORMS:
    _said = _PAIRS[_word][1]
    _stem = f"{_word}{_word[-1] if _word == 'rebel' else ''}"
    _RULES[f"{_stem}ed"] = _form(_said + ("ɪd" if _said[-1] == "t" else "d"))
    _RULES[f"{_stem}ing"] = _form(f"{_said}ɪŋ")
    _RULES[f"{_word}s"] = _does(_said + ("s" if _said[-1] == "t" else "z"))

_RULES["deserts"] = lambda place: "dɪˈzɜɹts" if place.previous() in ("just", "your", "his", "our", "he", "she") else ""

SEVERAL_SOUNDS = frozenset({*_PAIRS, *_TAGGED, *_RULES})
# Those whose part of speech decides; "lead", "bow" and the like have two sounds as nouns.
TAGGED_SOUNDS = frozenset({*_PAIRS, *_TAGGED, "read"}) - words("sow tear absent")
