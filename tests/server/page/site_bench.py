"""The page over a resident coordinator and real HTTP, for tests."""

import asyncio
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
from desk_bench import DeskBench

from swarm.errors import UsageError
from swarm.lease.message import StatusReply
from swarm.server.api.app import Api
from swarm.server.api.feeds import ListeningApi
from swarm.server.api.host import listen, run
from swarm.server.api.tokens import Doorkeeper
from swarm.server.page.advice import BookOptions, Price
from swarm.server.page.cli_process import Hear, OwnWorker
from swarm.server.page.fields import Choice, OptionField
from swarm.server.page.front import SiteConfig, make_front
from swarm.server.page.log_in import Password
from swarm.system.machine import Clock

TOKEN = "a token of some length"


class SiteBench(DeskBench):
    """A resident coordinator with its page; `client` is a browser that keeps cookies."""

    def __init__(self, tmp_path: Path, password: Password | None = None, prefix: str = "") -> None:
        super().__init__(tmp_path)
        self.asked: list[tuple[str, ...]] = []  # the commands that the page ran
        self.answers: dict[str, bytes] = {}  # the first word of a command -> its output
        self.downloading = asyncio.Event()  # goes on
        self.faults: dict[str, str] = {}  # the first word of a command -> why it fails
        fields = (
            OptionField("--voice", "The sound", "Voice", "who speaks", "text", example="heart", is_first=True),
            OptionField("--tts-engine", "The sound", "Engine", "what speaks", "text", example="kokoro", is_first=True),
            OptionField("--speed", "The sound", "Speed", "how fast", "text", default="1", is_first=True),
            OptionField(
                "--notes", "What is read", "Footnotes", "where", "choice", choices=(Choice("skip"), Choice("end"))
            ),
            OptionField("--alt-text", "What is read", "Pictures", "read them", "check"),
            OptionField("--include", "What is read", "Read also", "a part", "list", example="Appendix"),
        )
        prices = {"openai": Price("openai", 15, "USD")}
        self.lacks: dict[str, str] = {}  # why nobody can speak with an engine
        options = BookOptions(
            fields,
            lambda words: [word for word in words if not word.startswith("--speed")],
            lambda engine: self.lacks.get(engine, ""),
            prices,
        )
        self.listening = ListeningApi(self.resident, self.state, Clock())
        self.own = OwnWorker(lambda port: (), self.state, self.said.append, is_on=False)
        self.config = SiteConfig(
            self.state, password, prefix, options, lambda: "e2a-swarm join CODE", self.own, self.run_cli
        )
        # Each changes what the coordinator tells of itself.
        self.changes: list[Callable[[StatusReply], StatusReply]] = []
        told = self.resident.status
        self.resident.status = lambda: self._changed(told())  # type: ignore[method-assign]

    async def run_cli(self, words: Sequence[str], folder: Path, hear: Hear | None = None) -> bytes:
        self.asked.append(tuple(words))
        if hear:
            for percent in (1, 50):
                hear(b'{"told": "downloading it, %d %%"}' % percent)
                await self.downloading.wait()
        answer = self.answers.get(words[0])
        if answer is None:
            raise UsageError(self.faults.get(words[0], f"{words[0]} failed."))
        if words[0] == "voices" and words[1].startswith("--listen"):
            (folder / "sample.flac").write_bytes(self.answers.get("sample", answer))
        return answer

    def _changed(self, reply: StatusReply) -> StatusReply:
        for change in self.changes:
            reply = change(reply)
        return reply

    async def serve(self, port: int = 0, proxies: Sequence[str] = ()) -> None:
        api = Api(self.resident, self.order_handler, self.room)
        front = make_front(self.config, api, self.order_handler, self.listening, Doorkeeper(TOKEN), Clock())
        listener = listen("127.0.0.1", [port])
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = self.browser()
        self.serving = asyncio.create_task(run(front, listener, proxies=proxies))

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=60, headers={"Accept": "text/html"})

    async def form_token(self, path: str = "/") -> str:
        """Return the token of the forms of a page."""
        found = re.search(r'name="form-token" content="(\w+)"', (await self.client.get(path)).text)
        assert found
        return found[1]

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form as the page does."""
        return await self.client.post(path, data={"form_token": await self.form_token(), **fields})

    async def log_in(self, password: str) -> httpx.Response:
        token = await self.form_token("/log-in")
        return await self.client.post("/log-in", data={"form_token": token, "password": password})

    async def close(self) -> None:
        await self.client.aclose()
        self.serving.cancel()
        await asyncio.gather(self.serving, return_exceptions=True)
