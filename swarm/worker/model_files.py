"""The files of engines' models that workers share: one downloads them from the hub, the others have them from it.

Before an engine opens a model, the worker asks the coordinator of the job where to fetch what is missing. The engine
itself downloads what does not come from another worker, and all of it if the coordinator does not answer.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from msgspec import structs

from swarm.errors import EnvironmentFault
from swarm.job.recipe import Recipe
from swarm.lease.file_transfer import MAX_ASIDE, MAX_MODEL_FILES, ModelReport, ModelSource, ToldFile, is_door
from swarm.system.machine import Clock
from swarm.voice.download import LOCK, PART, RemoteFile, fetch_files, try_download_lock
from swarm.voice.engine import OnProgress
from swarm.voice.host.registry import find_engine
from swarm.voice.listing import ListedModel, measured
from swarm.voice.remote_model import RemoteModel
from swarm.worker.lack import LOST_WORD_S, Fetcher, Lack
from swarm.worker.sockets import WorkerSockets

NEIGHBOURS_PART = ".from-neighbour"  # ends the name of what comes from another worker
NO_WORD_S = 4.0  # without any word of the coordinator before the engine downloads; one of 0.1 never says any
MAX_WAIT_S = 3600.0  # for another machine's download
LOOK_S = 0.1  # between two looks for a word
SAY_AGAIN_S = 60.0  # a slot without any progress would be taken for dead


def model_of(recipe: Recipe) -> RemoteModel | None:
    """Return the files that the engine of a recipe needs; None if it needs none or is not here."""
    try:
        return find_engine(recipe.engine).remote_model(recipe)
    except Exception:  # opening the engine says what is wrong; a third-party package may raise anything
        return None


def _download(model: RemoteModel, tell: OnProgress) -> None:
    """Download what a model of a character's voice lacks; its engine says what is wrong when that voice speaks."""
    with suppress(EnvironmentFault):
        fetch_files(model.title, model.folder, model.files, tell)


def _telling_here(tell: OnProgress) -> OnProgress:
    """Return a function by which another thread tells its progress to this one."""
    loop = asyncio.get_running_loop()

    def tell_here(text: str) -> None:
        loop.call_soon_threadsafe(tell, text)

    return tell_here


