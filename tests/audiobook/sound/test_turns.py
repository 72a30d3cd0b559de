import asyncio
from contextlib import suppress

from swarm.audiobook.sound.studio import BinderPermits, FairSemaphore


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


async def test_a_file_that_is_whole_gets_a_permit_beside_those_that_wait_for_their_parts() -> None:
    permits, loop, got = BinderPermits(2, 1), asyncio.get_running_loop(), list[str]()
    parts = {name: loop.create_future() for name in ("early", "later", "whole")}
    parts["whole"].set_result(None)
    end = asyncio.Event()

    async def bind(name: str) -> None:
        async with permits.permit(parts[name]):
            got.append(name)
            await end.wait()

    tasks = [asyncio.create_task(bind(name)) for name in parts]
    await asyncio.sleep(0.01)
    assert got == ["early", "whole"]
    end.set()
    await asyncio.wait(tasks, timeout=60)
    assert got == ["early", "whole", "later"]


async def test_a_file_that_becomes_whole_while_it_waits_gets_the_free_permit() -> None:
    permits, loop, got = BinderPermits(2, 1), asyncio.get_running_loop(), list[str]()
    parts = {name: loop.create_future() for name in ("early", "later")}
    end = asyncio.Event()

    async def bind(name: str) -> None:
        async with permits.permit(parts[name]):
            got.append(name)
            await end.wait()

    tasks = [asyncio.create_task(bind(name)) for name in parts]
    await asyncio.sleep(0.01)
    assert got == ["early"]
    parts["later"].set_result(None)
    await asyncio.sleep(0.01)
    assert got == ["early", "later"]
    end.set()
    await asyncio.wait(tasks, timeout=60)
