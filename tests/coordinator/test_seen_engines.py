from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from swarm.coordinator.seen_engines import FOLDER, GIVEN_UP_S, LATELY_S, MAX_KEPT, SeenEngines
from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.lease.message import PROTOCOL, Device, EngineOffer, Hello
from swarm.voice.host import registry
from swarm.voice.host.foreign import EngineFacts
from swarm.voice.host.registry import find_engine

CARD = EngineCard("drum", "beats\x1b[2J", ("en",), (), (("", 300),), (VoiceCard("tom", "*"),))


@pytest.fixture(autouse=True)
def nothing_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_OFFERED", {})


def hello(*offers: EngineOffer) -> Hello:
    return Hello("w", "n", "attic", "1", offers, (), 1, PROTOCOL)


def offer(name: str = "drum", card: EngineCard = CARD) -> EngineOffer:
    return EngineOffer(name, ("en",), facts=msgspec.msgpack.encode(EngineFacts(card)))


def test_an_offer_is_known_at_once_and_in_later_runs(tmp_path: Path) -> None:
    seen = SeenEngines(tmp_path)
    seen.meet(hello(offer(), EngineOffer("espeak", ("fr",))))
    assert find_engine("drum").card.about == "beats [2J"  # no text of a stranger steers the terminal
    seen.save()
    registry._OFFERED.clear()
    assert SeenEngines(tmp_path).seen.keys() == {"drum", "espeak"}
    assert find_engine("drum").card.voices == CARD.voices


@pytest.mark.parametrize(
    "bad",
    [
        offer("../drum"),
        offer("flute"),  # the card has another name
        structs.replace(offer(), facts=b"\xff"),
        offer(card=structs.replace(CARD, limits=(("", 0),))),
    ],
)
def test_a_bad_offer_is_passed_over(bad: EngineOffer, tmp_path: Path) -> None:
    seen = SeenEngines(tmp_path)
    seen.meet(hello(bad))
    seen.save()
    assert not seen.seen
    assert not list(tmp_path.rglob("*.msgpack"))


def test_strangers_fill_neither_memory_nor_disk(tmp_path: Path) -> None:
    seen = SeenEngines(tmp_path)
    for number in range(0, 2 * MAX_KEPT, 50):
        seen.meet(hello(*(EngineOffer(f"e{number + each}", ()) for each in range(50))))
    seen.save()
    assert len(seen.seen) == len(list((tmp_path / FOLDER).iterdir())) == MAX_KEPT


def test_damaged_files_and_a_folder_that_cannot_be_written_harm_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "a.msgpack").write_bytes(b"\xff\xff")
    (tmp_path / FOLDER / "b.msgpack").write_bytes(bytes(100_000))
    assert not SeenEngines(tmp_path).seen
    (tmp_path / "file").touch()
    seen = SeenEngines(tmp_path / "file")
    seen.meet(hello(offer()))
    seen.save()


def test_what_workers_of_the_last_days_can_speak_is_known(tmp_path: Path) -> None:
    now = 1000.0
    seen = SeenEngines(tmp_path, lambda: now)
    xtts = "tts_models/multilingual/multi-dataset/xtts_v2"
    offers = EngineOffer("coqui", ("*",), ("*", xtts)), EngineOffer("kokoro", ("fr",), ("*",))
    seen.meet(hello(*offers))
    assert seen.words("de") == set()  # no GPU
    assert seen.words("fr") == set()  # kokoro's model has to be fetched there
    assert seen.fetchable("fr") == {"kokoro", "xtts", "vits"}
    assert seen.fetchable("cy") == {"fairseq"}
    seen.meet(structs.replace(hello(*offers), devices=(Device("cuda:0"),)))
    assert seen.words("de") == {"xtts"}
    seen.meet(hello(EngineOffer("kokoro", ("fr", "ja"), ("*", "kokoro-v1.0-int8"), lacks=("fr",))))
    assert ("kokoro" in seen.words("fr"), "kokoro" in seen.words("ja")) == (False, True)  # the model is there
    seen.save()
    assert SeenEngines(tmp_path, lambda: now + LATELY_S - 1).words("de") == {"xtts"}
    later = SeenEngines(tmp_path, lambda: now + LATELY_S + 1)
    assert later.words("de") == set()
    assert later.fetchable("de") is None  # no worker is known, and so not what it could have
    now += LATELY_S + 1
    seen.meet(structs.replace(hello(*offers), devices=(Device("cuda:0"),)))
    assert seen.words("de") == {"xtts"}


def test_a_voice_that_no_worker_could_open_is_given_up_for_a_while(tmp_path: Path) -> None:
    now = 1000.0
    seen = SeenEngines(tmp_path, lambda: now)
    french, german = Recipe("kokoro", "ff_siwis", "fr"), Recipe("piper", "joe", "de")
    assert seen.give_up(french, "its server sent another file")
    assert not seen.give_up(french, "its server is out of reach")  # it would be given up again and again
    assert (seen.why_given_up(french), seen.why_given_up(german)) == ("its server sent another file", "")
    now += GIVEN_UP_S
    assert (seen.why_given_up(french), seen.give_up(french, "the disk is full")) == ("", True)
