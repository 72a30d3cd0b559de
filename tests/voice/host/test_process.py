"""The sound of a guest beside the voice that reads the book."""

import asyncio
import hashlib
import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec import structs

from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind, Pcm, SpokenLine, TimedSound
from swarm.voice.host.other_voices import MAX_PEAK, MatchedVoice, loudness_db
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import choose_recipe, engine_target

RECIPE = Recipe("faulty", "good", "en")


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[EngineProcess]:
    process = EngineProcess()
    await process.start("faulty_engine:engine", tmp_path / "engine.log")
    yield process
    await process.end_engine()


async def fault_of(process: EngineProcess, text: str, slot: int = 0) -> tuple[FaultKind, str]:
    with pytest.raises(EngineFault) as fault:
        await process.speak(slot, text, 1)
    return fault.value.kind, str(fault.value)


@pytest.mark.parametrize("engine", ["hibari", "espeak", "metronome"])
async def test_every_engine_speaks_from_its_process(engine: str, tmp_path: Path) -> None:
    process = EngineProcess()
    await process.start(engine_target(engine), tmp_path / "log")
    await process.open(0, choose_recipe("en", engine=engine), "cpu:0")
    spoken = await process.speak(0, "A sentence for every engine.", 5)
    sound, rate = soundfile.read(io.BytesIO(spoken.frame), dtype="int16")
    assert (len(sound), rate) == (spoken.info.samples, spoken.info.sample_rate)
    assert 1 < len(sound) / rate < 4
    assert spoken.info.digest == hashlib.sha256(spoken.frame).hexdigest()
    assert 0 < spoken.info.work_s < 5
    assert (await process.speak(0, "A sentence for every engine.", 5)).info.digest == spoken.info.digest
    await process.end_engine()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the variables of a process from /proc")
async def test_an_engine_computes_in_one_thread_whatever_this_process_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    process = EngineProcess()
    await process.start("faulty_engine:engine", tmp_path / "engine.log")
    assert b"OMP_NUM_THREADS=1" in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    await process.end_engine()


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("empty", FaultKind.EMPTY, ""),
        ("silent", FaultKind.SILENT, ""),
        ("nan", FaultKind.NONFINITE, "not numbers"),
        ("long", FaultKind.IMPLAUSIBLE, ""),
        ("floats", FaultKind.ERROR, "float32"),
        ("raise", FaultKind.ERROR, "bad weather"),
        ("exit", FaultKind.ERROR, "SystemExit"),
        ("memory", FaultKind.MEMORY, "20.00 MiB"),
        ("ram", FaultKind.MEMORY, ""),
        ("lost", FaultKind.DEVICE, "launch failure"),
    ],
)
async def test_a_bad_sound_is_named_and_the_process_goes_on(
    process: EngineProcess, text: str, kind: FaultKind, words: str
) -> None:
    await process.open(0, RECIPE, "cpu:0")
    named, message = await fault_of(process, text)
    assert named is kind
    assert words in message
    assert len(message) < 1200
    assert (await process.speak(0, "fine", 1)).info.samples > 20_000


async def test_a_take_without_sound_is_followed_by_one_with_the_next_seed(process: EngineProcess) -> None:
    await process.open(0, RECIPE, "cpu:0")
    spoken = await process.speak(0, "waver", 1, 2, 3)
    assert (spoken.further, spoken.info.takes, spoken.info.doubt) == (1, 2, "")
    assert (await process.speak(0, "waver", 2, 3)).further == 0


@pytest.mark.parametrize("text", ["crash", "segfault"])
async def test_a_crash_is_named_with_the_end_of_the_log(process: EngineProcess, text: str) -> None:
    await process.open(0, RECIPE, "cpu:0")
    kind, message = await fault_of(process, text)
    assert kind is FaultKind.CRASHED
    assert "signal" in message or "code" in message
    assert text == "segfault" or "the model broke" in message
    assert (await fault_of(process, "fine"))[0] is FaultKind.CRASHED


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
async def test_a_processor_that_lacks_an_instruction_is_no_fault_of_the_text(process: EngineProcess) -> None:
    await process.open(0, RECIPE, "cpu:0")
    kind, message = await fault_of(process, "illegal")
    assert kind is FaultKind.UNAVAILABLE
    assert "this processor lacks an instruction" in message


