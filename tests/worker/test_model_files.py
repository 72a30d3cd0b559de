"""Workers that lack a model: one downloads it from a hub, the others have it from that one. Real sockets and disks.

The hub is a server on this machine, and the coordinator its real core and router. Of an engine's process there is only
what matters here: it downloads what is missing, then speaks for ever.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import md5
from pathlib import Path

import pytest
from making import make_core, make_hello, make_spec
from msgspec import structs
from patience import until
from ports import LOOPBACK
from stand_in_hub import StandInHub, stand_in_hub

from swarm.book.model.book import Chapter
from swarm.job.spec import Recipe
from swarm.job.state import JobState
from swarm.lease.file_transfer import Fetch
from swarm.lease.message import Heartbeat
from swarm.lease.worker import file_source
from swarm.net.identity.swarm_key import curve_keys, make_key
from swarm.net.transport import RouterSocket
from swarm.net.worker_connections import FixedSockets
from swarm.system.machine import Clock
from swarm.voice.model_download import ListedModel, RemoteFile, RemoteModel, fetch_files
from swarm.worker.engine_processes import Engines
from swarm.worker.files.file_cache import FileCache
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode

CONTENT = random.Random(1).randbytes(3 * 2**20 + 1000)
CONFIG = b"{}"
OTHER = b"another voice"
CARD = b"* License: CC0"  # no table knows its digest
KEYS = curve_keys(make_key())


class DownloadingEngines(Engines):
    """Downloads a model as an engine's process does, and speaks nothing."""

    def __init__(self, folder: Path, model: RemoteModel, *, hangs: bool = False) -> None:
        super().__init__(("cpu:0",), folder / "log")
        self.model, self.hangs, self.loading, self.loaded = model, hangs, False, False
        self.hidden: tuple[RemoteFile, ...] = ()  # only a listing tells of these files

    async def load(self, slot: int, recipe: Recipe, *others: object, **more: object) -> bytes:
        self.loading = True
        if self.hangs:
            await asyncio.Event().wait()
        lacks_all = self.model.listed is not None and not self.model.listed.names()
        files = self.hidden if lacks_all else self.model.files
        await asyncio.to_thread(fetch_files, self.model.title, self.model.folder, files, lambda line: None)
        self.loaded = True
        return b""

    def speak(self, slot: int, batch: object) -> "asyncio.Task[list[object]]":  # type: ignore[override]
        return asyncio.create_task(silence())


def spoken_by(voice: str, chapter: Chapter) -> Chapter:
    return structs.replace(chapter, segments=tuple(structs.replace(each, voice=voice) for each in chapter.segments))


async def silence() -> list[object]:
    await asyncio.Event().wait()
    return []


