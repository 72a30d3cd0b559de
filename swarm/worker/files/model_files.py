"""The files of engines' models that workers share: one downloads them from the hub, the others have them from that one.

Before an engine opens a model, the worker asks the coordinator of the job how to have what is missing. What other
workers have travels as files of jobs do, by the digest of its block list, and gets its place once it is the file that
the engine's table knows. The engine itself downloads the rest, and all of it if the coordinator does not answer.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from swarm.config import may_download
from swarm.errors import EnvironmentFault
from swarm.job.job_asset import MAX_BYTES
from swarm.job.spec import Recipe
from swarm.lease.file_transfer import MAX_MODEL_FILES, ModelReport, ModelSource, ToldFile
from swarm.lease.worker.asset_download import Download
from swarm.lease.worker.file_source import MissingFile
from swarm.system.event_loop import from_thread
from swarm.system.machine import Clock
from swarm.voice.engine import OnProgress
from swarm.voice.host.registry import find_engine
from swarm.voice.model_download import (
    LOCK,
    PART,
    ListedModel,
    RemoteFile,
    RemoteModel,
    fetch_files,
    file_size,
    try_download_lock,
)
from swarm.worker.files.file_cache import ARRIVING, FileThread

LOOK_S = 0.1
SHARE_S = 0.5  # the pause between two looks at an engine's download
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


@dataclass(eq=False)
class Missing:
    """A file that is missing, and where it belongs."""

    lack: MissingFile
    folder: Path
    file: RemoteFile
    measure: Callable[[], int] | None = None  # returns the bytes of a download, if the file itself does not tell
    sought: set[str] = field(default_factory=set)  # digests of the block lists by which the file was to come

    @property
    def place(self) -> Path:
        """Where the file belongs."""
        return self.folder / self.file.name

    @property
    def is_here(self) -> bool:
        """Whether the file is here by now."""
        return self.file.is_in(self.folder)

    def downloaded(self) -> int:
        """Return the bytes of a download that are here."""
        if not self.lack.downloads:
            return 0
        part = self.place.with_name(self.place.name + PART)
        have = self.measure() if self.measure else min(file_size(part), self.file.size)
        return min(have, MAX_BYTES)

    def fits(self, path: Path) -> bool:
        """Tell whether a file that came is the one that the engine's table knows. Raises OSError."""
        if not self.file.digest:
            return True
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.file.algorithm).hexdigest() == self.file.digest


