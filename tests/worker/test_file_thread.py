import asyncio
from pathlib import Path

from swarm.lease.file_transfer import Fetch
from swarm.worker.files.file_cache import FileCache, FileThread


async def test_latents_are_not_lost_because_somebody_asks_beyond_their_end(tmp_path: Path) -> None:
    folder = FileCache(tmp_path, 1 << 30)
    latents = folder.keep_latents(b"latents")
    replies: list[bytes] = []
    lost: list[str] = []
    file_thread = FileThread(folder, lambda *_: None, lambda link, piece, frame: replies.append(frame), lost.append)
    running = asyncio.create_task(file_thread.run())
    for digest, offset in ((latents.digest, 100), ("f" * 64, 0), (latents.digest, 3)):
        file_thread.serve("link", Fetch(digest, offset))
    async with asyncio.timeout(30):
        while not replies:
            await asyncio.sleep(0.01)
    assert (replies, lost) == ([b"ents"], ["f" * 64])
    running.cancel()
    file_thread.end_file_thread()