class House:
    """A coordinator with a job for many workers, a hub, and workers that lack the model."""

    def __init__(self, folder: Path, hub: StandInHub, *, is_old: bool, voice: str = "") -> None:
        self.folder, self.hub, self.is_old = folder, hub, is_old
        spec = make_spec(*[["One.", "Two."]] * 8)
        spec = structs.replace(spec, chapters=tuple(spoken_by(voice, chapter) for chapter in spec.chapters))
        self.core = make_core(JobState(spec), heartbeat_s=0.1)
        self.router, self.clock = RouterSocket(KEYS), Clock()
        self.port = self.router.bind(LOOPBACK, 0)
        self.events: list[str] = []
        self.workers: dict[str, WorkNode] = {}
        self.engines: dict[str, DownloadingEngines] = {}
        self.lives: dict[str, asyncio.Task[None]] = {}
        hub.put("model.onnx", CONTENT)
        hub.put("config.json", CONFIG)
        hub.put("other.onnx", OTHER)
        hub.put("MODEL_CARD", CARD)

    async def run(self) -> None:
        while True:
            peer, message, frame = await self.router.receive()
            if self.is_old and isinstance(message, Heartbeat):
                message = structs.replace(message, models=None)  # an older coordinator does not know the field
            self._send(self.core.receive(peer, message, self.clock.now(), frame))

    async def tick(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self._send(self.core.tick(self.clock.now()))

    def _send(self, out: object) -> None:
        self.events += [event.code for event in out.events]  # type: ignore[attr-defined]
        for send in out.sends:  # type: ignore[attr-defined]
            self.router.send(send.peer, send.message, send.frame)

    def work(
        self, name: str, *, hangs: bool = False, cache: type[FileCache] = FileCache, is_listed: bool = False
    ) -> DownloadingEngines:
        known = self.model(name)
        model = self.listed(known) if is_listed else known
        engines = self.engines[name] = DownloadingEngines(self.folder / name, model, hangs=hangs)
        engines.hidden = known.files
        watch = LimitWatch(engines.devices, GpuReadings(()))
        files = cache(self.folder / name, 10**9)
        told = make_hello(name), engines, files, FixedSockets(KEYS), Clock(), lambda line: None, watch
        node = self.workers[name] = WorkNode(*told, peer_bind=LOOPBACK)
        node._peers.models.find_model = lambda recipe: self.models_of_characters(name).get(recipe.voice, model)
        node.serve_coordinator("c", [f"{LOOPBACK}:{self.port}"])
        self.lives[name] = asyncio.create_task(node.serve_coordinators())
        return engines

    def model(self, name: str) -> RemoteModel:
        files = (
            RemoteFile("MODEL_CARD", f"{self.hub.url}/MODEL_CARD", 1000, ""),
            RemoteFile("config.json", f"{self.hub.url}/config.json", len(CONFIG), md5(CONFIG).hexdigest(), "md5"),
            RemoteFile("model.onnx", f"{self.hub.url}/model.onnx", len(CONTENT), md5(CONTENT).hexdigest(), "md5"),
        )
        return RemoteModel("the voice", self.folder / name / "models", files)

    def models_of_characters(self, name: str) -> dict[str, RemoteModel]:
        file = RemoteFile("other.onnx", f"{self.hub.url}/other.onnx", len(OTHER), md5(OTHER).hexdigest(), "md5")
        return {"Wolf": RemoteModel("the voice of a wolf", self.folder / name / "wolf", (file,))}

    def listed(self, known: RemoteModel) -> RemoteModel:
        """Return the same model, of which no table has digests; without its weights it is not there."""
        folder, names = known.folder, ("config.json", "model.onnx")

        def here() -> tuple[str, ...]:
            return names if (folder / "model.onnx").is_file() else ()

        listed = ListedModel("the voice", folder, here, lambda name: name in names, lambda: 0)
        return RemoteModel(known.title, folder, (), listed)

    async def all_loaded(self, *names: str) -> None:
        await until(lambda: all(self.engines[name].loaded for name in names))
        for name in names:
            assert (self.folder / name / "models" / "model.onnx").read_bytes() == CONTENT

    @property
    def downloads(self) -> int:
        return self.hub.handler.asked.count("/model.onnx")

    async def kill(self, name: str) -> None:
        self.lives[name].cancel()
        await asyncio.gather(self.lives[name], return_exceptions=True)


@asynccontextmanager
async def running(folder: Path, *, is_old: bool = False, voice: str = "") -> AsyncIterator[House]:
    with stand_in_hub(folder / "hub") as hub:
        house = House(folder, hub, is_old=is_old, voice=voice)
        tasks = [asyncio.create_task(house.run()), asyncio.create_task(house.tick())]
        try:
            yield house
        finally:
            for name in house.lives:
                await house.kill(name)
            for task in tasks:
                task.cancel()
            house.router.close()


async def test_of_four_workers_that_lack_a_model_one_downloads_it(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        names = "attic", "barn", "cellar", "den"
        for name in names:
            house.work(name)
        await house.all_loaded(*names)
        assert sorted(house.hub.handler.asked) == ["/MODEL_CARD", "/config.json", "/model.onnx"]
        assert {(tmp_path / name / "models" / "MODEL_CARD").read_bytes() for name in names} == {CARD}
        assert not list(tmp_path.rglob("*.from-neighbour"))


async def test_if_the_one_that_downloads_dies_another_one_does(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        attic = house.work("attic", hangs=True)
        await until(lambda: attic.loading)
        house.work("barn")
        house.work("cellar")
        await until(lambda: len(house.core.sessions) == 3)
        await asyncio.sleep(0.5)
        assert house.downloads == 0  # they wait
        await house.kill("attic")
        await house.all_loaded("barn", "cellar")
        assert house.downloads == 1


class LyingCache(FileCache):
    """Passes on other bytes than it has."""

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        data, size = super().passed_on(fetch)
        return bytes(len(data)), size


async def test_an_older_coordinator_says_nothing_and_each_worker_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_source, "NO_WORD_S", 0.5)
    async with running(tmp_path, is_old=True) as house:
        house.work("attic")
        house.work("barn")
        await house.all_loaded("attic", "barn")
        assert house.downloads == 2


class SlowCache(FileCache):
    """Takes longer to read a piece than its server leaves askers without a word."""

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        time.sleep(0.15)
        return super().passed_on(fetch)


async def test_a_neighbour_whose_disk_is_slow_is_neither_a_liar_nor_given_up(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.work("attic", cache=SlowCache)
        await house.all_loaded("attic")
        house.work("barn")
        await house.all_loaded("barn")
        assert house.events.count("file not as it was") == 0
        assert house.downloads == 1


async def test_a_model_without_known_digests_is_had_from_the_first_machine_that_downloaded_it(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        names = "attic", "barn", "cellar"
        for name in names:
            house.work(name, is_listed=True)
        await house.all_loaded(*names)
        assert sorted(house.hub.handler.asked) == ["/MODEL_CARD", "/config.json", "/model.onnx"]
        assert not list(tmp_path.rglob("*.from-neighbour"))


async def test_what_a_liar_sent_of_a_listed_model_gets_no_place(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.work("attic", cache=LyingCache, is_listed=True)
        await house.all_loaded("attic")
        house.work("barn", is_listed=True)
        await house.all_loaded("barn")
        assert house.events.count("file not as it was") >= 1
        assert house.downloads == 2


async def test_the_voice_of_a_character_is_downloaded_once_too(tmp_path: Path) -> None:
    async with running(tmp_path, voice="Wolf") as house:
        names = "attic", "barn", "cellar"
        for name in names:
            house.work(name)
        await house.all_loaded(*names)
        assert house.hub.handler.asked.count("/other.onnx") == 1
        assert {(tmp_path / name / "wolf" / "other.onnx").read_bytes() for name in names} == {OTHER}
