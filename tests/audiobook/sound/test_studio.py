import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import av
import pytest
import pytest_asyncio
from patience import until
from sounds import RATE, decoded, reel_of, store, tone

from swarm.audiobook.sound import studio as studios
from swarm.audiobook.sound.reel_file import ReelDamaged
from swarm.audiobook.sound.studio import Binder, BinderPermits, FairSemaphore, Processes, Studio
from swarm.audiobook.sound.studio_request import AudiobookRequest, Mark, ReelClip, ReelRequest
from swarm.audiobook.sound.tags import Tags
from swarm.errors import EnvironmentFault
from swarm.job.clip_info import ClipInfo
from swarm.system.child import Child


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    opened = Studio(tmp_path / "logs", encoders=2)
    yield opened
    await opened.close_studio()


@asynccontextmanager
async def binding(studio: Studio) -> AsyncIterator[Binder]:
    """Yield a binder for a file whose reels are all there."""
    whole = asyncio.get_running_loop().create_future()
    whole.set_result(None)
    async with studio.binder(whole) as binder:
        yield binder


def reel_order(folder: Path, clip: ReelClip, name: str) -> ReelRequest:
    return ReelRequest((clip, None), (0.35, 2.0), RATE, 0.0, folder / "reels" / name)


def book_order(folder: Path) -> AudiobookRequest:
    return AudiobookRequest(folder / ".book.part", Tags("A title", ("Ann",)), cover=b"\xff\xd8\xff\xd9")


async def test_the_time_that_encoders_take_is_counted_with_the_sound_of_their_clips(
    tmp_path: Path, studio: Studio
) -> None:
    clip = store(tmp_path, tone(0.5))
    await studio.measure_gain("job", reel_order(tmp_path, clip, "none"))
    await asyncio.gather(*(studio.encode_reel("job", reel_order(tmp_path, clip, f"{n}.reel")) for n in range(3)))
    assert (studio.pieces, studio.sound_s) == (4, pytest.approx(4 * 0.5))
    assert studio.busy_s > 0


async def test_silence_is_not_counted_since_its_time_tells_nothing_of_sound(tmp_path: Path, studio: Studio) -> None:
    (tmp_path / "reels").mkdir(exist_ok=True)
    await studio.encode_reel("job", ReelRequest((None,), (2.0,), RATE, 0.0, tmp_path / "reels" / "silence.reel"))
    assert (studio.pieces, studio.sound_s, studio.busy_s) == (0, 0, 0)


async def test_work_over_which_a_process_dies_is_not_counted(tmp_path: Path, studio: Studio) -> None:
    clip = store(tmp_path, tone(0.5))
    await studio.encode_reel("job", reel_order(tmp_path, clip, "first.reel"))
    (child,) = studio.processes.running
    assert studio.processes.numbers() == {child.pid}
    child.kill_child()
    await studio.encode_reel("job", reel_order(tmp_path, clip, "second.reel"))
    assert studio.pieces == 2


async def test_reels_are_encoded_side_by_side_and_become_a_book(tmp_path: Path, studio: Studio) -> None:
    clip = store(tmp_path, tone(0.5))
    done = await asyncio.gather(*(studio.encode_reel("job", reel_order(tmp_path, clip, f"{n}.reel")) for n in range(6)))
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
        for reel in done:
            await binder.append_reel(reel.path)
        finished = await binder.finish_file([Mark("One", 0), Mark("Two", 3)], tmp_path / "book.m4b")
        assert finished.duration_s * RATE == pytest.approx(sum(reel.samples for reel in done) - 1024)
        assert decoded(finished.path).size == round(finished.duration_s * RATE)
        assert finished.bytes == (tmp_path / "book.m4b").stat().st_size


async def test_damaged_clips_come_back_as_faults(tmp_path: Path, studio: Studio) -> None:
    clip = ReelClip(tmp_path / "gone.flac", ClipInfo(samples=100, sample_rate=RATE, digest="0" * 64, work_s=0.0))
    done = await studio.encode_reel("job", reel_order(tmp_path, clip, "a.reel"))
    assert [position for position, _ in done.faults] == [0]


