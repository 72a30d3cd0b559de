"""A folder whose books go into the queue by themselves. A book that fails is set aside there, with its reason."""

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from swarm.book.folder import books_in, texts_in
from swarm.coordinator.resident import Resident
from swarm.errors import SwarmError, UsageError
from swarm.store.queue import stamp_of
from swarm.system.disk import full_name, replace_file
from swarm.system.machine import Say
from swarm.watch.text import clean

OPTIONS_FILE = "e2a-swarm.options"  # this file has options for the books of its folder, as on a command line
MAX_OPTIONS = 10_000  # characters
SET_ASIDE = "set aside"  # this folder inside the watched one takes books that failed
ADVICE = "`e2a-swarm add` takes them, and so does the page."
MAX_NAMED = 5  # one line names at most this many texts
LOOK_S = 5.0  # a file that changed between two looks is still being copied


class WatchedFolder:
    """Looks into a folder from time to time, and adds each book that it finds at rest."""

    def __init__(self, folder: Path, resident: Resident, note: Say) -> None:
        self.folder, self._resident, self._note = folder.absolute(), resident, note
        self._seen: dict[Path, str] = {}  # stamps of files at the last look
        self._told: set[str] = set()  # faults of the last look
        self._texts: set[str] = set()  # names of texts at the last look

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Add the books that have not changed since the last look and are not in the queue yet."""
        wrong = list[str]()
        try:
            found = {path: stamp_of(path) for path in await asyncio.to_thread(books_in, self.folder) if path.is_file()}
            settled = [path for path, stamp in found.items() if stamp and self._seen.get(path) == stamp]
            self._seen = found
            fresh = [path for path in settled if not self._resident.queue.has(path)]
            words = self._words() if fresh else ()
            wrong = [why for path in fresh if (why := await self._add(path, words))]
            self._name_texts(await asyncio.to_thread(texts_in, self.folder))
        except OSError as fault:
            wrong = [f"The folder {full_name(self.folder)} cannot be read: {fault.strerror or fault}."]
        except SwarmError as fault:
            wrong = [f"{full_name(self.folder)}: {fault}"]
        for line in dict.fromkeys(wrong):
            if line not in self._told:
                self._note(f"{line.removesuffix('.')}. It is tried again.")
        self._told = set(wrong)

    def _name_texts(self, names: Sequence[str]) -> None:
        """Say once of each text that a watched folder takes none: many lie beside books and are none."""
        fresh = [name for name in names if name not in self._texts]
        if fresh:
            shown = ", ".join(map(clean, fresh[:MAX_NAMED])) + (" ..." if len(fresh) > MAX_NAMED else "")
            self._note(f"{full_name(self.folder)}: {shown}: texts and web pages are not taken from a folder; {ADVICE}")
        self._texts = set(names)

    async def _add(self, path: Path, words: Sequence[str]) -> str:
        """Add one book; return why that is impossible, "" if it is done."""
        try:
            with path.open("rb"):
                await self._resident.add(path, path.name, words, source=str(path))
        except OSError as fault:
            return f"{full_name(path)} cannot be read: {fault.strerror or fault}."
        except UsageError as fault:
            return f"{full_name(self.folder / OPTIONS_FILE) if words else full_name(self.folder)}: {fault}"
        except SwarmError as fault:
            return f"{full_name(self.folder)}: {fault}"
        return ""

    def _words(self) -> Sequence[str]:
        path = self.folder / OPTIONS_FILE
        try:
            with path.open(encoding="utf-8") as file:
                return shlex.split(file.read(MAX_OPTIONS), comments=True)
        except FileNotFoundError:
            return ()
        except ValueError as fault:
            raise UsageError(f"{OPTIONS_FILE} there is no list of options: {fault}.") from fault


def set_aside(source: Path, why: str) -> bool:
    """Move a book that failed into a folder beside it, with the reason; return whether that was possible."""
    with suppress(OSError, SwarmError):
        folder = source.parent / SET_ASIDE
        folder.mkdir(exist_ok=True)
        source.replace(folder / source.name)
        replace_file(folder / f"{source.name}.why.txt", f"{why}\n".encode(errors="replace"))
    return not source.exists()
