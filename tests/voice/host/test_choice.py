from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from swarm.job.card import EngineCard, ModelCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Voice
from swarm.voice.host.choice import better_line, how_to_get, quality_of, recommendations, usable
from swarm.voice.host.registry import better_voices_line, built_in_engines, find_card

BASE = EngineCard("espeak", "over 100", ("en", "fr"), (), (("", 300),), (VoiceCard("v", "*"),), faults=(("", "badly"),))


class Made(Engine):
    """An engine of a card, which is ready or not."""

    def __init__(self, ready: bool = True, models: tuple[ModelCard, ...] = (), **fields: object) -> None:
        self.card = structs.replace(BASE, **({"faults": ()} | fields))
        self._ready, self._models = ready, models

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        raise NotImplementedError

    def is_ready(self, language: str) -> bool:
        return self._ready

    def models(self) -> tuple[ModelCard, ...]:
        return self._models

    def kept_models(self) -> tuple[str, ...]:
        return ()

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        return self.card


def words(engines: tuple[Engine, ...], offered: tuple[str, ...] = (), language: str = "fr") -> list[str]:
    return [each.word for each in usable(engines, language, offered)]


ROBOT = Made(faults=(("", "badly"),))
CLEAR = Made(name="coqui")
NATURAL = Made(name="kokoro", natural=("fr",))


def test_the_best_class_goes_first_and_equal_ones_in_their_order() -> None:
    assert [quality_of(each.card, "fr") for each in (NATURAL, CLEAR, ROBOT)] == ["natural", "clear", "robotic"]
    assert words((ROBOT, CLEAR, NATURAL)) == ["kokoro", "coqui", "espeak"]
    twin = Made(name="hibari", natural=("fr",))
    assert words((twin, NATURAL)) == ["hibari", "kokoro"]
    assert words((NATURAL, twin)) == ["kokoro", "hibari"]
    assert words((ROBOT, CLEAR, NATURAL), language="en") == ["coqui", "kokoro", "espeak"]


def test_only_what_is_ready_here_or_offered_by_a_worker_counts() -> None:
    away = Made(name="kokoro", natural=("fr",), ready=False)
    assert words((ROBOT, away)) == ["espeak"]
    assert words((ROBOT, away), ("kokoro",)) == ["kokoro", "espeak"]


def test_an_engine_of_another_package_takes_part_where_it_is_natural() -> None:
    other = Made(name="other", natural=("en",))
    assert words((ROBOT, other)) == ["espeak"]
    assert words((ROBOT, other), language="en") == ["other", "espeak"]
    assert words((Made(name="tone", speech=False, natural=("fr",)),)) == []


def test_an_engine_that_raises_recommends_nothing() -> None:
    class Raises(Made):
        def choose_model(self, word: str, language: str, model: str = "") -> str:
            raise OSError("no disk")

    assert recommendations([Raises(name="kokoro", natural=("fr",)), ROBOT], "fr")[0].word == "espeak"


def test_the_way_to_a_voice_is_told() -> None:
    class Away(Made):
        def is_installed(self) -> bool:
            return False

    models = (ModelCard("coqui/fr", "coqui", "fr", by_language=True),)
    [away] = recommendations([Away(False, models, name="coqui", install="pip install it")], "fr")
    assert how_to_get(away, "fr") == "pip install it, then e2a-swarm models fetch coqui --language fr"
    [one] = recommendations([Made(False, (ModelCard("one", "kokoro"),), name="kokoro", natural=("fr",))], "fr")
    assert how_to_get(one, "fr") == "e2a-swarm models fetch kokoro"
    assert how_to_get(recommendations([NATURAL], "fr")[0], "fr") == ""


def test_what_is_better_is_told_of_all_that_is_not_natural() -> None:
    assert better_line([NATURAL, ROBOT], NATURAL.card, "fr") == ""
    assert better_line([CLEAR], CLEAR.card, "fr") == ""
    assert better_line([ROBOT], ROBOT.card, "fr") == "espeak speaks French badly; no better voice is known here."
    assert better_line([NATURAL], CLEAR.card, "fr").startswith(
        "coqui speaks French clearly; better: --tts-engine kokoro"
    )


def test_an_engine_that_lacks_the_package_of_a_language_is_named_with_the_line_that_adds_it() -> None:
    class Lacking(Made):
        def addable(self) -> Mapping[str, str]:
            return {"ja": "pip install kana"}

    kokoro = Lacking(name="kokoro", languages=("fr",), natural=("fr",))
    told = "espeak speaks Japanese badly; better: --tts-engine kokoro (first: pip install kana)."
    assert better_line([kokoro, ROBOT], ROBOT.card, "ja") == told
    assert "kana" not in better_line([kokoro, ROBOT], ROBOT.card, "fr")


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("sv", "piper"),
        ("uk", "piper"),
        ("el", "piper"),
        ("vi", "piper"),
        ("fi", "piper"),
        ("et", "vits"),
        ("bg", "vits"),
    ],
)
def test_languages_with_a_small_model_are_known_to_have_a_better_voice(language: str, word: str) -> None:
    line = better_voices_line(find_card("espeak"), language)
    assert f"; better: --tts-engine {word} (" in line
    assert f"e2a-swarm models fetch {word} --language {language}" in line


def test_what_may_exist_is_not_promised() -> None:
    line = better_voices_line(find_card("espeak"), "id")
    assert "; perhaps better: --tts-engine fairseq (" in line
    assert "e2a-swarm models fetch fairseq --language id" in line


def test_the_page_tells_what_the_cards_tell() -> None:
    page = (Path(__file__).parents[3] / "docs" / "voices.md").read_text(encoding="utf-8")
    engines = [engine for engine in built_in_engines() if engine.card.speech]
    table = page.partition("\n| ---")[2].partition("\n\n")[0]  # the page's first
    for row in (line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ") and "(" in line):
        codes = row[0].partition("(")[2].partition(")")[0].split()
        for code in codes:
            found = recommendations(engines, code)
            for quality, cell in zip(("natural", "clear", "robotic"), row[1:], strict=True):
                told = {each.word for each in found if each.quality == quality and each.is_sure}
                known = set(cell.replace(",", " ").split())
                if code in ("ja", "zh"):  # kokoro takes an extra for them
                    told |= known & {"kokoro"}
                assert known == told, (code, quality)