async def test_a_hung_engine_can_be_killed(process: EngineProcess) -> None:
    await process.open(0, RECIPE, "cpu:0")
    hung = asyncio.create_task(process.speak(0, "hang", 1))
    await asyncio.sleep(0.05)
    process.kill()
    with pytest.raises(EngineFault) as fault:
        await hung
    assert fault.value.kind is FaultKind.CRASHED


@pytest.mark.parametrize("voice", ["missing", "broken", "deadly"])
async def test_a_voice_that_does_not_open_is_unavailable(process: EngineProcess, voice: str) -> None:
    with pytest.raises(EngineFault) as fault:
        await process.open(0, Recipe("faulty", voice, "en"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE


async def test_a_voice_for_which_there_is_no_room_blames_the_memory(process: EngineProcess) -> None:
    with pytest.raises(EngineFault, match="out of memory") as fault:
        await process.open(0, Recipe("faulty", "fat", "en"), "cpu:0")
    assert fault.value.kind is FaultKind.MEMORY


async def test_an_engine_that_cannot_be_imported_is_unavailable(tmp_path: Path) -> None:
    process = EngineProcess()
    await process.start("no_such_module:engine", tmp_path / "log")
    with pytest.raises(EngineFault, match="no_such_module") as fault:
        await process.open(0, RECIPE, "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE
    await process.end_engine()


async def test_a_voice_gets_its_files_and_what_it_computed_of_them_comes_back(
    process: EngineProcess, tmp_path: Path
) -> None:
    (tmp_path / "voice.wav").write_bytes(b"RIFF")
    assert await process.open(0, RECIPE, "cpu:0", tmp_path) == b"FFIR"
    assert await process.open(1, RECIPE, "cpu:1") == b""


async def test_a_log_that_cannot_be_written_makes_it_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineFault, match="log") as fault:
        await EngineProcess().start("faulty_engine:engine", tmp_path / "file" / "log")
    assert fault.value.kind is FaultKind.UNAVAILABLE


async def test_slots_of_one_process_speak_at_the_same_time(process: EngineProcess) -> None:
    for slot in (0, 1):
        await process.open(slot, RECIPE, f"cpu:{slot}")
    both = await asyncio.gather(process.speak(0, "meet", 1), process.speak(1, "meet", 1))
    assert len(both) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends processes when memory runs out")
async def test_when_the_machines_memory_runs_out_it_is_the_engine_that_goes(process: EngineProcess) -> None:
    await process.open(0, RECIPE, "cpu:0")
    own, its = (int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in ("self", process.pid))
    assert its > own or own >= 800


async def test_a_slot_speaks_in_order(process: EngineProcess) -> None:
    await process.open(0, RECIPE, "cpu:0")
    done: list[str] = []

    async def speak(text: str) -> None:
        await process.speak(0, text, 1)
        done.append(text)

    await asyncio.gather(speak("slow"), speak("fine"))
    assert done == ["slow", "fine"]


async def test_chatter_does_not_disturb_the_pipe(process: EngineProcess, tmp_path: Path) -> None:
    await process.open(0, RECIPE, "cpu:0")
    await process.speak(0, "chatter", 1)
    log = (tmp_path / "engine.log").read_text()
    assert "chatter" in log
    assert "from C" in log


async def test_what_an_engine_tells_while_it_loads_is_heard(process: EngineProcess) -> None:
    heard: list[str] = []
    await process.open(0, Recipe("faulty", "distant", "en"), "cpu:0", listen=heard.append)
    assert heard == ["downloading it, 43 %", "downloading it, 44 %"]


# Each of these ended espeak, or kept it busy for over 25 s.
LONG = ("ʃ" * 19_000, "a. " * 6_000, "\u202e" * 20_000, "I" * 20_000, "a\n" * 10_000)


async def test_a_text_that_is_too_long_for_any_engine_is_not_given_to_one(tmp_path: Path) -> None:
    process = EngineProcess()
    await process.start(engine_target("espeak"), tmp_path / "log")
    await process.open(0, choose_recipe("en", engine="espeak"), "cpu:0")
    for text in LONG:
        assert await fault_of(process, text) == (
            FaultKind.ERROR,
            f"the text has {len(text):,} characters; an engine gets 2,000 at most",
        )
    for text in LONG:
        assert (await process.speak(0, "One. " + text[:1900], 1)).frame
    await process.end_engine()


async def test_a_voice_that_the_coordinator_could_not_check_is_refused_before_it_is_loaded(
    process: EngineProcess,
) -> None:
    with pytest.raises(EngineFault, match=r"good\+deadly blends nothing\. The coordinator") as fault:
        await process.open(0, structs.replace(RECIPE, voice="good+deadly"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE
    await process.open(0, RECIPE, "cpu:0")


async def test_a_setting_beyond_the_bounds_of_its_card_is_refused_by_the_worker_too(tmp_path: Path) -> None:
    process = EngineProcess()
    await process.start(engine_target("metronome"), tmp_path / "log")
    recipe = choose_recipe("en", engine="metronome")
    endless = structs.replace(recipe, settings=(("cost_per_char", 1e6), ("seconds_per_char", 0.1)))
    with pytest.raises(EngineFault, match="cost_per_char must be a number from 0 to 60") as refused:
        await process.open(0, endless, "cpu:0")
    assert refused.value.kind is FaultKind.UNAVAILABLE
    await process.open(0, structs.replace(recipe, settings=(("of a later version", 1),)), "cpu:0")
    await process.end_engine()


class Hum:
    """A voice whose every sentence is a second of one tone, with a word at each half of a second."""

    def __init__(self, sample_rate: int, height: int) -> None:
        self.sample_rate, self.height = sample_rate, height
        self.told: list[SpokenLine] = []

    def speak(self, text: str, seed: int) -> Pcm:
        return self.speak_timed(SpokenLine(text, seed)).pcm

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        self.told.append(line)
        if self.height == 0:
            raise EngineFault(FaultKind.ERROR, "no voice")
        tone = np.sin(np.arange(self.sample_rate) * 440 * 2 * np.pi / self.sample_rate) * self.height
        return TimedSound(tone.astype(np.int16), [(0, 0), (4, self.sample_rate // 2)])


@pytest.mark.parametrize(("height", "host_height"), [(1_000, 9_000), (20_000, 3_000), (5_000, 5_000)])
def test_a_guest_has_the_rate_and_the_loudness_of_the_book_s_voice(height: int, host_height: int) -> None:
    guest, host = Hum(22_050, height), Hum(24_000, host_height)
    voice = MatchedVoice(guest, "fr", host, "en")
    assert voice.sample_rate == 24_000
    sound = voice.speak_timed(SpokenLine("Oui, oui.", 7, (), "fr"))
    assert abs(sound.pcm.size - 24_000) <= 50
    assert sound.words == [(0, 0), (4, 12_000)]
    assert guest.told[-1] == SpokenLine("Oui, oui.", 7)  # the guest's own language
    assert loudness_db(voice, "fr") == pytest.approx(loudness_db(host, "en"), abs=0.6)


def test_a_guest_is_never_louder_than_sound_can_be() -> None:
    voice = MatchedVoice(Hum(24_000, 10_000), "fr", Hum(24_000, 32_767), "en")
    assert np.abs(voice.speak("Oui.", 1)).max() <= MAX_PEAK
    assert MatchedVoice(Hum(24_000, 1), "fr", Hum(24_000, 32_767), "en").speak("Oui.", 1).max() < 20  # 24 dB at most


def test_a_fault_of_either_voice_is_told() -> None:
    for guest, host in ((Hum(24_000, 0), Hum(24_000, 9)), (Hum(24_000, 9), Hum(24_000, 0))):
        with pytest.raises(EngineFault, match="no voice"):
            MatchedVoice(guest, "fr", host, "en")
