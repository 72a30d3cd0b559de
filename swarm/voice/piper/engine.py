"""Piper: a natural voice in 37 languages, on the CPU, and voices that users train or find."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from swarm.errors import UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.engine import Check, FetchedEngine, Voice, unavailable
from swarm.voice.model_download import RemoteFile, is_whole
from swarm.voice.onnx_session import computes_on
from swarm.voice.piper.voices import (
    CARD,
    find_listed,
    folder_of,
    is_piper,
    listed_voices,
    model_cards,
    parse_config,
    read_config,
    voice_model_card,
    voices_here,
)


class PiperEngine(FetchedEngine):
    """Voices of Piper: a network and a config each. espeak-ng says their phonemes."""

    card = CARD

    def computes_on(self) -> str:
        """Return "any" where ONNX Runtime is one that knows GPUs."""
        return computes_on()

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load a voice in about a second; download it if it is not here. Raises EngineFault."""
        from swarm.voice.piper.voice import open_voice

        if recipe.model.startswith(CUSTOM):
            if job_files is None:
                raise unavailable("The files of the custom model are not here.")
            return open_voice(recipe, device, job_files / "model")
        return open_voice(recipe, device, self.fetched(recipe))

    def model_of(self, recipe: Recipe) -> str:
        """Return the name of a recipe's model; characters have other voices than the book. Raises UsageError."""
        if recipe.model.startswith(CUSTOM):
            return ""
        return find_listed(self.model_of_voice(recipe.voice) or recipe.model).name

    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the weights of a voice, its config and its card."""
        return listed_voices()[model].files

    def title_of(self, model: str) -> str:
        """Return the name of a voice."""
        return f"the voice {model}"

    def is_ready(self, language: str) -> bool:
        """Return whether a voice of a language is on this machine."""
        return any(listed_voices()[name].language == language for name in self.kept_models())

    def checks(self) -> Iterator[Check]:
        """Tell which voices are on this machine."""
        kept = self.kept_models()
        here = f"{len(kept)} voices here: {', '.join(kept)[:200]}" if kept else "no voice is on this machine"
        text = f"{here}; `e2a-swarm models fetch piper --language de` downloads one"
        yield Check(f"engine {self.card.name}", "ok", text)

    def answers_to(self, word: str) -> bool:
        """Return whether a word is "piper", or "piper:" and a voice."""
        return is_piper(word)

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a voice, which has its speakers if it is here. Raises UsageError."""
        return voice_model_card(model, config)

    def loads_custom(self, config: Mapping[str, object]) -> bool:
        """Return whether a custom model is a Piper voice, by its config."""
        return "phoneme_id_map" in config

    def custom_fault(self, config: Mapping[str, object], files: Collection[str]) -> str:
        """Return why a custom Piper voice cannot be used, judging by its config."""
        if not self.loads_custom(config):
            return ""
        if "model.onnx" not in files:
            return "there is no .onnx file beside the config of this Piper voice"
        try:
            parse_config(config)
        except ValueError as fault:
            return f"the config of this Piper voice cannot be used: {fault}"
        return ""

    def model_of_voice(self, name: str) -> str:
        """Return the model that a voice's name means: each voice is a model of its own."""
        word = name.partition(":")[0].lower()
        return next((each for each in listed_voices() if each.lower() == word), "")

    def check_voice(self, name: str, language: str, model: str) -> str:
        """Return the whole name of a speaker, such as "de_DE-mls-medium:2422". Raises UsageError."""
        if model.startswith(CUSTOM):
            return name if ":" in name else f"{self.card_for(model).voices[0].name}:{name}"
        book, model = listed_voices()[model], self.model_of_voice(name) or model
        voice, speaker = listed_voices()[model], name.rpartition(":")[2]
        if not voice.may_join(book):
            raise UsageError(f"{model} does not go with {book.name}: another language, or another sample rate.")
        config = read_config(voice)
        number = config.speaker(speaker) if config else int(speaker) if speaker.isdecimal() else 0
        if voice.speakers == 1 or (not config and not speaker.isdecimal()):
            raise UsageError(f"Piper has no voice {name[:60]!r}: `e2a-swarm voices --language {language}` lists them.")
        if number is None or not 0 <= number < voice.speakers:
            raise UsageError(f"{model} has no speaker {speaker[:60]!r}: it has {voice.speakers}, counted from 0.")
        return f"{model}:{speaker}"

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the voice that a word or a name means, else one of the language: one that is here first."""
        if model or word.startswith(f"{self.card.name}:"):
            return find_listed(model or word).name
        here = [name for name in self.kept_models() if listed_voices()[name].language == language]
        return here[0] if here else find_listed("", language).name

    def find_model(self, word: str, language: str = "") -> str:
        """Return the voice that a name or "piper" and a language mean. Raises UsageError."""
        return find_listed(word, language).name

    def models(self) -> tuple[ModelCard, ...]:
        """Return the voices of the collection, each with its own licence."""
        return model_cards()

    def kept_models(self) -> tuple[str, ...]:
        """Return the voices on this machine."""
        return tuple(voice.name for voice in voices_here() if is_whole(folder_of(voice.name), voice.files))

    def model_folder(self, model: str) -> Path:
        """Return the folder of a voice, which may not exist yet."""
        return folder_of(model)


engine = PiperEngine()
