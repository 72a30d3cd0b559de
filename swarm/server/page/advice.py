"""What is told before a book is added: its chapters, the voices, the time and price it takes, how a machine joins."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from swarm.errors import UsageError
from swarm.lease.message import StatusReply, WorkerStatus
from swarm.server.api.app import MAX_NAME, FileName, Options, save_body
from swarm.server.api.calls import Call
from swarm.server.page.cli_process import CliProcess, VoiceSamples
from swarm.server.queue import safe_name
from swarm.server.resident import Resident
from swarm.watch.words import GuestRow, guests_line

SILENT_S = 5.0


class ChapterRow(Struct, frozen=True):
    """A chapter that would be spoken."""

    number: int
    title: str
    opening: str
    words: int
    estimated_s: float
    characters: int = 0


class LeftOut(Struct, frozen=True):
    """A part that would not be spoken, and why."""

    title: str
    reason: str
    grounds: str
    words: int


class Totals(Struct, frozen=True):
    """The whole of a book."""

    words: int
    estimated_s: float


class BookContents(Struct, frozen=True):
    """What is in a book."""

    title: str
    authors: tuple[str, ...]
    language: str
    engine: str
    chapters: tuple[ChapterRow, ...]
    left_out: tuple[LeftOut, ...]
    totals: Totals
    cautions: tuple[str, ...] = ()
    oddities: tuple[str, ...] = ()
    guests: tuple[GuestRow, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user may want to know before the book is added, in words of the command line."""
        guests = guests_line(self.guests, self.engine)
        return (*self.cautions, *self.oddities, *([guests] if guests else ()))


class VoiceRow(Struct, frozen=True):
    """A voice of an engine."""

    name: str
    description: str = ""
    gender: str = ""


class EngineRow(Struct, frozen=True):
    """An engine and its voices."""

    engine: str
    about: str
    voices: tuple[VoiceRow, ...]
    licence: str = ""
    quality: str = ""
    default: bool = False
    first: str = ""  # this command has to run before the engine speaks
    realtime: float | None = None  # the speed of one slot, as measured on this swarm


class _Voices(Struct, frozen=True):
    engines: tuple[EngineRow, ...]


def read_contents(answer: bytes) -> BookContents:
    """Return what `inspect --json` told. Raises UsageError."""
    try:
        return msgspec.json.decode(answer, type=BookContents, strict=False)
    except msgspec.MsgspecError as fault:
        raise UsageError(f"The book was read, but its contents make no sense: {fault}.") from fault


def read_voices(answer: bytes) -> tuple[EngineRow, ...]:
    """Return what `voices --json` told. Raises UsageError."""
    try:
        return msgspec.json.decode(answer, type=_Voices, strict=False).engines
    except msgspec.MsgspecError as fault:
        raise UsageError(f"The voices were listed, but the list makes no sense: {fault}.") from fault


def work_s(sound_s: float, reply: StatusReply, realtime: float) -> float | None:
    """Return the seconds that the swarm takes for a book; None if nothing is known of its speed.

    `realtime` is the measured speed of one slot, 0 if there is none. Machines that are silent do not count.
    """
    here = [worker for worker in reply.workers if worker.silent_s <= SILENT_S]
    speed = sum(max(_measured(worker), realtime * len(worker.slots)) for worker in here)
    return sound_s / speed if speed > 0 else None


def _measured(worker: WorkerStatus) -> float:
    speaking = [slot.realtime for slot in worker.slots if slot.realtime > 0]
    return sum(speaking) / len(speaking) * len(worker.slots) if speaking else 0.0


def waiting_s(reply: StatusReply) -> float:
    """Return the seconds until the books that are served are done."""
    return max((job.eta_s or 0.0 for job in reply.jobs), default=0.0)


PRICE = re.compile(r"([a-z0-9][a-z0-9_-]{0,40})=(\d{1,6}(?:\.\d{1,4})?) ?([^\W\d_]{0,8}|[$£€¥₹])")
CHARACTERS = 1_000_000  # a price is for so many


class Price(Struct, frozen=True):
    """The price of a million characters."""

    engine: str
    amount: float
    unit: str = ""  # a currency, as the user wrote it

    def of(self, characters: int) -> str:
        """Return what so many characters cost, in words."""
        return f"{self.amount * characters / CHARACTERS:,.2f} {self.unit}".strip()