async def test_encoders_that_died_are_replaced(tmp_path: Path, studio: Studio) -> None:
    clip = store(tmp_path, tone(0.5))
    await asyncio.gather(*(studio.encode_reel("job", reel_order(tmp_path, clip, f"{n}")) for n in range(2)))
    for child in studio.processes.running:
        child.kill_child()
    done = await asyncio.gather(*(studio.encode_reel("job", reel_order(tmp_path, clip, f"again{n}")) for n in range(4)))
    assert all(reel.path.exists() for reel in done)


async def test_an_assembler_that_died_is_given_its_reels_again(tmp_path: Path, studio: Studio) -> None:
    reel = reel_of(tmp_path, store(tmp_path, tone(0.5)), "one")
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
        for _ in range(3):
            await binder.append_reel(reel.path)
            assert binder.child is not None
            binder.child.kill_child()
        finished = await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")
        assert finished.duration_s * RATE == pytest.approx(3 * reel.samples - 1024)
        with av.open(str(finished.path)) as container:
            assert len(container.chapters()) == 1


def dying(studio: Studio, deaths: int) -> list[Child]:
    """Have so many processes of a studio die as soon as they are started; return those that died."""
    take, died = studio.processes.take_process, list[Child]()

    async def take_and_kill(module: str) -> Child:
        child = await take(module)
        if len(died) < deaths:
            child.kill_child()
            died.append(child)
        return child

    studio.processes.take_process = take_and_kill  # type: ignore[method-assign]
    return died


@pytest.mark.parametrize("work", ["begin", "encode"])
async def test_what_dies_again_after_a_while_is_the_machines_fault(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 0.1)
    died = dying(studio, 3)
    async with binding(studio) as binder:
        with pytest.raises(EnvironmentFault, match="run the same command again"):
            if work == "begin":
                await binder.begin_file(book_order(tmp_path))
            else:
                await studio.encode_reel("job", reel_order(tmp_path, store(tmp_path, tone(0.5)), "a.reel"))
        assert len(died) == 3


async def test_what_dies_twice_once_all_is_spoken_is_tried_again_after_a_while(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 0.1)
    died = dying(studio, 2)
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
    assert len(died) == 2


@pytest.mark.parametrize("work", ["begin", "encode"])
async def test_what_dies_twice_waits_while_the_book_is_spoken_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 0.1)
    studio = Studio(tmp_path / "logs", 2, is_speaking=lambda: True)
    died = dying(studio, 4)
    async with binding(studio) as binder:
        if work == "begin":
            await binder.begin_file(book_order(tmp_path))
        else:
            assert (
                await studio.encode_reel("job", reel_order(tmp_path, store(tmp_path, tone(0.5)), "a.reel"))
            ).path.exists()
        assert len(died) == 4
        await studio.close_studio()


async def test_what_dies_again_once_the_book_is_spoken_is_given_up(tmp_path: Path) -> None:
    answers = iter([True])
    studio = Studio(tmp_path / "logs", 2, is_speaking=lambda: next(answers, False))
    died = dying(studio, 9)
    async with binding(studio) as binder:
        with pytest.raises(EnvironmentFault, match="run the same command again"):
            await binder.begin_file(book_order(tmp_path))
        assert len(died) == 3
        await studio.close_studio()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
