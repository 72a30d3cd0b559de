"""The engines by language: which one speaks a book whose user named none, what would sound better, and a sample
sentence."""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from msgspec import structs

from swarm.book.model.language_code import language_name
from swarm.errors import SwarmError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import Recipe
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import Engine
from swarm.voice.model_download import lacking_bytes

Quality = Literal["natural", "clear", "robotic"]

QUALITIES: tuple[Quality, ...] = ("natural", "clear", "robotic")


class Recommendation(NamedTuple):
    """An engine, with one of its models, that speaks a language."""

    word: str  # the value of --tts-engine
    engine: Engine
    model: str
    card: EngineCard
    quality: Quality

    @property
    def is_sure(self) -> bool:
        """Whether the model is known to exist: some engines have more models than a list can hold."""
        return not self.model or any(model.name == self.model for model in self.engine.models())

    def recipe(self, language: str) -> Recipe:
        """Return the recipe of its usual voice in a language that it speaks."""
        return Recipe(self.card.name, self.card.voices_for(language)[0].name, language, self.model)

    def download(self, language: str) -> int:
        """Return the bytes that a machine without it downloads for a language; 0 if it comes with the program."""
        if not self.model:
            return 0
        remote = self.engine.remote_model(self.recipe(language)) if self.card.voices_for(language) else None
        listed = next((model.size for model in self.engine.models() if model.name == self.model), 0)
        return sum(file.size for file in remote.files if file.digest) if remote else listed

    @property
    def is_on_gpus(self) -> bool:
        """Whether it is of use on a GPU only."""
        return self.card.device == "gpu"


def quality_of(card: EngineCard, language: str) -> Quality:
    """Return how an engine or model sounds in a language."""
    if language in card.natural:
        return "natural"
    return "robotic" if card.fault(language) else "clear"


def recommendations(engines: Iterable[Engine], language: str) -> list[Recommendation]:
    """Return what some engines recommend for a language, the best first; equal ones in the order of the engines.

    An engine of another package takes part only where its card says that it sounds natural.
    """
    found = [each for engine in engines for each in _recommended(engine, language)]
    return sorted(found, key=lambda each: QUALITIES.index(each.quality))


def _recommended(engine: Engine, language: str) -> Iterator[Recommendation]:
    for word in engine.words_for(language):
        try:
            model = engine.choose_model(word, language)
            card = engine.card_for(model)
        except Exception:  # another package's engine may raise anything, and then recommends nothing
            continue
        quality = quality_of(card, language)
        if card.speech and card.speaks(language) and (quality == "natural" or card.name in BUILT_IN):
            yield Recommendation(word, engine, model, card, quality)


def own_choice(engine: Engine, language: str) -> Recommendation | None:
    """Return what an engine itself would speak a language with, recommended or not; None if it has nothing for it."""
    try:
        model = engine.choose_model(engine.card.name, language)
        card = engine.card_for(model)
    except Exception:  # another package's engine may raise anything, and then has nothing
        return None
    return Recommendation(engine.card.name, engine, model, card, quality_of(card, language))


def usable(engines: Iterable[Engine], language: str, offered: Collection[str] = ()) -> list[Recommendation]:
    """Return what this machine has ready of the recommendations, or a worker offers by its word; the best first."""
    return [
        each
        for each in recommendations(engines, language)
        if each.word in offered or (each.word == each.engine.words_for(language)[0] and each.engine.is_ready(language))
    ]


_FREE = re.compile(r"(CC0|CC[ -]BY|Apache|MIT|BSD|ISC|MPL|[AL]?GPL|Unlicense|public domain)\b", re.IGNORECASE)
_BOUND = re.compile(r"\bNC\b|non-?commercial|research|CPML", re.IGNORECASE)


def is_free(licence: str) -> bool:
    """Return whether a licence is known to allow any use, commercial too: no other voice is fetched unasked."""
    return bool(_FREE.match(licence.strip())) and not _BOUND.search(licence)


def obtainable(engines: Iterable[Engine], language: str, than: Quality = "robotic") -> list[Recommendation]:
    """Return what sounds better than a quality and could be downloaded without a question, the best first.

    That is what runs in the program's own environment on a CPU, as fast as its card tells, and is free for any use.
    """
    return [
        each
        for each in recommendations(engines, language)
        if each.model and each.is_sure and not each.is_on_gpus and each.card.realtime and is_free(each.card.licence)
        if each.word == each.engine.words_for(language)[0] and not each.engine.requirements
        if QUALITIES.index(each.quality) < QUALITIES.index(than) and each.engine.is_installed()
    ]


