"""Engine cards: what is known of an engine without loading it. A machine without any model segments by its card."""

from typing import Literal

from msgspec import Struct

from swarm.job.recipe import Setting


class VoiceCard(Struct, frozen=True):
    """One voice of an engine."""

    name: str
    language: str  # primary subtag; "*" speaks any
    about: str = ""


class SettingCard(Struct, frozen=True):
    """A setting that an engine understands. The type of its default is the type of its values."""

    name: str
    default: Setting
    low: float = 0  # the least and the greatest number that is allowed
    high: float = 1_000_000
    choices: tuple[str, ...] = ()  # the words that are allowed; (): any word


SPEED = SettingCard("speed", 1.0, 0.5, 2.0)  # how fast a voice speaks, for the engines that can change it


class ModelCard(Struct, frozen=True):
    """One model of an engine that has several, or whose model has to be fetched."""

    name: str  # as recipes have it
    engine: str = ""  # the word of --tts-engine that means it; "" where only --fine-tuned does
    language: str = ""  # the primary subtag of the one language that it speaks; "" for several
    by_language: bool = False  # the word means a model for each language
    licence: str = ""

    @property
    def title(self) -> str:
        """The option that chooses it on the command line, followed by its own name."""
        said = f"{self.engine} --language {self.language}" if self.by_language else self.engine
        return f"{said}: {self.name}" if said else self.name


class EngineCard(Struct, frozen=True):
    """An engine, or one model of an engine, as the coordinator sees it."""

    name: str
    about: str
    languages: tuple[str, ...]  # primary subtags ("en", "fr"); ("*",) speaks any
    scripts: tuple[str, ...]  # Unicode script names ("Latin"); () speaks any
    limits: tuple[tuple[str, int], ...]  # (language, characters a segment); language "" is the default
    voices: tuple[VoiceCard, ...]  # the first that fits the language is the default
    settings: tuple[SettingCard, ...] = ()
    sample_rate: int = 0  # Hz, of all that it speaks; 0 where that depends on a model
    characters_s: float = 15.0  # characters spoken in a second, without pauses; for estimates
    device: Literal["cpu", "gpu"] = "cpu"
    install: str = ""  # the command that installs the engine where it is not here
    shares_process: bool = False  # slots that only wait need no process each
    speech: bool = True  # False: it makes sounds for rehearsals
    natural: tuple[str, ...] = ()  # languages in which it sounds natural, so that it is recommended for them
    faults: tuple[tuple[str, str], ...] = ()  # (language, how it speaks badly); language "" is the default
    numbers: tuple[str, ...] = ()  # languages whose figures it says right by itself; "*": all
    abbreviations: tuple[str, ...] = ()  # languages whose abbreviations ("Mr.") it says right by itself; "*": all
    phonemes: tuple[str, ...] = ()  # languages in which it takes words as phonemes; "*": all
    shortest: int = 0  # characters; a shorter sentence is spoken together with the next one
    takes: int = 1  # of a doubtful sentence; more than one where another seed sounds different
    clones: bool = False  # speaks with the voice of a recording
    custom: bool = False  # loads a model whose files come with the job
    any_voice: bool = False  # has voices that are known only once it is loaded
    model: str = ""  # what people call the one of its models that this card is of

    @property
    def title(self) -> str:
        """The name of the engine in a sentence."""
        return self.model or self.name

    @property
    def defaults(self) -> dict[str, Setting]:
        """The default of every setting, by name."""
        return {setting.name: setting.default for setting in self.settings}

    def limit(self, language: str) -> int:
        """Return how many characters a segment may have in a language."""
        by_language = dict(self.limits)
        return by_language.get(language, by_language[""])

    def voices_for(self, language: str) -> tuple[VoiceCard, ...]:
        """Return the voices that speak a language, the default first; all of them for ""."""
        return tuple(voice for voice in self.voices if not language or voice.language in (language, "*"))

    def speaks(self, language: str) -> bool:
        """Return whether the engine speaks a language, given as its primary subtag."""
        return "*" in self.languages or language in self.languages

    def fault(self, language: str) -> str:
        """Return how the engine speaks a language badly, as an adverb; "" where nothing is known against it."""
        by_language = dict(self.faults)
        return by_language.get(language, by_language.get("", ""))
