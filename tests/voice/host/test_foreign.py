from pathlib import Path
from typing import Any

import pytest

from swarm.job.card import EngineCard, ModelCard, SettingCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Voice
from swarm.voice.host.foreign import check_foreign


def card(**fields: Any) -> EngineCard:
    whole = {"name": "odd", "about": "", "languages": ("en",), "scripts": (), "limits": (("", 300),), "voices": ()}
    return EngineCard(**(whole | fields))


class OddEngine(Engine):
    """An engine that raises where it is told to."""

    def __init__(self, its_card: object, raises: str = "") -> None:
        self.card, self._raises = its_card, raises  # type: ignore[assignment]

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        raise NotImplementedError

    def is_installed(self) -> bool:
        return self._answer("is_installed")

    def models(self) -> tuple[ModelCard, ...]:
        self._answer("models")
        return ()

    def _answer(self, asked: str) -> bool:
        if asked == self._raises:
            raise OSError(f"no {asked}")
        return True


def test_an_engine_that_answers_is_taken_as_it_is() -> None:
    engine = OddEngine(card(settings=(SettingCard("mode", "warm"), SettingCard("depth", 2, 0, 5))))
    assert check_foreign(engine) is engine


@pytest.mark.parametrize("asked", ["is_installed", "models"])
def test_what_an_engine_raises_is_told(asked: str) -> None:
    with pytest.raises(OSError, match=f"no {asked}"):
        check_foreign(OddEngine(card(), asked))


@pytest.mark.parametrize("no_engine", [None, "engine", card()])
def test_what_is_no_engine_is_refused(no_engine: object) -> None:
    with pytest.raises(TypeError, match="is not a swarm"):
        check_foreign(no_engine)


@pytest.mark.parametrize("no_card", [None, {}, "odd"])
def test_an_engine_without_a_card_is_refused(no_card: object) -> None:
    with pytest.raises(TypeError, match="no card"):
        check_foreign(OddEngine(no_card))


@pytest.mark.parametrize("name", ["", "Odd", "o dd", "../odd", "odd\x1b[31m", "odd\n", "ödd", "x" * 41])
def test_a_name_that_nobody_can_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="its name is"):
        check_foreign(OddEngine(card(name=name)))


@pytest.mark.parametrize("fields", [{"about": None}, {"voices": ("v",)}, {"characters_s": "fast"}, {"device": "tpu"}])
def test_a_card_with_fields_of_another_type_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Expected|Invalid"):
        check_foreign(OddEngine(card(**fields)))


@pytest.mark.parametrize("fields", [{"languages": ()}, {"limits": ()}, {"limits": (("en", 300),)}])
def test_a_card_without_a_language_or_a_limit_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no languages, or no limit"):
        check_foreign(OddEngine(card(**fields)))


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        (SettingCard("speed", float("nan"), 0, 1), "speed must be a number"),
        (SettingCard("speed", 3.0, 0, 1), "speed must be a number"),
        (SettingCard("a b", 1), "cannot take"),
        (SettingCard("", 1), "cannot take"),
        (SettingCard("a=b", 1), "cannot take"),
        (SettingCard("pitch", 0.0, 2, -2), "no possible value"),
        (SettingCard("depth", 1, choices=("1", "2")), "choices that are no words"),
    ],
)
def test_a_setting_whose_default_or_name_cannot_be_is_refused(setting: SettingCard, reason: str) -> None:
    with pytest.raises(Exception, match=reason):
        check_foreign(OddEngine(card(settings=(setting,))))