class ModelExchange:
    """Has files of models brought from other workers, and tells which of them others may have from here.

    `coming` returns how far the core is with a file, by the digest by which it travels; None if it does not fetch it.
    `changed` is called when the report of files has something new.
    """

    def __init__(
        self,
        clock: Clock,
        files: FileThread,
        coming: Callable[[str], Download | None],
        changed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._files = files
        self._coming = coming
        self._changed = changed
        self.find_model: Callable[[Recipe], RemoteModel | None] = model_of
        self._missing: list[Missing] = []
        self._told: dict[str, ToldFile] = {}  # the files that others may have from here, by handle
        self._locks: dict[Path, asyncio.Lock] = {}

    @property
    def is_needed(self) -> bool:
        """Whether others may have files from here, or files are missing here."""
        return bool(self._told or self._missing)

    def size_of(self, digest: str) -> int:
        """Return the size of a file that others may have from here; 0 for another."""
        return next((told.size for told in self._told.values() if told.digest == digest), 0)

    def report_models(self, link: str) -> ModelReport:
        """Return, for a heartbeat, what is here and what a coordinator is asked for."""
        lacked: dict[str, Missing] = {}
        for missing in sorted(self._missing, key=lambda each: not each.lack.downloads):  # two slots may lack one file
            is_over = missing.is_here and (not missing.lack.downloads or missing.lack.handle in self._told)
            if not is_over and missing.lack.link == link:
                lacked.setdefault(missing.lack.handle, missing)
        offline = not may_download()
        files = [missing.lack.report_progress(missing.downloaded(), offline=offline) for missing in lacked.values()]
        return ModelReport(tuple(files[:MAX_MODEL_FILES]), tuple(self._told.values()))

    def told(self, link: str, word: ModelSource) -> None:
        """Take in how a coordinator says that a file is to be had."""
        for missing in self._missing:
            if (missing.lack.link, missing.lack.handle) == (link, word.handle):
                missing.lack.note_source(word, self._clock.now())
        self._changed()

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
                await asyncio.to_thread(_download, model, from_thread(tell))
        if first is None:
            yield
            return
        async with self._model_at_hand(link, first, tell):
            yield

    def _lacks(self, link: str, folder: Path, file: RemoteFile, measure: Callable[[], int] | None = None) -> Missing:
        return Missing(MissingFile(link, file.handle, file.size, self._clock.now()), folder, file, measure)

    @asynccontextmanager
    async def _model_at_hand(self, link: str, model: RemoteModel, tell: OnProgress) -> AsyncIterator[None]:
        lacks = [self._lacks(link, model.folder, file) for file in model.files if not file.is_in(model.folder)]
        listed = model.listed
        if listed is not None and not await asyncio.to_thread(listed.names):
            self._unlist(listed)  # the model was removed since
            lacks.append(self._lacks(link, listed.folder.parent, listed.file, listed.measure))
        self._missing += lacks
        sharing = asyncio.create_task(self._share_downloads(lacks))
        try:
            async with self._locks.setdefault(model.folder, asyncio.Lock()):
                await self._bring_all(link, model, lacks, tell)
            yield
            # The others hear before the coordinator does that nothing is downloaded here any more.
            await self._tell_of(model)
        finally:
            sharing.cancel()
            for missing in lacks:
                self._missing.remove(missing)

    async def _share_downloads(self, lacks: Sequence[Missing]) -> None:
        """Let others have each file that the engine has downloaded, while it downloads the next."""
        while True:
            await asyncio.sleep(SHARE_S)
            for missing in lacks:
                if missing.lack.downloads and missing.is_here:
                    await self._share(missing.file, missing.folder)

    async def _bring_all(self, link: str, model: RemoteModel, lacks: Sequence[Missing], tell: OnProgress) -> None:
        """Fetch what other workers have; note what the engine shall download."""
        for missing in lacks:
            if not await self._bring(missing, model.title, tell):
                break
        else:
            if model.listed is not None and not await asyncio.to_thread(model.listed.names):
                await self._bring_listed(link, model.title, model.listed, tell)
        for missing in lacks:
            missing.lack.downloads = not missing.is_here
        self._changed()

    async def _bring_listed(self, link: str, title: str, listed: ListedModel, tell: OnProgress) -> None:
        """Fetch the files of a listing, and give them their places once all are here; else forget the listing."""
        staged = listed.folder.with_name(listed.folder.name + ARRIVING)
        lacks: list[Missing] = []
        try:
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir(parents=True)
            files = listed.read(listed.place.read_bytes())
            lacks = [self._lacks(link, staged, file) for file in files]
            self._missing += lacks
            for missing in lacks:
                if not await self._bring(missing, title, tell):
                    raise OSError
            places = {self._told[file.handle].digest: listed.folder / file.name for file in files}
            await self._files.move(lambda: listed.place_files(files, staged), places)
        except (OSError, ValueError):  # the engine downloads the model, and says what stands against it
            self._unlist(listed)
            for missing in lacks:
                self._forget(missing.lack.handle)
        finally:
            for missing in lacks:
                self._missing.remove(missing)
            shutil.rmtree(staged, ignore_errors=True)

    def _unlist(self, listed: ListedModel) -> None:
        listed.place.unlink(missing_ok=True)
        self._forget(listed.file.handle)

    async def _tell_of(self, model: RemoteModel) -> None:
        """Let others have what is here of a model, once its engine has opened."""
        for file in model.files:
            if file.is_in(model.folder):
                await self._share(file, model.folder)
        if model.listed is not None:
            with suppress(OSError, ValueError):
                await self._tell_listed(model.listed)

    async def _tell_listed(self, listed: ListedModel) -> None:
        if not await asyncio.to_thread(listed.write):
            return
        for file in listed.read(listed.place.read_bytes()):
            await self._share(file, listed.folder)
        await self._share(listed.file, listed.folder.parent, anew=True)  # the list may name another file than before

    async def _share(self, file: RemoteFile, folder: Path, *, anew: bool = False) -> None:
        """Let others have a file that is here."""
        before = self._told.get(file.handle)
        if before and not anew:
            return
        with suppress(OSError):  # the file has gone just now
            told = ToldFile(file.handle, *await self._files.share(folder / file.name))
            if before and before != told:
                self._forget(file.handle)
            self._pass_on(told)

    def _pass_on(self, told: ToldFile) -> None:
        """Let others have a file; those that were named first are forgotten where they are too many."""
        self._told[told.handle] = told
        for old in list(self._told)[:-MAX_MODEL_FILES]:
            self._forget(old)
        self._changed()

    def _forget(self, handle: str) -> None:
        if told := self._told.pop(handle, None):
            self._files.withhold(told.digest)

    async def _bring(self, missing: Missing, title: str, tell: OnProgress) -> bool:
        """Wait until other workers have brought a file; return False if the engine shall download it."""
        try:
            return await self._await(missing, title, tell)
        finally:
            for digest in missing.sought:
                self._files.abandon(digest)

    async def _await(self, missing: Missing, title: str, tell: OnProgress) -> bool:
        lack = missing.lack = MissingFile(missing.lack.link, missing.lack.handle, missing.file.size, self._clock.now())
        said_s = lack.begun_s - SAY_AGAIN_S
        self._changed()
        while not missing.is_here:
            now = self._clock.now()
            is_coming = any(other.lack.downloads and other.file == missing.file for other in self._missing)
            if is_coming or lack.gives_up(now):
                return False
            missing.sought |= {lack.told.digest} if lack.told else set()
            item = self._coming(lack.told.digest) if lack.told else None
            if lack.told and item and item.state == "here":
                if not await self._settle(missing, lack.told):
                    return False
            elif lack.told and item and item.have > lack.have:
                lack.came(item.have, now)
                tell(f"fetching {title}, {min(99, 100 * item.have // lack.told.size)} %")
            elif lack.waits and now - said_s >= SAY_AGAIN_S:
                said_s = now
                tell(f"waiting for {title}, which another machine downloads")
            else:
                await asyncio.sleep(LOOK_S)
        return True

    async def _settle(self, missing: Missing, told: ToldFile) -> bool:
        """Give a file its place that has come; return False if the disk or another process stands against it."""
        try:
            if not await asyncio.to_thread(missing.fits, self._files.root / told.digest):
                missing.lack.refuse()
                self._files.discard(told.digest)
                self._changed()
                return True
            lock = try_download_lock(missing.folder / LOCK)
            if lock is None:
                return False
            try:
                await self._files.place_model_file(told.digest, missing.place)
                # The hub may have left a part.
                missing.place.with_name(missing.place.name + PART).unlink(missing_ok=True)
                self._pass_on(told)
            finally:
                lock.release()
        except OSError:
            return False
        return True
