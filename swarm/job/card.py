"""What is known of an engine without loading it. In the base install: a laptop without torch segments for any."""

from typing import Literal

from msgspec import Struct

from swarm.job.recipe import Setting


class VoiceCard(Struct, frozen=True):
    """One voice of an engine."""

    name: str
    language: str  # primary subtag; "*" speaks any
    about: str = ""


class EngineCard(Struct, frozen=True):
    """An engine as the coordinator sees it."""

    name: str
    about: str
    languages: tuple[str, ...]  # primary subtags ("en", "fr"); ("*",) speaks any
    scripts: tuple[str, ...]  # Unicode script names ("Latin"); () speaks any
    limits: tuple[tuple[str, int], ...]  # (language, characters a segment); language "" is the default
    voices: tuple[VoiceCard, ...]  # the first that fits the language is the default
    settings: tuple[tuple[str, Setting], ...] = ()  # names it understands, with their defaults
    characters_s: float = 15.0  # spoken in a second, pauses apart; for estimates
    device: Literal["cpu", "gpu"] = "cpu"
    install: str = ""  # the line that brings it, where it is not here
    shares_process: bool = False  # slots that only wait need no process each
    numbers: tuple[str, ...] = ()  # languages whose figures it says right by itself; "*": all
    abbreviations: tuple[str, ...] = ()  # the same for "Mr." and the like
    phonemes: tuple[str, ...] = ()  # languages in which it takes words as phonemes; "*": all
    shortest: int = 0  # characters; a shorter sentence is spoken together with the next one
    takes: int = 1  # of a doubtful sentence; more than one where another seed sounds different
    clones: bool = False  # speaks with the voice of a recording
    custom: bool = False  # loads a model whose files come with the job
    any_voice: bool = False  # has voices that are known only once it is loaded
    model: str = ""  # what people call the one of its models that this card is of

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        return self.model or self.name

    def limit(self, language: str) -> int:
        """Characters a segment may have in a language."""
        by_language = dict(self.limits)
        return by_language.get(language, by_language[""])

    def voices_for(self, language: str) -> tuple[VoiceCard, ...]:
        """The voices that speak a language, the default first; all of them for ""."""
        return tuple(voice for voice in self.voices if not language or voice.language in (language, "*"))

    def speaks(self, language: str) -> bool:
        """Whether the engine speaks a language, given as its primary subtag."""
        return "*" in self.languages or language in self.languages
