"""The web side of a resident coordinator, for tests, and a queue to be shown."""

import asyncio
import json
from pathlib import Path

import httpx
from desk_bench import DeskBench

from swarm.lease.message import Figures, JobStatus, SlotStatus, StatusReply, WorkerStatus
from swarm.server.api.app import Api, MemberAnswers, make_app
from swarm.server.api.feeds import ListeningApi
from swarm.server.api.host import listen, run
from swarm.server.api.tokens import Doorkeeper
from swarm.server.queue import BookState, QueuedBook
from swarm.system.machine import Clock

JOB = JobStatus("emma-1", "Emma", "hibari", "speaking", 10, 5, 1, 100, 40, 60.0, 30.0, 90.0, (), note="a note")
SLOTS = (SlotStatus(0, "resting", note="paused"), SlotStatus(1, "speaking", "emma-1", realtime=3.0))
ATTIC = WorkerStatus("w1", "attic", "RTX", SLOTS, 0.5, 2, figures=(Figures("cuda:0", 50, 1, 4, 71),))
CELLAR = WorkerStatus("w2", "cellar", "cpu", (SlotStatus(0, "idle"),), 60.0, 0)
REPLY = StatusReply("c", "server", "1", 1, (JOB,), (ATTIC, CELLAR))
BOOKS = (
    QueuedBook(1, "a.epub", job="emma-1", title="Emma"),
    QueuedBook(2, "b.epub", state=BookState.PAUSED, why="waits"),
    QueuedBook(3, "c.epub", state=BookState.FINISHED, files=("c.m4b",)),
    QueuedBook(4, "d.epub", state=BookState.FAILED, why="no book"),
)

TOKEN = "a token of some length"


class StillClock(Clock):
    """A clock that stands, so that no minute of the doorkeeper ends while a busy machine runs a test."""

    def now(self) -> float:
        """Return the same moment always."""
        return 1000.0


class WebBench(DeskBench):
    """A resident coordinator with its web side; `client` shows the token."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(tmp_path)
        self.listening = ListeningApi(self.resident, self.state, Clock())

    async def serve(self) -> None:
        more = [*self.listening.routes(), *MemberAnswers(self.members).routes()]
        app = make_app(Api(self.resident, self.order_handler, self.room), Doorkeeper(TOKEN), StillClock(), more=more)
        listener = listen("127.0.0.1", [0])
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.client = httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60
        )
        self.serving = asyncio.create_task(run(app, listener))

    async def get(self, path: str) -> object:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def order(self, **order: object) -> httpx.Response:
        return await self.client.post("/api/v1/orders", content=json.dumps(order))

    async def close(self) -> None:
        await self.client.aclose()
        self.serving.cancel()
        await asyncio.gather(self.serving, return_exceptions=True)