async def test_a_process_that_is_stopped_is_replaced(
    tmp_path: Path, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = store(tmp_path, tone(0.5))
    await studio.encode_reel("job", reel_order(tmp_path, clip, "a.reel"))
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
        monkeypatch.setattr(studios, "ENCODER_TIMEOUT_S", 8.0)
        monkeypatch.setattr(studios, "TIMEOUT_S", 8.0)
        for child in studio.processes.running:
            os.kill(child.pid, signal.SIGSTOP)
        reel = reel_of(tmp_path, clip, "one")
        await asyncio.gather(
            studio.encode_reel("job", reel_order(tmp_path, clip, "b.reel")), binder.append_reel(reel.path)
        )
        assert (await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")).duration_s > 0


async def test_a_damaged_reel_is_named_and_may_be_made_again(tmp_path: Path, studio: Studio) -> None:
    reel = reel_of(tmp_path, store(tmp_path, tone(0.5)), "one")
    whole = reel.path.read_bytes()
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
        reel.path.write_bytes(whole[:100])
        with pytest.raises(ReelDamaged) as raised:
            await binder.append_reel(reel.path)
        assert raised.value.path == reel.path
        reel.path.write_bytes(whole)
        await binder.append_reel(reel.path)
        assert (await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")).duration_s * RATE == pytest.approx(
            reel.samples - 1024
        )


async def test_an_earlier_reel_that_was_damaged_since_is_named_and_the_book_begun_again(
    tmp_path: Path, studio: Studio
) -> None:
    clip = store(tmp_path, tone(0.5))
    first, second = reel_of(tmp_path, clip, "first"), reel_of(tmp_path, clip, "second")
    async with binding(studio) as binder:
        await binder.begin_file(book_order(tmp_path))
        await binder.append_reel(first.path)
        whole = first.path.read_bytes()
        first.path.write_bytes(whole[:100])
        assert binder.child is not None
        binder.child.kill_child()
        with pytest.raises(ReelDamaged) as raised:
            await binder.append_reel(second.path)
        assert raised.value.path == first.path
        first.path.write_bytes(whole)
        await binder.begin_file(book_order(tmp_path))
        for reel in (first, second):
            await binder.append_reel(reel.path)
        finished = await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")
        assert finished.duration_s * RATE == pytest.approx(2 * first.samples - 1024)


async def test_a_cover_too_large_for_a_pipe_is_left_out_and_named(tmp_path: Path, studio: Studio) -> None:
    reel = reel_of(tmp_path, store(tmp_path, tone(0.5)), "one")
    order = AudiobookRequest(tmp_path / ".part", Tags("T"), cover=b"\xff\xd8\xff" + bytes(70 << 20))
    async with binding(studio) as binder:
        await binder.begin_file(order)
        await binder.append_reel(reel.path)
        assert "cover" in (await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")).notes[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
async def test_a_full_disk_is_said_in_words(tmp_path: Path, studio: Studio) -> None:
    full = tmp_path / "full.part"
    full.symlink_to("/dev/full")
    reel = reel_of(tmp_path, store(tmp_path, tone(20.0)), "one")
    async with binding(studio) as binder:
        with pytest.raises(EnvironmentFault, match="Make room there or choose another folder with --output-dir"):
            await binder.begin_file(AudiobookRequest(full, Tags("A title")))
            for _ in range(20):
                await binder.append_reel(reel.path)
            await binder.finish_file([Mark("One", 0)], tmp_path / "book.m4b")


async def test_a_target_folder_that_is_removed_meanwhile_is_said_in_words(tmp_path: Path, studio: Studio) -> None:
    reel = reel_of(tmp_path, store(tmp_path, tone(0.5)), "one")
    folder = tmp_path / "out"
    async with binding(studio) as binder:
        await binder.begin_file(AudiobookRequest(folder / ".part", Tags("A title")))
        await binder.append_reel(reel.path)
        (folder / ".part").unlink()
        folder.rmdir()
        with pytest.raises(
            EnvironmentFault, match=f"{folder}: .*Put it back or choose another folder with --output-dir"
        ):
            await binder.finish_file([Mark("One", 0)], folder / "book.m4b")


async def test_a_target_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path, studio: Studio) -> None:
    (tmp_path / "file").write_text("in the way")
    async with binding(studio) as binder:
        with pytest.raises(EnvironmentFault, match="Make it writable or choose another folder with --output-dir"):
            await binder.begin_file(AudiobookRequest(tmp_path / "file" / ".part", Tags("A title")))
        clip = store(tmp_path, tone(0.5))
        with pytest.raises(EnvironmentFault, match="in_the_way"):
            (tmp_path / "in_the_way").mkdir()
            await studio.encode_reel("job", ReelRequest((clip,), (2.0,), RATE, 0.0, tmp_path / "in_the_way"))


async def test_many_books_share_the_encoders_and_the_binders(tmp_path: Path, studio: Studio) -> None:
    clip = store(tmp_path, tone(0.5))
    most = dict[str, int]()

    async def watch() -> None:
        while True:
            for module in set(running := list(studio.processes.running.values())):
                most[module] = max(most.get(module, 0), running.count(module))
            await asyncio.sleep(0.005)

    async def make(name: str) -> None:
        folder = tmp_path / name
        (folder / "reels").mkdir(parents=True)
        done = await studio.encode_reel(name, reel_order(folder, clip, "a.reel"))
        async with binding(studio) as binder:
            await binder.begin_file(book_order(folder))
            await binder.append_reel(done.path)
            await binder.finish_file([Mark("One", 0)], folder / "book.m4b")

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(make(f"book-{n}") for n in range(12)))
    watching.cancel()
    assert len(list(tmp_path.glob("book-*/book.m4b"))) == 12
    assert most.keys() == {"swarm.audiobook.sound.encoder", "swarm.audiobook.sound.book_binder"}
    assert most["swarm.audiobook.sound.encoder"] <= 2  # the second one is started if the first one is too slow here
    assert most["swarm.audiobook.sound.book_binder"] <= studios.MAX_BINDERS


async def test_work_over_which_encoders_die_does_not_hold_up_other_books(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 600.0)
    studio, clip = Studio(tmp_path / "logs", 1, is_speaking=lambda: True), store(tmp_path, tone(0.5))
    died = dying(studio, 2)
    waiting = asyncio.create_task(studio.encode_reel("deadly", reel_order(tmp_path, clip, "a.reel")))
    while len(died) < 2:
        await asyncio.sleep(0.01)
    assert (await studio.encode_reel("other", reel_order(tmp_path, clip, "b.reel"))).path.exists()
    waiting.cancel()
    await studio.close_studio()


@pytest.mark.parametrize("is_ended", [False, True])
async def test_files_over_which_binders_die_do_not_hold_up_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_ended: bool
) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 600.0)
    studio = Studio(tmp_path / "logs", 1, is_speaking=lambda: True)
    died = dying(studio, deaths := 2 * studios.MAX_BINDERS)

    async def bind(name: str) -> None:
        async with binding(studio) as binder:
            await binder.begin_file(AudiobookRequest(tmp_path / name, Tags("A title")))

    deadly = [asyncio.create_task(bind(f"deadly-{n}.part")) for n in range(studios.MAX_BINDERS)]
    await until(lambda: len(died) == deaths)
    if is_ended:
        for task in deadly:
            task.cancel()
        assert not (await asyncio.wait(deadly, timeout=60))[1]  # none goes on in spite of its cancellation
    await asyncio.wait_for(bind("other.part"), 60)
    await until(lambda: studio._permits._taken == 0)  # a file lends its permit a moment after its process died
    for task in deadly:
        task.cancel()
    assert not (await asyncio.wait(deadly, timeout=60))[1]
    assert studio._permits._taken == 0  # no permit was given back twice
    await studio.close_studio()


