"""Engine cards: the facts of an engine that are known without loading it. A coordinator segments books by them.

A job may have cards of several engines: others than its own are guests in languages that it does not speak.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct, structs

from swarm.book.language.known import find_language
from swarm.book.model.book import Chapter
from swarm.book.model.engine_text import mark_voice, split_voice
from swarm.job.spec import Recipe, Setting


class VoiceCard(Struct, frozen=True):
    """One voice of an engine in one language. A voice that speaks several languages has an entry for each."""

    name: str
    language: str  # a primary subtag, or "*" for any language
    about: str = ""
    gender: str = ""  # "female", "male" or ""
    licence: str = ""  # the voice's own licence, if engine and model have another
    sound: tuple[float, ...] = ()  # pitch and colour, as measured: voices are as unlike as these are far; () if unknown

    @property
    def description(self) -> str:
        """What listeners want to know of the voice, such as "American, female"; "" if nothing is known."""
        return ", ".join(filter(None, (self.about, self.gender, self.licence)))


class SettingCard(Struct, frozen=True):
    """A setting that an engine understands. The type of its default is the type of its values."""

    name: str
    default: Setting
    low: float = 0  # smallest allowed number; it may be negative
    high: float = 1_000_000  # largest allowed number
    choices: tuple[str, ...] = ()  # allowed words; () allows any word
    about: str = ""  # the end of a sentence: "how fast the voice speaks"

    @property
    def values(self) -> str:
        """The allowed values in words, such as "a number from 0.5 to 2"; "" if every word is allowed."""
        if isinstance(self.default, bool):
            return "yes or no"
        if isinstance(self.default, str):
            return " or ".join(self.choices)
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:,.10g} to {self.high:,.10g}"


SPEED = SettingCard("speed", 1.0, 0.5, 2.0, about="how fast the voice speaks")  # only some engines can change it


class ModelCard(Struct, frozen=True):
    """One model of an engine that has several, or whose model has to be fetched."""

    name: str  # the value of `Recipe.model`
    engine: str = ""  # the word of --tts-engine that means the model; "" if only --fine-tuned does
    language: str = ""  # the primary subtag of its only language; "" if it speaks several
    by_language: bool = False  # whether the word means a different model for each language
    licence: str = ""
    size: int = 0  # bytes to download; 0 if unknown

    @property
    def title(self) -> str:
        """The options that choose the model on the command line, followed by its name."""
        option = f"{self.engine} --language {self.language}" if self.by_language else self.engine
        return f"{option}: {self.name}" if option else self.name


class EngineCard(Struct, frozen=True):
    """An engine, or one model of an engine, as the coordinator sees it."""

    name: str
    about: str
    languages: tuple[str, ...]  # primary subtags ("en", "fr"), or ("*",) for any language
    scripts: tuple[str, ...]  # Unicode script names ("Latin"); () for any script
    limits: tuple[tuple[str, int], ...]  # (language, most characters of a segment); language "" is the default
    voices: tuple[VoiceCard, ...]  # the first voice that fits a language is its default
    settings: tuple[SettingCard, ...] = ()
    sample_rate: int = 0  # Hz, of all that it speaks; 0 where that depends on a model
    characters_s: float = 15.0  # characters of English spoken in a second, without pauses; for estimates
    realtime: float = 0.0  # seconds of sound for each second of one core, as measured (docs/benchmarks.md); 0: unknown
    device: Literal["cpu", "gpu", "any"] = "cpu"  # the kind that it computes on; "any": a GPU is quicker
    install: str = ""  # the command that installs the engine, if it does not come with e2a-swarm
    shares_process: bool = False  # all slots use one process, since the engine only waits
    speech: bool = True  # False for sounds that are no speech, for rehearsals
    natural: tuple[str, ...] = ()  # languages that it is recommended for, since it sounds natural in them
    faults: tuple[tuple[str, str], ...] = ()  # (language, adverb for bad speech); language "" is the default
    numbers: tuple[str, ...] = ()  # languages whose numbers it reads correctly by itself; "*": all
    abbreviations: tuple[str, ...] = ()  # languages whose abbreviations ("Mr.") it reads correctly by itself; "*": all
    phonemes: tuple[str, ...] = ()  # languages in which it accepts phonemes of words; "*": all
    polyglot: bool = False  # speaks a segment in another of its languages, if the segment is in that
    read_only_in: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (script, languages): elsewhere its letters are named
    shortest: int = 0  # characters; a shorter sentence is joined with the next one
    takes: int = 1  # most takes of a doubtful sentence; more than 1 if another seed sounds different
    batch: int = 1  # most sentences that its voices speak together, quicker than one after the other
    clones: bool = False  # can speak with the voice of a recording
    custom: bool = False  # can load a custom model, whose files come with the job
    any_voice: bool = False  # accepts voices that are not listed, if `Engine.check_voice` does
    any_model: bool = False  # accepts models that are not listed, since only workers know them
    casts: bool = False  # opens another of its voices at once, so each character of a book may have one
    manners: tuple[tuple[str, str, Setting], ...] = ()  # (manner, setting, value): how it whispers, shouts or asks
    model: str = ""  # the usual name of the model, if the card describes a single model
    licence: str = ""  # the licence of the engine, or of the only model: "Apache-2.0"

    @property
    def title(self) -> str:
        """The name of the engine or model for sentences."""
        return self.model or self.name

    @property
    def defaults(self) -> dict[str, Setting]:
        """The default of every setting, by name."""
        return {setting.name: setting.default for setting in self.settings}

    def pace(self, language: str) -> float:
        """Return the characters of a language that it speaks in a second at its usual speed, without pauses."""
        return self.characters_s * find_language(language.partition("-")[0]).pace

    def limit(self, language: str) -> int:
        """Return the most characters that a segment may have in a language."""
        by_language = dict(self.limits)
        return by_language.get(language, by_language[""])

    def voices_for(self, language: str) -> tuple[VoiceCard, ...]:
        """Return the voices that speak a language, the default first; all voices for ""."""
        return tuple(voice for voice in self.voices if not language or voice.language in (language, "*"))

    def speaks(self, language: str) -> bool:
        """Return whether the engine speaks a language, given as its primary subtag."""
        return "*" in self.languages or language in self.languages

    def fault(self, language: str) -> str:
        """Return an adverb that tells how the engine speaks a language badly; "" if it speaks it well."""
        by_language = dict(self.faults)
        return by_language.get(language, by_language.get("", ""))


def in_manner(recipe: Recipe, card: EngineCard, manner: str) -> Recipe:
    """Return a recipe whose settings have it speak in a manner; a word is added to that of the user."""
    settings = dict(recipe.settings)
    for name, setting, value in card.manners:
        if name == manner:
            own = settings.get(setting, "")
            settings[setting] = f"{own} {value}".strip() if isinstance(value, str) else value
    return structs.replace(recipe, settings=tuple(sorted(settings.items())))


# The prefix of `Segment.voice` if a guest, a voice of another engine, speaks a segment: `guest:fr;espeak;;fr` has its
# language, engine, model and voice. So clip keys, journals and grants have all of it, and every worker that has the
# engine makes the same sound.
GUEST = "guest:"
_FIELDS = 4


class FallbackEngine(Struct, frozen=True):
    """Another engine with its voice for a language, and the card of its model."""

    recipe: Recipe
    card: EngineCard

    @property
    def voice(self) -> str:
        """Its name in segments."""
        recipe = self.recipe
        return GUEST + ";".join((recipe.language, recipe.engine, recipe.model, recipe.voice))


FallbackEngines = Mapping[str, FallbackEngine]  # keys are languages


def read_guest(voice: str) -> Recipe | None:
    """Return the recipe of a guest that a segment names, without settings; None if it names none."""
    fields = voice.removeprefix(GUEST).split(";", _FIELDS - 1)
    if not voice.startswith(GUEST) or len(fields) < _FIELDS:
        return None
    language, engine, model, name = fields
    return Recipe(engine, name, language, model)


def may_be_named(guest: FallbackEngine) -> bool:
    """Tell whether the name of a guest fits into an engine text and is read again as what it is."""
    return split_voice(mark_voice("", guest.voice))[0] == guest.voice and read_guest(guest.voice) is not None


def guests_in(chapters: Iterable[Chapter]) -> Counter[Recipe]:
    """Return the guests of some chapters, each with the number of its sentences."""
    voices = Counter(segment.voice for chapter in chapters for segment in chapter.segments)
    return Counter({guest: count for voice, count in voices.items() if (guest := read_guest(voice))})


def guest_places(chapters: Iterable[Chapter]) -> dict[tuple[int, int], Recipe]:
    """Return the guests by the places that they speak: chapter and index."""
    return {
        (number, index): guest
        for number, chapter in enumerate(chapters)
        for index, segment in enumerate(chapter.segments)
        if segment.voice.startswith(GUEST) and (guest := read_guest(segment.voice))
    }
