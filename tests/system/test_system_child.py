import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import swarm.system.child
from swarm.errors import Outdated
from swarm.system.child import Child, ChildDied, ChildRaised
from swarm.system.serving import MAX_FRAME_BYTES, code_digest

pytestmark = pytest.mark.usefixtures("fresh_children")


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Child]:
    child = Child()
    await child.start_child("child_module", [], tmp_path / "logs" / "child.log")
    yield child
    await child.end_child()


def log_of(tmp_path: Path) -> str:
    return (tmp_path / "logs" / "child.log").read_text()


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_an_answer_comes_back(child: Child) -> None:
    value = {"text": "Ægir", "bytes": b"\0\xff", "n": [1, 2.5, None]}
    assert await child.call({"do": "echo", "value": value}) == {"echo": value}
    assert child.alive


async def test_answers_find_their_calls_when_many_are_under_way(child: Child) -> None:
    replies = await asyncio.gather(*(child.call({"do": "echo", "value": n, "lane": n % 5}) for n in range(200)))
    assert [reply["echo"] for reply in replies] == list(range(200))


async def test_what_a_call_tells_is_heard_before_its_answer_and_by_nobody_else(child: Child) -> None:
    heard: list[str] = []
    telling = child.call({"do": "tell", "words": ["a half", "all"]}, heard.append)
    replies = await asyncio.gather(telling, child.call({"do": "tell", "words": ["no matter"]}))
    assert heard == ["a half", "all"]
    assert replies == [{"told": 2}, {"told": 1}]


async def test_lanes_do_not_wait_for_each_other(child: Child) -> None:
    waiting = asyncio.create_task(child.call({"do": "wait", "lane": 1}))
    await child.call({"do": "open", "lane": 2})
    assert await waiting == {"opened": True}


async def test_a_call_that_is_cancelled_before_it_is_begun_is_never_carried_out(child: Child) -> None:
    waiting = asyncio.create_task(child.call({"do": "wait", "lane": 1}))
    withdrawn = asyncio.create_task(child.call({"do": "die", "lane": 1}))
    last = asyncio.create_task(child.call({"do": "echo", "value": "after", "lane": 1}))
    await asyncio.sleep(0)
    withdrawn.cancel()
    await asyncio.wait([withdrawn])
    await child.call({"do": "open", "lane": 2})
    assert await waiting == {"opened": True}
    assert await last == {"echo": "after"}
    assert child.alive


async def test_megabytes_go_through(child: Child) -> None:
    reply = await child.call({"do": "large", "bytes": 20 << 20})
    assert len(reply["bytes"]) == 20 << 20
    assert await child.call({"do": "echo", "value": bytes(9 << 20)}) == {"echo": bytes(9 << 20)}


async def test_an_answer_over_the_bound_is_an_error_and_the_child_lives(child: Child) -> None:
    with pytest.raises(ChildRaised, match="over the bound"):
        await child.call({"do": "large", "bytes": MAX_FRAME_BYTES})
    assert await child.call({"do": "echo", "value": 1}) == {"echo": 1}


async def test_what_it_prints_goes_to_the_log(child: Child, tmp_path: Path) -> None:
    await child.call({"do": "print"})
    assert "printed by Python" in log_of(tmp_path)
    assert "written by C" in log_of(tmp_path)


async def test_its_standard_input_is_empty(child: Child) -> None:
    assert await child.call({"do": "input"}) == {"read": ""}