async def test_a_file_that_is_tried_again_waits_for_a_permit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studios, "RETRY_S", 0.1)
    studio = Studio(tmp_path / "logs", 1, is_speaking=lambda: True)
    died = dying(studio, 2)
    async with binding(studio) as binder:
        begun = asyncio.create_task(binder.begin_file(book_order(tmp_path)))
        await until(lambda: len(died) == 2)
        await asyncio.wait_for(begun, 60)
        assert studio._permits._taken == 1
    assert studio._permits._taken == 0
    await studio.close_studio()


async def test_a_file_that_was_left_unfinished_takes_its_process_along(tmp_path: Path, studio: Studio) -> None:
    with pytest.raises(ZeroDivisionError):
        async with binding(studio) as binder:
            await binder.begin_file(book_order(tmp_path))
            raise ZeroDivisionError
    assert not studio.processes.running


async def test_no_book_waits_until_all_the_work_of_another_is_done() -> None:
    turns, order = FairSemaphore(1), list[str]()

    async def work(book: str, name: str) -> None:
        async with turns.turn(book):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(
        *(work("long", f"long {n}") for n in range(4)), work("short", "short 0"), work("late", "late 0")
    )
    assert order == ["long 0", "long 1", "short 0", "late 0", "long 2", "long 3"]