class ModelExchange:
    """Fetches files of models from other workers, and tells which of them others may have from here.

    `passed_on` gets the path of each of these by its handle.
    """

    def __init__(
        self,
        sockets: WorkerSockets,
        clock: Clock,
        passed_on: dict[str, Path],
        find_model: Callable[[Recipe], RemoteModel | None] = model_of,
    ) -> None:
        self._fetcher, self._clock, self.here, self.find_model = Fetcher(sockets, clock), clock, passed_on, find_model
        self._lacks: list[Lack] = []
        self._sizes: dict[str, int] = {}  # of the files here, by their handles
        self._told: dict[str, ToldFile] = {}  # what those are that no table knows
        self._locks: dict[Path, asyncio.Lock] = {}

    @property
    def is_needed(self) -> bool:
        """Whether others may have files from here, or files are missing here."""
        return bool(self.here or self._lacks)

    def size_of(self, handle: str) -> int:
        """Return the size of a file that others may have from here; 0 for another."""
        return self._sizes.get(handle, 0)

    def report(self, link: str) -> ModelReport:
        """Return, for a heartbeat, what is here and what a coordinator is asked for."""
        lacked: dict[str, Lack] = {}
        for lack in sorted(self._lacks, key=lambda each: not each.downloads):  # two slots may lack one file
            if lack.is_here:
                self._share(lack.file, lack.folder)
            if not lack.is_here and lack.link == link:
                lacked.setdefault(lack.file.handle, lack)
        files = tuple(lack.report() for lack in lacked.values())
        return ModelReport(tuple(self.here), files[:MAX_MODEL_FILES], tuple(self._told.values()))

    def told(self, link: str, word: ModelSource) -> None:
        """Take in where a coordinator says that a file is to be fetched."""
        for lack in self._lacks:
            if (lack.link, lack.file.handle) == (link, word.handle):
                lack.hear(word, self._clock.now())

    @asynccontextmanager
    async def at_hand(self, link: str, recipe: Recipe, voices: Sequence[str], tell: OnProgress) -> AsyncIterator[None]:
        """Bring the files of a recipe's model here before its engine opens, as far as other workers have them.

        Within the context the engine downloads the rest, and the coordinator hears of that. What characters' `voices`
        lack is downloaded before it, since the engine would do so only when they first speak.
        """
        recipes = recipe, *(structs.replace(recipe, voice=voice) for voice in voices)
        models = await asyncio.to_thread(lambda: [self.find_model(each) for each in recipes])
        first, *others = models
        for model in {model.folder: model for model in others if model and model != first}.values():
            async with self._model_at_hand(link, model, tell):
                await asyncio.to_thread(_download, model, _telling_here(tell))
        if first is None:
            yield
            return
        async with self._model_at_hand(link, first, tell):
            yield

    @asynccontextmanager
    async def _model_at_hand(self, link: str, model: RemoteModel, tell: OnProgress) -> AsyncIterator[None]:
        lacks = [Lack(link, model.folder, file) for file in model.files if not file.is_in(model.folder)]
        listed = model.listed
        if listed is not None and not await asyncio.to_thread(listed.names):
            self._unlist(listed)  # the model was removed since
            lacks.append(Lack(link, listed.folder.parent, listed.file, listed.measure))
        self._lacks += lacks
        try:
            async with self._locks.setdefault(model.folder, asyncio.Lock()):
                await self._bring_all(link, model, lacks, tell)
            yield
            await self._tell_of(model)  # before the coordinator hears that nothing is downloaded here any more
        finally:
            for lack in lacks:
                self._lacks.remove(lack)

    async def _bring_all(self, link: str, model: RemoteModel, lacks: Sequence[Lack], tell: OnProgress) -> None:
        """Fetch what other workers have; note what the engine shall download."""
        for lack in lacks:
            if not await self._bring(lack, model.title, tell):
                break
        else:
            if model.listed is not None and not await asyncio.to_thread(model.listed.names):
                await self._bring_listed(link, model.title, model.listed, tell)
        for lack in lacks:
            lack.downloads = not lack.is_here

    async def _bring_listed(self, link: str, title: str, listed: ListedModel, tell: OnProgress) -> None:
        """Fetch the files of a listing, and give them their places once all are here; else forget the listing."""
        staged = listed.folder.with_name(listed.folder.name + NEIGHBOURS_PART)
        lacks: list[Lack] = []
        try:
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir(parents=True)
            files = listed.read(listed.place.read_bytes())
            lacks = [Lack(link, staged, file) for file in files]
            self._lacks += lacks
            for lack in lacks:
                if not await self._bring(lack, title, tell):
                    raise OSError
            listed.settle(files, staged)
        except (OSError, ValueError):  # the engine downloads the model, and says what stands against it
            self._unlist(listed)
        finally:
            for lack in lacks:
                self._lacks.remove(lack)
                self._forget(lack.file.handle)
            shutil.rmtree(staged, ignore_errors=True)

    def _unlist(self, listed: ListedModel) -> None:
        listed.place.unlink(missing_ok=True)
        self._forget(listed.file.handle)

    async def _tell_of(self, model: RemoteModel) -> None:
        """Let others have what is here of a model, once its engine has opened."""
        for file in model.files:
            if file.is_in(model.folder):
                self._share(file, model.folder)
        if model.listed is not None:
            with suppress(OSError, ValueError):
                await self._tell_listed(model.listed)

    async def _tell_listed(self, listed: ListedModel) -> None:
        if not await asyncio.to_thread(listed.write):
            return
        for file in listed.read(listed.place.read_bytes()):
            self._share(file, listed.folder)
        self._forget(listed.file.handle)  # it may have been another before
        self._share(listed.file, listed.folder.parent)

    def _share(self, file: RemoteFile, folder: Path) -> None:
        """Let others have a file that is here; one that no table knows, as what it is here."""
        size = file.size
        if not file.digest and file.handle not in self._told:
            try:
                digest, size = measured(folder / file.name)
            except OSError:  # it has gone just now
                return
            self._told[file.handle] = ToldFile(file.handle, digest, size)
        if file.digest or file.handle not in self.here:
            self._pass_on(file.handle, folder / file.name, size)

    def _pass_on(self, handle: str, path: Path, size: int) -> None:
        """Let others have a file; those that were named first are forgotten where they are too many."""
        self.here[handle], self._sizes[handle] = path, size
        for old in list(self.here)[:-MAX_MODEL_FILES]:
            self._forget(old)

    def _forget(self, handle: str) -> None:
        for known in (self.here, self._sizes, self._told):
            known.pop(handle, None)

    async def _bring(self, lack: Lack, title: str, tell: OnProgress) -> bool:
        """Fetch a file from another worker; return False if the engine shall download it."""
        begun_s = self._clock.now()
        lack.until_s, said_s = begun_s + NO_WORD_S, begun_s - SAY_AGAIN_S
        while not lack.is_here:
            now = self._clock.now()
            is_coming = any(other.downloads and other.file == lack.file for other in self._lacks)
            if is_coming or now > lack.until_s or now - begun_s > MAX_WAIT_S or len(lack.aside) >= MAX_ASIDE:
                return False
            word, lack.word = lack.word, None
            if word is not None and word.door:
                if not await self._try(lack, word, title, tell):
                    return False
                lack.until_s = self._clock.now() + LOST_WORD_S
            elif word is not None and not word.wait:
                return False
            elif word is not None and now - said_s >= SAY_AGAIN_S:
                said_s = now
                tell(f"waiting for {title}, which another machine downloads")
            else:
                await asyncio.sleep(LOOK_S)
        return True

    async def _try(self, lack: Lack, word: ModelSource, title: str, tell: OnProgress) -> bool:
        """Try to fetch a file at a door; return False if this machine's disk or another process stands against it."""
        if not is_door(word.door) or word.door in lack.aside:
            return True
        known = lack.known(word)
        if known is None:
            lack.aside[word.door] = "without it"
            return True
        place = lack.folder / lack.file.name
        part = place.with_name(place.name + NEIGHBOURS_PART)
        try:
            lock = try_download_lock(lack.folder / LOCK)
            if lock is None:
                return False
            try:
                lack.door = word.door
                part.parent.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as output:
                    fault = await self._fetcher.fetch(
                        lack, known, output, lambda percent: tell(f"fetching {title}, {percent} %")
                    )
                if fault is None:
                    part.replace(place)
                    place.with_name(place.name + PART).unlink(missing_ok=True)  # of an earlier try from the hub
                else:
                    lack.aside[word.door] = fault
            finally:
                lack.door, lack.have = "", 0
                part.unlink(missing_ok=True)
                lock.release()
        except OSError:
            return False
        return True