def parse_price(text: str) -> Price:
    """Return a price: "openai=15 USD" is 15 USD for a million characters. Raises UsageError."""
    found = PRICE.fullmatch(text.strip())
    if not found:
        raise UsageError(f"--price takes ENGINE=AMOUNT for a million characters, such as openai=15 USD, not {text!r}.")
    return Price(found[1], float(found[2]), found[3])


class BookEstimate(Struct, frozen=True):
    """The estimate of a book."""

    work_s: float | None  # None: nothing is known of the speed of the machines
    wait_s: float  # the books before this one take so long
    price: str  # "" if the engine costs nothing


class Estimator:
    """Makes estimates by what was measured, and the prices of engines that the user told. Raises UsageError."""

    def __init__(self, resident: Resident, errand: CliProcess, folder: Path, prices: Mapping[str, Price]) -> None:
        self._resident, self._errand, self._folder, self._prices = resident, errand, folder, prices

    async def of(self, contents: BookContents) -> BookEstimate:
        """Return the estimate of a book."""
        price = self._prices.get(contents.engine)
        characters = sum(chapter.characters for chapter in contents.chapters)
        return BookEstimate(
            await self._work_s(contents),
            waiting_s(self._resident.status()),
            price.of(characters) if price else "",
        )

    async def _work_s(self, contents: BookContents) -> float | None:
        reply = self._resident.status()
        if known := work_s(contents.totals.estimated_s, reply, 0.0):
            return known
        if not reply.workers:
            return None
        engines = read_voices(await self._errand(["voices", "--json", "--language", contents.language], self._folder))
        realtime = next((each.realtime or 0.0 for each in engines if each.engine == contents.engine), 0.0)
        return work_s(contents.totals.estimated_s, reply, realtime)


MAX_LANGUAGE = 20
LanguageCode = Annotated[str, Meta(description="its code, as de; all without it")]


class JoinAnswer(Struct, frozen=True):
    """The line that a new machine runs."""

    command: str


class Advice:
    """The answers. `folder` has room for files on their way; `inspect_words` keeps the options that `inspect` takes."""

    def __init__(
        self,
        resident: Resident,
        errand: CliProcess,
        helpers: tuple[Estimator, VoiceSamples],
        folder: Path,
        inspect_words: Callable[[Sequence[str]], Sequence[str]],
        join: Callable[[], str],
    ) -> None:
        self._resident, self._errand, self._folder = resident, errand, folder
        self._estimator, self._samples = helpers
        self._inspect_words, self._join = inspect_words, join
        self._begun = 0

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Call("POST", "/api/v1/inspect", self.inspect, takes="application/octet-stream"),
            Call("GET", "/api/v1/voices", self.voices),
            Call("GET", "/api/v1/voices/sample", self.sample, gives="audio/flac"),
            Call("GET", "/api/v1/join", self.join),
        ]

    async def inspect(self, request: Request, name: FileName = "", option: Options = ()) -> dict[str, Any]:
        """Tell what would be read of the book that is the body, as `inspect --json` does, and what that takes."""
        self._begun += 1
        path = self._folder / f"inspect {self._begun} {safe_name(name[:MAX_NAME])}"
        self._resident.configure(path, option)  # options that name a file of this machine are refused here
        try:
            await save_body(request, path)
            words = ["inspect", *self._inspect_words(option), "--json", "--", str(path)]
            answer = await self._errand(words, self._folder)
        finally:
            path.unlink(missing_ok=True)
        estimate = await self._estimator.of(read_contents(answer))
        return {**msgspec.json.decode(answer, type=dict), "estimate": estimate}

    async def voices(self, language: LanguageCode = "") -> dict[str, Any]:
        """List the voices, and how quick they are, as `voices --json` does."""
        if len(language) > MAX_LANGUAGE:
            raise UsageError("A language is a code such as en or de.")
        words = ["voices", "--json", *([f"--language={language}"] if language else [])]
        return msgspec.json.decode(await self._errand(words, self._folder), type=dict)

    async def sample(self, engine: str = "", voice: str = "", language: LanguageCode = "") -> Response:
        """Speak a sentence with a voice."""
        return await self._samples.of(engine, voice, language)

    async def join(self) -> JoinAnswer:
        """Tell the line that a new machine runs."""
        return JoinAnswer(self._join())