async def test_an_exception_is_told_and_logged(child: Child, tmp_path: Path) -> None:
    with pytest.raises(ChildRaised, match="LookupError: no such thing"):
        await child.call({"do": "raise"})
    assert "Traceback" in log_of(tmp_path)
    with pytest.raises(ChildRaised, match="SystemExit: 3"):
        await child.call({"do": "exit"})
    assert await child.call({"do": "echo", "value": 1}) == {"echo": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends no process by this signal")
async def test_a_processor_that_lacks_an_instruction_is_named_as_the_cause(child: Child) -> None:
    with pytest.raises(ChildDied, match="lacks an instruction that its libraries need, such as AVX2"):
        await child.call({"do": "compute"})


async def test_a_death_fails_every_call_and_quotes_the_log(child: Child) -> None:
    waiting = [asyncio.create_task(child.call({"do": "wait", "lane": lane})) for lane in (1, 2)]
    with pytest.raises(ChildDied, match=r"code 7(.|\n)*last words"):
        await child.call({"do": "die"})
    for call in waiting:
        with pytest.raises(ChildDied):
            await call
    with pytest.raises(ChildDied):
        await child.call({"do": "echo", "value": 1})


async def test_kill_ends_it_while_it_computes(child: Child) -> None:
    busy = asyncio.create_task(child.call({"do": "busy"}))
    await child.call({"do": "echo", "value": 1, "lane": 1})
    child.kill_child()
    with pytest.raises(ChildDied):
        await busy


async def test_close_ends_it_at_once_while_it_computes(child: Child) -> None:
    busy = asyncio.create_task(child.call({"do": "busy"}))
    await child.call({"do": "echo", "value": 1, "lane": 1})
    await child.end_child()  # it computes without end
    with pytest.raises(ChildDied):
        await busy


async def test_a_cancelled_call_leaves_the_next_ones_alone(child: Child) -> None:
    waiting = asyncio.create_task(child.call({"do": "wait", "lane": 1}))
    await child.call({"do": "echo", "value": 0})
    waiting.cancel()
    await child.call({"do": "open"})
    assert await child.call({"do": "echo", "value": 1, "lane": 1}) == {"echo": 1}


async def test_ctrl_c_is_left_to_the_parent(child: Child) -> None:
    assert await child.call({"do": "ignore"}) == {"ignored": True}
    if os.name == "posix":
        os.kill(child.pid, signal.SIGINT)
    assert await child.call({"do": "echo", "value": 1}) == {"echo": 1}


async def test_a_module_that_cannot_be_imported_is_a_death_that_says_why(tmp_path: Path) -> None:
    child = Child()
    await child.start_child("no_such_module", [], tmp_path / "log")
    with pytest.raises(ChildDied, match="no_such_module"):
        await child.call({"do": "echo"})
    await child.end_child()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("message", ['{"do": "echo", "value": 1}', '{"do": "busy"}', '{"do": "hold"}'])
def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path, message: str) -> None:
    script = f"""
        import asyncio, os, signal
        from pathlib import Path
        from swarm.system.child import Child

        async def main():
            child = Child()
            await child.start_child("child_module", [], Path({str(tmp_path / "log")!r}))
            await child.call({{"do": "echo", "value": 1, "lane": 1}})
            print(child.pid, flush=True)
            call = asyncio.create_task(child.call({message}))
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    parent = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=600,
    )
    pid = int(parent.stdout)
    deadline = time.monotonic() + 600
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(pid)


@pytest.mark.skipif(os.name != "posix", reason="holds the GIL by a function of the C library")
async def test_close_ends_even_a_child_that_holds_the_gil(child: Child) -> None:
    heard: list[str] = []
    held = asyncio.create_task(child.call({"do": "hold"}, heard.append))
    while not heard:
        await asyncio.sleep(0.01)
    await child.end_child()
    with pytest.raises(ChildDied, match="signal 9"):
        await held
    assert not child.alive


async def test_what_was_never_started_can_be_closed() -> None:
    child = Child()
    assert not child.alive
    child.kill_child()
    await child.end_child()


async def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (2 << 20))
    child = Child()
    await child.start_child("child_module", [], log)
    await child.call({"do": "print"})
    await child.end_child()
    assert log.stat().st_size < 1000
    assert (tmp_path / "log.1").stat().st_size == 2 << 20


async def test_a_child_of_another_version_than_its_parent_says_so_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swarm.system.child, "CODE", "what the parent was started from")
    child = Child()
    await child.start_child("child_module", [], tmp_path / "log")
    for _ in range(2):
        with pytest.raises(Outdated, match="was upgraded while this command ran"):
            await child.call({"echo": 1})
    await child.end_child()


def test_another_version_of_a_package_has_another_digest(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    before = code_digest(tmp_path)
    assert code_digest(tmp_path) == before
    (tmp_path / "one.py").write_text("a = 12\n")
    assert code_digest(tmp_path) != before


def test_a_child_loads_nothing_heavy_that_it_does_not_need() -> None:
    for module, heavy in [
        ("swarm.voice.host.engine_child", {"asyncio", "ssl", "http", "email"}),
        ("swarm.audiobook.sound.encoder", {"asyncio", "ssl", "http", "email"}),
        ("swarm.audiobook.sound.book_binder", {"asyncio", "ssl", "http", "email", "numpy"}),
    ]:
        script = f"import sys, {module}; print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.split()
        assert heavy & set(loaded) == set()
