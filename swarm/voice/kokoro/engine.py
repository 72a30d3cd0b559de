"""Kokoro: natural voices in eight languages, slower than hibari but fit for a CPU."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import structs

from swarm.book.model.language_code import language_name
from swarm.config import may_download
from swarm.errors import UsageError
from swarm.job.card import SPEED, EngineCard, ModelCard
from swarm.job.spec import Recipe
from swarm.system.machine import extra_line
from swarm.voice.engine import Check, FetchedEngine, Voice
from swarm.voice.espeak.engine import READ_ONLY_IN
from swarm.voice.kokoro.voices import (
    FULL,
    INT8,
    LICENCE,
    PACKAGES,
    VOICES,
    blend_name,
    has_weights,
    kept_files,
    missing_files,
    needed_files,
    read_blend,
    spoken_languages,
    voices_here,
)
from swarm.voice.model_download import RemoteFile, RemoteModel
from swarm.voice.onnx_session import computes_on

_LANGUAGES = spoken_languages()
CARD = EngineCard(
    name="kokoro",
    about="natural, some twice as fast as real time on a core",
    languages=_LANGUAGES,
    scripts=(),
    limits=(("", 300), ("ja", 100), ("zh", 80), ("hi", 200)),
    voices=tuple(voice for voice in VOICES if voice.language in _LANGUAGES),
    casts=True,
    settings=(SPEED,),
    sample_rate=24_000,
    characters_s=15.0,
    realtime=2.5,
    natural=_LANGUAGES,
    phonemes=_LANGUAGES,
    # espeak-ng names the letters of other scripts; Japanese is read by a package of its own, kanji too.
    read_only_in=tuple((script, (*codes, *(("ja",) if script == "Han" else ()))) for script, codes in READ_ONLY_IN),
    any_voice=True,  # blends
    licence=LICENCE,
)
MODELS = (
    ModelCard(INT8, "kokoro", licence=LICENCE, size=120_575_669),
    ModelCard(FULL, "kokoro-full", licence=LICENCE, size=353_746_785),
)


class KokoroEngine(FetchedEngine):
    """Kokoro-82M: its weights in 8 bits for CPUs, or the full ones, which GPUs compute more quickly."""

    card = CARD
    aliases = ("kokoro-full",)

    def computes_on(self) -> str:
        """Return "any" where ONNX Runtime is one that knows GPUs."""
        return computes_on()

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model in about a second; download what it lacks. Raises EngineFault."""
        self.fetched(recipe)
        from swarm.voice.kokoro.voice import open_voice

        return open_voice(recipe, device)

    def model_of(self, recipe: Recipe) -> str:
        """Return the model of a recipe, the small one for ""."""
        return recipe.model or INT8

    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the files that a model lacks here: weights may lie in a package instead of its folder."""
        return missing_files(model)

    def title_of(self, model: str) -> str:
        """Return the engine's name."""
        return "Kokoro"

    def remote_model(self, recipe: Recipe) -> RemoteModel | None:
        """Return the weights and the styles that a recipe needs, unless packages have them, and all else that is here.

        Raises UsageError for a voice that does not exist.
        """
        model = self.model_of(recipe)
        needed = needed_files(model, read_blend(recipe.voice))
        return RemoteModel(
            self.title_of(model), self.model_folder(model), tuple(dict.fromkeys((*needed, *kept_files(model))))
        )

    def is_ready(self, language: str) -> bool:
        """Return whether the weights and a voice of a language are on this machine."""
        return has_weights(INT8) and language in self.card.languages and language not in self.lacking_languages()

    def lacking_languages(self) -> tuple[str, ...]:
        """Return the languages of which no voice is here: the packages of the weights bring Japanese voices only."""
        here = voices_here(INT8)
        voices = {language: self.card.voices_for(language) for language in self.card.languages}
        return tuple(each for each, named in voices.items() if not any(voice.name in here for voice in named))

    def addable(self) -> Mapping[str, str]:
        """Return the languages whose packages are not here, each with the line that adds them."""
        return {each: extra_line(f"kokoro-{each}") for each in PACKAGES if each not in _LANGUAGES}

    def checks(self) -> Iterator[Check]:
        """Tell what of the model is on this machine, and which languages lack a package."""
        here = voices_here(INT8)
        more = "".join(f"; {language_name(each)}: {line}" for each, line in self.addable().items())
        if not has_weights(INT8) or not here:
            text = "its model is not on this machine; `e2a-swarm models fetch kokoro` downloads it (121 MB)"
            yield Check(f"engine {self.card.name}", "ok", text)
        elif len(here) < len(VOICES):
            text = f"{len(here)} of its {len(VOICES)} voices; `e2a-swarm models fetch kokoro` downloads all (28 MB)"
            yield Check(f"engine {self.card.name}", "ok", text + more)
        else:
            yield Check(f"engine {self.card.name}", "ok", f"{len(here)} voices{more}")

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card with the voices that can be had: those that are here, and all if they may be downloaded."""
        here = voices_here(model or INT8)
        if may_download() or not here:
            return self.card
        return structs.replace(self.card, voices=tuple(voice for voice in self.card.voices if voice.name in here))

    def check_voice(self, name: str, language: str, model: str) -> str:
        """Return the one name of a blend. Raises UsageError if it has a voice that does not exist or is not here."""
        if not name:
            raise UsageError(
                f"No {language_name(language)} voice of Kokoro is on this machine: `e2a-swarm models fetch kokoro`."
            )
        blend = read_blend(name)
        here = voices_here(model or INT8)
        lacking = sorted(set(blend) - here)
        if lacking and here and not may_download():
            raise UsageError(f"Kokoro's voice {lacking[0]} is not on this machine: `e2a-swarm models fetch kokoro`.")
        return blend_name(blend)

    def models(self) -> tuple[ModelCard, ...]:
        """Return the two models, which sound nearly the same."""
        return MODELS

    def offered_models(self) -> tuple[str, ...]:
        """Return the models that have some of their voices here too; "*" means that it can download any other."""
        here = (model.name for model in MODELS if has_weights(model.name) and voices_here(model.name))
        return (*(("*",) if may_download() else ()), *here)


engine = KokoroEngine()