async def test_no_more_work_than_seats_is_under_way() -> None:
    turns, running, most = FairSemaphore(2), 0, 0

    async def work(book: str) -> None:
        nonlocal running, most
        async with turns.turn(book):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(work(f"book {n % 3}") for n in range(20)))
    assert (most, running) == (2, 0)


async def test_a_seat_is_not_lost_when_its_holder_is_cancelled() -> None:
    turns, held = FairSemaphore(1), asyncio.Event()

    async def hold(book: str) -> None:
        async with turns.turn(book):
            await held.wait()

    first, second, third = (asyncio.create_task(hold(book)) for book in "abc")
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)  # the seat is given to the second, which is cancelled before it wakes
    second.cancel()
    held.set()
    for task in (first, second):
        with suppress(asyncio.CancelledError):
            await task
    await asyncio.wait_for(third, 60)


async def test_a_file_that_is_or_becomes_whole_gets_a_permit_beside_those_that_wait_for_their_parts() -> None:
    permits, loop, got = BinderPermits(3, 1), asyncio.get_running_loop(), list[str]()
    parts = {name: loop.create_future() for name in ("early", "later", "whole", "last")}
    parts["whole"].set_result(None)
    end = asyncio.Event()

    async def bind(name: str) -> None:
        async with permits.permit(parts[name]):
            got.append(name)
            await end.wait()

    tasks = [asyncio.create_task(bind(name)) for name in parts]
    await asyncio.sleep(0.01)
    assert got == ["early", "whole"]
    parts["later"].set_result(None)  # it is whole while it waits
    await asyncio.sleep(0.01)
    assert got == ["early", "whole", "later"]
    end.set()
    await asyncio.wait(tasks, timeout=60)
    assert got == ["early", "whole", "later", "last"]


MODULE = "child_module"


@pytest_asyncio.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    await processes.end_processes()


async def test_a_process_that_is_idle_soon_is_waited_for_and_no_other_started(processes: Processes) -> None:
    async def work() -> None:
        child = await processes.take_process_soon(MODULE)
        await child.call({"do": "echo", "value": 0})
        processes.give_process_back(child)

    processes._first_s[MODULE] = 1e6  # so long the first one may have taken
    await asyncio.gather(*(work() for _ in range(5)))
    assert len(processes.running) == 1


async def test_another_process_is_started_when_waiting_took_as_long_as_a_start(processes: Processes) -> None:
    first = await processes.take_process_soon(MODULE)
    await first.call({"do": "echo", "value": 0})
    processes.give_process_back(first)
    assert await processes.take_process_soon(MODULE) is first
    assert await processes.take_process_soon(MODULE) is not first
    assert len(processes.running) == 2


async def test_a_first_process_that_hangs_is_not_waited_for(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "MAX_START_S", 0.05)
    hanging = await processes.take_process_soon(MODULE)
    assert await processes.take_process_soon(MODULE) is not hanging


async def test_the_death_of_the_only_process_has_another_one_started_at_once(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "MAX_START_S", 1e6)
    dying = await processes.take_process_soon(MODULE)
    waiting = asyncio.create_task(processes.take_process_soon(MODULE))
    await asyncio.sleep(0)
    await processes.end_process(dying)
    assert await waiting is not dying