def better_line(engines: Iterable[Engine], card: EngineCard, language: str) -> str:
    """Return a line that tells what would sound better than an engine, and how to get it; "" if it sounds natural."""
    taken = QUALITIES.index(quality_of(card, language))
    engines = list(engines)
    better = [each for each in recommendations(engines, language) if QUALITIES.index(each.quality) < taken]
    lines = [(each.card.name, line) for each in engines if (line := each.addable().get(language))]
    if not taken or not (better or lines or card.fault(language)):
        return ""
    line = f"{card.title} speaks {language_name(language)} {card.fault(language) or 'clearly'}"
    advice = [f"better: --tts-engine {name} (first: {first})" for name, first in lines]
    advice += [_advice(each, language) for each in better if not each.is_on_gpus][:1]
    advice += [_advice(each, language) for each in better if each.is_on_gpus][:1]
    return f"{line}; {'; '.join(advice)}." if advice else f"{line}; no better voice is known here."


def _advice(better: Recommendation, language: str) -> str:
    """Return how to get a better voice, in words."""
    where = ", on a machine with a GPU" if better.is_on_gpus else ""
    first = how_to_get(better, language)
    about = "; ".join(filter(None, (better.card.about, f"first: {first}" if first else "")))
    return f"{'better' if better.is_sure else 'perhaps better'}{where}: --tts-engine {better.word} ({about})"


def how_to_get(recommendation: Recommendation, language: str) -> str:
    """Return the commands that bring a recommendation to a machine; "" if it is on this one."""
    engine, commands = recommendation.engine, []
    if not engine.is_installed():
        commands.append(engine.card.install)
    if recommendation.model and recommendation.model not in engine.kept_models() and not engine.is_ready(language):
        several = {model.name for model in engine.models() if not model.by_language}
        option = "" if recommendation.model in several else f" --language {language}"
        commands.append(f"e2a-swarm models fetch {recommendation.word}{option}")
    return ", then ".join(filter(None, commands))


def downloads(engine: Engine, names: Iterable[str], language: str) -> dict[str, ModelCard]:
    """Return what `models fetch` downloads for each of some voices of an engine, with its bytes; others are here.

    It has the name of the model where the voice decides that, else of the voice.
    """
    known = {model.name: model for model in engine.models()}
    usual = own_choice(engine, language) if known and language else None
    found = {}
    for name in names if known else ():
        own = engine.model_of_voice(name)
        model = known.get(own or (usual.model if usual else ""))
        with suppress(SwarmError):
            remote = engine.remote_model(Recipe(engine.card.name, name, language, model.name)) if model else None
            if model and remote and (size := lacking_bytes(remote)):
                found[name] = structs.replace(model, name=own or name, size=size)
    return found


# A sentence of some sixty letters in languages that many engines speak.
SENTENCES = {
    "en": "The lamp in the hall was still burning when we came home late.",
    "fr": "La lampe du couloir brûlait encore quand nous sommes rentrés tard.",
    "de": "Die Lampe im Flur brannte noch, als wir spät nach Hause kamen.",
    "es": "La lámpara del pasillo seguía encendida cuando volvimos tarde a casa.",
    "it": "La lampada del corridoio era ancora accesa quando siamo tornati tardi.",
    "pt": "A lâmpada do corredor ainda estava acesa quando voltamos tarde para casa.",
    "nl": "De lamp in de gang brandde nog toen wij laat thuiskwamen.",
    "pl": "Lampa w korytarzu jeszcze się paliła, kiedy późno wróciliśmy do domu.",
    "ru": "Лампа в коридоре ещё горела, когда мы поздно вернулись домой.",
    "ja": "わたしたちが おそく かえったとき、ろうかの あかりは まだ ついていた。",
    "zh": "我们很晚才回到家的时候，走廊里的灯还亮着。",
}
ALPHABETIC = frozenset(SENTENCES) - {"ja", "zh"}  # languages with a letter a sound
FOREIGN = "Ana, Maria, Otto, Anna, Roma, Lima, Toledo."  # for other languages


def sentence(language: str) -> str:
    """Return a sentence in a language, or names for a language that none is known in."""
    return SENTENCES.get(language, FOREIGN)
