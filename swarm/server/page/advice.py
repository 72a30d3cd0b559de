"""What is told before a book is added: its chapters, the voices, the time and price it takes, how a machine joins."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct
from starlette.responses import Response

from swarm.errors import UsageError
from swarm.lease.message import StatusReply, WorkerStatus
from swarm.server.api.app import MAX_NAME, Asked, FileName, Options, get, post, save_body
from swarm.server.page.cli_process import CliProcess, ModelFetches, VoiceSamples
from swarm.server.page.fields import OptionField
from swarm.server.queue import safe_name
from swarm.server.resident import Resident
from swarm.watch.words import guests_line

SILENT_S = 5.0


def read_answer(answer: bytes) -> dict[str, Any]:
    """Return what a command told in JSON. Raises UsageError."""
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except msgspec.MsgspecError as fault:
        raise UsageError(f"A command was run, but what it told makes no sense: {fault}.") from fault


def notes_of(contents: Mapping[str, Any], lack: str = "") -> list[str]:
    """Return what a user may want to know before a book is added, in words of the command line.

    `lack` says why no machine can speak with the book's engine.
    """
    lack = lack and f"{lack}: the book waits until a machine has it."
    guests = guests_line(contents.get("guests", ()), contents["engine"])
    return [*contents.get("cautions", ()), *contents.get("oddities", ()), *filter(None, (guests, lack))]


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

    def cost_of(self, characters: int) -> str:
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


class BookOptions(NamedTuple):
    """The options that a book may have, and the words of `inspect` that go with words of these."""

    fields: Sequence[OptionField] = ()
    inspect_words: Callable[[Sequence[str]], Sequence[str]] = tuple
    lack_of: Callable[[str], str] = lambda engine: ""  # why no machine can speak with an engine, "" if one can
    prices: Mapping[str, Price] = MappingProxyType({})  # only engines that are paid by the character have one


class Advisor:
    """Tells of books, voices and time by commands of the program. `folder` has room for files. Raises UsageError."""

    def __init__(
        self, resident: Resident, run: CliProcess, fetch: CliProcess, folder: Path, options: BookOptions
    ) -> None:
        self._resident, self._run, self.folder, self.options = resident, run, folder, options
        self.samples, self.fetches = VoiceSamples(run, folder), ModelFetches(fetch, folder)

    async def contents(self, path: Path, name: str, words: Sequence[str]) -> tuple[dict[str, Any], BookEstimate]:
        """Return what `inspect` tells of a book with these words of it, and what the book takes."""
        try:
            contents = read_answer(await self._run(["inspect", *words, "--json", "--", str(path)], self.folder))
        except UsageError as fault:  # a user knows no path of this machine
            raise UsageError(str(fault).replace(str(path), name).replace(path.name, name)) from fault
        price = self.options.prices.get(contents["engine"])
        characters = sum(chapter.get("characters", 0) for chapter in contents["chapters"])
        reply = self._resident.status()
        seconds = await self._work_s(contents, reply)
        return contents, BookEstimate(seconds, waiting_s(reply), price.cost_of(characters) if price else "")

    async def _work_s(self, contents: Mapping[str, Any], reply: StatusReply) -> float | None:
        sound_s = contents["totals"]["estimated_s"]
        if known := work_s(sound_s, reply, 0.0):
            return known
        if not reply.workers:
            return None
        try:
            engines = (await self.voices(contents["language"]))["engines"]
        except UsageError:  # the estimate alone lacks it, not what the book has
            return None
        speeds = [each.get("realtime") for each in engines if each["engine"] == contents["engine"]]
        return work_s(sound_s, reply, next(iter(speeds), None) or 0.0)

    async def voices(self, language: str) -> dict[str, Any]:
        """Return what `voices` tells of a language, or of all."""
        words = ["voices", "--json", *([f"--language={language}"] if language else [])]
        return read_answer(await self._run(words, self.folder))


MAX_LANGUAGE = 20
LanguageCode = Annotated[str, QueryParameter(description="its code, as de; all without it")]


class JoinAnswer(Struct, frozen=True):
    """The line that a new machine runs."""

    command: str


class Advice:
    """The answers. `join` returns the line that a new machine runs."""

    def __init__(self, resident: Resident, advisor: Advisor, join: Callable[[], str]) -> None:
        self._resident, self._advisor, self._join = resident, advisor, join

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            post("/api/v1/inspect", self.inspect, 200, takes="application/octet-stream"),
            *get("/api/v1/voices", self.voices),
            *get("/api/v1/voices/sample", self.sample, gives="audio/flac"),
            *get("/api/v1/join", self.join),
        ]

    async def inspect(self, asked: Asked, name: FileName = "", option: Options = ()) -> dict[str, Any]:
        """Tell what would be read of the book that is the body, as `inspect --json` does, and what that takes."""
        name = safe_name(name[:MAX_NAME])
        with TemporaryDirectory(prefix="inspect ", dir=self._advisor.folder) as folder:
            path = Path(folder) / name  # a text has its file's name as title
            self._resident.configure(path, option)  # options that name a file of this machine are refused here
            await save_body(asked, path)
            words = self._advisor.options.inspect_words(option)
            contents, estimate = await self._advisor.contents(path, name, words)
        return {**contents, "estimate": estimate}

    async def voices(self, language: LanguageCode = "") -> dict[str, Any]:
        """List the voices, and how quick they are, as `voices --json` does."""
        if len(language) > MAX_LANGUAGE:
            raise UsageError("A language is a code such as en or de.")
        return await self._advisor.voices(language)

    async def sample(
        self, engine: FromQuery[str] = "", voice: FromQuery[str] = "", language: LanguageCode = ""
    ) -> Response:
        """Speak a sentence with a voice."""
        return await self._advisor.samples.sample_of(engine, voice, language)

    async def join(self) -> JoinAnswer:
        """Tell the line that a new machine runs."""
        return JoinAnswer(self._join())
