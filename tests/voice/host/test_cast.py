"""The voices of characters are checked by the card of the book's model, before anything is loaded."""

import json
from pathlib import Path

import pytest

from swarm.book.model.reading_choice import Cast
from swarm.errors import UsageError
from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.coqui.files import folder_of
from swarm.voice.host.fallback_voices import check_cast

VCTK = Recipe("coqui", "p225", "en", "tts_models/en/vctk/vits")
MINE = Recipe("coqui", "default", "en", CUSTOM + "0" * 64)


def test_a_cast_has_the_own_names_of_voices_of_an_engine_that_changes_them() -> None:
    xtts = Recipe("coqui", "Claribel Dervla", "en", "tts_models/multilingual/multi-dataset/xtts_v2")
    assert check_cast(xtts, Cast("gracie wise")) == Cast("Gracie Wise")
    with pytest.raises(UsageError, match="has no voice 'Nobody'"):
        check_cast(xtts, Cast(speakers=(("Holmes", "Nobody"),)))


def test_an_engine_that_changes_no_voices_speaks_a_book_with_one() -> None:
    one = Recipe("chatterbox", "default", "en")
    with pytest.raises(UsageError, match="speaks a book with one voice: for several use --tts-engine hibari or"):
        check_cast(one, Cast("default"))


def test_speakers_of_a_vits_are_known_where_the_model_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    cast = Cast("p226", speakers=(("Holmes", "P227"),))
    assert check_cast(VCTK, cast) == cast  # a worker that has the model knows better
    folder = folder_of(VCTK.model)
    folder.mkdir(parents=True)
    (folder / "speaker_ids.json").write_text(json.dumps({"p225": 0, "p226": 1, "p227": 2}))
    assert check_cast(VCTK, cast) == Cast("p226", speakers=(("Holmes", "p227"),))
    with pytest.raises(UsageError, match="has no voice 'p999'; it has p225, p226, p227"):
        check_cast(VCTK, Cast("p999"))


@pytest.mark.parametrize("text", ["", "[", "[1]", "{", '{"a": {}}', "null", "[" * 2000])
def test_a_damaged_list_of_speakers_refuses_no_voice(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    folder_of(VCTK.model).mkdir(parents=True)
    (folder_of(VCTK.model) / "config.json").write_text(text)
    assert check_cast(VCTK, Cast("p226")) == Cast("p226")


def test_speakers_that_the_config_of_a_custom_model_lists_are_all_there_are() -> None:
    config = {"model": "vits", "speakers": ["ada", "Bob"]}
    assert check_cast(MINE, Cast("bob"), config) == Cast("Bob")
    with pytest.raises(UsageError, match=r"a custom vits model has no voice 'eve'.*are default, ada, Bob"):
        check_cast(MINE, Cast("eve"), config)


@pytest.mark.parametrize(
    "config",
    [
        {"model": "vits", "speakers": ["ada"], "speakers_file": "/there/speaker_ids.json"},
        {"model": "vits", "speakers": ["ada"], "model_args": {"d_vector_file": ["speakers.json"]}},
        {"model": "vits", "speakers": [str(number) for number in range(1000)]},
        {"model": "vits"},
        {"model": "xtts"},
        {},
    ],
)
def test_speakers_that_only_another_file_lists_are_left_to_the_worker(config: dict[str, object]) -> None:
    assert check_cast(MINE, Cast("eve"), config) == Cast("eve")
