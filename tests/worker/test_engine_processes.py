"""Real engine processes behind the slots."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from swarm.job.spec import Recipe
from swarm.system.capacity import read_capacity
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import choose_recipe
from swarm.worker.engine_processes import FILE, MAX_BYTES, MAX_MODELS, Engines, Needs

METRONOME = choose_recipe("en", engine="metronome", settings={"cost_per_char": "0"})


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Engines]:
    engines = Engines(("cpu:0", "cpu:1", "cpu:2"), tmp_path)
    yield engines
    await engines.end_engines()


async def test_slots_that_sleep_share_one_process_also_when_they_load_at_once(engines: Engines) -> None:
    await asyncio.gather(*(engines.load(slot, METRONOME) for slot in range(3)))
    assert len({engines.process(slot).pid for slot in range(3)}) == 1
    spoken = await asyncio.gather(*(engines.speak(slot, (("Tick.", 0),)) for slot in range(3)))
    assert len({clip.info.digest for (clip,) in spoken}) == 1


async def test_a_killed_slot_costs_no_other_slot_the_process_that_they_share(engines: Engines) -> None:
    slow = choose_recipe("en", engine="metronome", settings={"cost_per_char": "0.1"})
    await asyncio.gather(*(engines.load(slot, slow) for slot in range(2)))
    speaking = engines.speak(1, (("Tick.", 0),))
    engines.kill(0)
    assert (await speaking)[0].info.samples
    await engines.load(0, METRONOME)
    assert (await engines.speak(0, (("Tick.", 0),)))[0].info.samples


async def test_a_process_that_died_is_not_shared(engines: Engines) -> None:
    await engines.load(0, METRONOME)
    engines.process(0).kill()
    while engines.process(0).alive:
        await asyncio.sleep(0.01)
    await engines.load(1, METRONOME)
    assert (await engines.speak(1, (("Tick.", 0),)))[0].info.samples


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other priorities")
async def test_engines_that_stand_back_let_all_other_programs_come_first(tmp_path: Path) -> None:
    for stand_back in (True, False):
        engines = Engines(("cpu:0",), tmp_path, stand_back=stand_back)
        await engines.load(0, METRONOME)
        process, own = psutil.Process(engines.process(0).pid), psutil.Process()
        is_last = process.ionice().ioclass == psutil.IOPRIO_CLASS_IDLE
        assert (process.nice() == 19, is_last, os.getsid(process.pid) == process.pid) == (stand_back,) * 3
        assert (os.sched_getscheduler(process.pid) == os.SCHED_IDLE) == stand_back
        assert own.nice() < 19, "the worker itself keeps its place"
        group = Path(f"/proc/{process.pid}/autogroup")
        assert not group.exists() or group.read_text().endswith("nice 19\n") == stand_back
        await engines.end_engines()


async def test_an_engine_that_is_not_installed_is_unavailable(engines: Engines) -> None:
    with pytest.raises(EngineFault) as fault:
        await engines.load(0, Recipe("absent", "v", "en"))
    assert fault.value.kind is FaultKind.UNAVAILABLE


async def test_a_late_end_of_a_killed_engine_leaves_the_fresh_one_alone(engines: Engines) -> None:
    await engines.load(0, METRONOME)
    killed = engines.process(0)
    engines.kill(0)
    await engines.load(0, METRONOME)
    await engines.unload(0, killed)
    assert (await engines.speak(0, (("Tick.", 0),)))[0].info.samples


async def test_an_engine_that_dies_while_it_loads_is_tried_once_more(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = 1
    opened = EngineProcess.open

    async def dying(
        self: EngineProcess, slot: int, recipe: Recipe, device: str, job_files: Path | None, **more: Any
    ) -> bytes:
        nonlocal deaths
        if deaths:
            deaths -= 1
            self.kill()
        return await opened(self, slot, recipe, device, job_files, **more)

    monkeypatch.setattr(EngineProcess, "open", dying)
    await engines.load(0, METRONOME)
    assert (await engines.speak(0, (("Tick.", 0),)))[0].info.samples


async def test_a_model_for_which_there_is_no_room_is_tried_once_more_in_a_fresh_process(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids: list[int] = []
    opened = EngineProcess.open

    async def full(self: EngineProcess, *words: Any, **more: Any) -> bytes:
        pids.append(self.pid)
        if len(pids) == 1:
            raise EngineFault(FaultKind.MEMORY, "no room")
        return await opened(self, *words, **more)

    monkeypatch.setattr(EngineProcess, "open", full)
    await engines.load(0, METRONOME)
    assert len(set(pids)) == 2
    assert (await engines.speak(0, (("Tick.", 0),)))[0].info.samples


async def test_one_model_at_a_time_is_loaded_onto_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loading: dict[str, int] = {"cuda:0": 0, "cuda:1": 0, "cpu:0": 0, "cpu:1": 0}
    most = Counter[str]()

    async def slow(self: EngineProcess, slot: int, recipe: Recipe, device: str, *words: Any, **more: Any) -> bytes:
        kind = "cpu" if device.startswith("cpu") else device
        loading[device] += 1
        most[kind] = max(most[kind], sum(count for name, count in loading.items() if name.startswith(kind)))
        await asyncio.sleep(0.05)
        loading[device] -= 1
        return b""

    monkeypatch.setattr(EngineProcess, "open", slow)
    engines = Engines(("cuda:0", "cuda:0", "cuda:1", "cpu:0", "cpu:1"), tmp_path)
    await asyncio.gather(*(engines.load(slot, METRONOME) for slot in range(5)))
    assert most == {"cuda:0": 1, "cuda:1": 1, "cpu": 2}
    await engines.end_engines()


async def test_an_engine_that_is_taken_away_while_it_loads_is_not_loaded_again(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = EngineProcess.open

    async def late(self: EngineProcess, *words: Any, **more: Any) -> bytes:
        monkeypatch.setattr(EngineProcess, "open", opened)
        await engines.unload(0)
        return await opened(self, *words, **more)

    monkeypatch.setattr(EngineProcess, "open", late)
    with pytest.raises(EngineFault):
        await engines.load(0, METRONOME)
    assert engines.process(0) is None


async def test_a_prefetched_text_is_spoken_without_being_asked_for_and_then_only_collected(engines: Engines) -> None:
    await engines.load(0, METRONOME)
    first = engines.speak(0, (("Tick.", 0),))
    engines.prefetch(0, (("Tock, tock.", 1, 2),))
    await first
    _, ahead = engines.prefetched[0]
    await asyncio.wait([ahead])
    assert engines.speak(0, (("Tock, tock.", 1, 2),)) is ahead
    assert (await ahead)[0].info.samples > (await first)[0].info.samples
    assert (await engines.speak(0, (("Tock, tock.", 1, 2),)))[0].info.samples  # it is handed out once


async def test_a_prefetched_clip_tells_the_engines_own_seconds_however_late_it_is_asked_for(engines: Engines) -> None:
    await engines.load(0, choose_recipe("en", engine="metronome", settings={"cost_per_char": "0.05"}))
    engines.prefetch(0, (("Tock, tock.", 1),))
    _, ahead = engines.prefetched[0]
    await asyncio.wait([ahead])
    assert (await engines.speak(0, (("Tock, tock.", 1),)))[0].info.work_s >= 11 * 0.05


async def test_a_prefetched_text_that_is_not_wanted_any_more_is_withdrawn(engines: Engines) -> None:
    await engines.load(0, choose_recipe("en", engine="metronome", settings={"cost_per_char": "0.01"}))
    first = engines.speak(0, (("Tick, and so on.", 0),))
    engines.prefetch(0, (("x" * 2000, 1),))  # twenty seconds
    await asyncio.sleep(0)
    engines.prefetch(0, (("y" * 2000, 1),))
    await asyncio.sleep(0)
    other = engines.speak(0, (("Tock.", 0),))
    assert (await asyncio.wait_for(first, 120))[0].info.samples
    assert (await asyncio.wait_for(other, 120))[0].info.samples


async def test_a_process_that_dies_takes_what_it_prefetched_with_it_and_counts_only_what_it_spoke(
    engines: Engines,
) -> None:
    await engines.load(0, choose_recipe("en", engine="metronome", settings={"cost_per_char": "1"}))
    hung = engines.speak(0, (("It takes its time.", 0),))
    engines.prefetch(0, (("Tock.", 0),))
    await asyncio.sleep(0)
    process = engines.process(0)
    process.kill()
    with pytest.raises(EngineFault) as fault:
        await hung
    assert fault.value.kind is FaultKind.CRASHED
    await engines.unload(0, process)
    await engines.load(0, METRONOME)
    assert (await engines.speak(0, (("Tock.", 0),)))[0].info.samples


async def test_a_process_sees_only_the_gpu_of_its_slot_and_names_it_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    async def start(self: EngineProcess, engine: str, log_path: Path, more: dict[str, str], *_: Any) -> None:
        seen.append((more.get("CUDA_VISIBLE_DEVICES", ""), ""))

    async def open_voice(
        self: EngineProcess, slot: int, recipe: Recipe, device: str, *more: Any, **other: Any
    ) -> bytes:
        seen[-1] = (seen[-1][0], device)
        return b""

    monkeypatch.setattr(EngineProcess, "start", start)

    async def own_pids(self: EngineProcess, slot: int) -> set[int]:
        return set()

    monkeypatch.setattr(EngineProcess, "open", open_voice)
    monkeypatch.setattr(EngineProcess, "own_pids", own_pids)
    uuids = {"cuda:0": "GPU-1", "cuda:1": "GPU-2"}
    engines = Engines(("cuda:0", "cuda:1", "cpu:2"), tmp_path, uuids)
    for slot in range(3):
        await engines.load(slot, Recipe("espeak", "en-us", "en"))
    assert seen == [("GPU-1", "cuda:0"), ("GPU-2", "cuda:0"), ("", "cpu:2")]


async def test_a_model_is_measured_in_its_first_process_and_two_that_fit_only_alone_do_not_load_together(
    tmp_path: Path,
) -> None:
    recipe, free = choose_recipe("en", engine="hibari"), int(read_capacity().free_bytes)
    engines = Engines(("cpu:0", "cpu:1"), tmp_path, needs=Needs(tmp_path))
    await engines.load(0, recipe)
    await engines.speak(0, (("It was late.", 0),))
    assert 50e6 < Needs(tmp_path).of("cpu:0", recipe) < 2e9
    await engines.end_engines()
    needs = Needs(tmp_path)
    needs.note("cpu:0", recipe, int(0.6 * free))
    engines = Engines(("cpu:0", "cpu:1"), tmp_path, needs=needs)
    ends = await asyncio.gather(engines.load(0, recipe), engines.load(1, recipe), return_exceptions=True)
    (refused,) = (end for end in ends if end != b"")  # either may be the first
    assert isinstance(refused, EngineFault)
    assert refused.kind is FaultKind.MEMORY
    await engines.end_engines()


XTTS, HIBARI = Recipe("coqui", "Ana", "en", model="xtts_v2"), Recipe("hibari", "heart", "en")
GPUS = {"cuda:0": "RTX", "cuda:1": "RTX"}


def test_a_need_is_kept_by_model_and_kind_of_device(tmp_path: Path) -> None:
    needs = Needs(tmp_path, GPUS)
    needs.note("cuda:0", XTTS, 4_000)
    needs.note("cpu:3", HIBARI, 300)
    needs.note("cpu:0", XTTS, 5_000)
    kept = Needs(tmp_path, GPUS)
    assert (kept.of("cuda:1", XTTS), kept.of("cpu:0", XTTS), kept.of("cpu:1", HIBARI)) == (4_000, 5_000, 300)
    assert kept.of("cuda:0", HIBARI) == 0
    assert kept.least() == {"RTX": 4_000, "cpu": 300}


def test_the_largest_measure_counts_and_a_little_more_is_not_written(tmp_path: Path) -> None:
    needs = Needs(tmp_path)
    for took in (1_000, 900, 1_020):
        needs.note("cpu:0", HIBARI, took)
    assert needs.of("cpu:0", HIBARI) == 1_000
    needs.note("cpu:0", HIBARI, 1_100)
    assert Needs(tmp_path).of("cpu:0", HIBARI) == 1_100


@pytest.mark.parametrize("damage", [b"{", b'{"cpu": {"hibari": -1}}', b'{"cpu": 3}', b" " * (MAX_BYTES + 1)])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    needs = Needs(tmp_path)
    assert not needs.least()
    needs.note("cpu:0", HIBARI, 300)
    assert Needs(tmp_path).least() == {"cpu": 300}


def test_coordinators_cannot_fill_the_file_with_names(tmp_path: Path) -> None:
    needs = Needs(tmp_path / "absent")  # nothing is written: it is as if the disk were full
    for number in range(MAX_MODELS + 5):
        needs.note("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{number}"), 100)
    assert needs.of("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{MAX_MODELS - 1}"))
    assert not needs.of("cpu:0", Recipe("coqui", "v", "en", model=f"custom:{MAX_MODELS}"))
