import asyncio
import os
import socket
from pathlib import Path

import pytest

from swarm.system.platform import allow_files, run_loop, sync_file, sync_folder


def test_files_and_folders_can_be_synced(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        sync_file(file.fileno())
    sync_folder(tmp_path)
    if os.name == "posix":
        with pytest.raises(OSError):
            sync_folder(tmp_path / "absent")


def test_the_loop_can_watch_a_descriptor_and_gives_the_result() -> None:
    async def main() -> str:
        loop, seen = asyncio.get_running_loop(), asyncio.Event()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            loop.add_reader(ours, seen.set)
            theirs.send(b"x")
            await asyncio.wait_for(seen.wait(), 120)
            loop.remove_reader(ours)
        return "heard"

    assert run_loop(main()) == "heard"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX counts the files of a process")
def test_a_process_may_open_as_many_files_as_the_system_lets_it() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        allow_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
        allow_files(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (300, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
