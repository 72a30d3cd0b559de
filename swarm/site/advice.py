"""What the page tells before a book is added, for programs: its chapters, the voices, and how a machine joins."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from swarm.coordinator.resident import Resident
from swarm.errors import UsageError
from swarm.site.contents import read_contents
from swarm.site.errand import Errand
from swarm.site.estimate import Estimator
from swarm.site.samples import VoiceSamples
from swarm.store.queue import safe_name
from swarm.web.app import MAX_NAME, JsonAnswer, save_body

MAX_LANGUAGE = 20


class Advice:
    """The answers. `folder` has room for files on their way; `inspect_words` keeps the options that `inspect` takes."""

    def __init__(
        self,
        resident: Resident,
        errand: Errand,
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
            Route("/api/v1/inspect", self.inspect, methods=["POST"]),
            Route("/api/v1/voices", self.voices),
            Route("/api/v1/voices/sample", self.sample),
            Route("/api/v1/join", self.join),
        ]

    async def inspect(self, request: Request) -> Response:
        """Tell what would be read of the book that is the body, as `inspect --json` does, and what that takes."""
        name, options = request.query_params.get("name", "")[:MAX_NAME], request.query_params.getlist("option")
        self._begun += 1
        path = self._folder / f"inspect {self._begun} {safe_name(name)}"
        self._resident.configure(path, options)  # options that name a file of this machine are refused here
        try:
            await save_body(request, path)
            words = ["inspect", *self._inspect_words(options), "--json", "--", str(path)]
            answer = await self._errand(words, self._folder)
        finally:
            path.unlink(missing_ok=True)
        estimate = await self._estimator.of(read_contents(answer))
        return JsonAnswer({**msgspec.json.decode(answer, type=dict), "estimate": estimate})

    async def voices(self, request: Request) -> Response:
        """List the voices of a language, or of all, as `voices --json` does."""
        language = request.query_params.get("language", "")
        if len(language) > MAX_LANGUAGE:
            raise UsageError("A language is a code such as en or de.")
        words = ["voices", "--json", *([f"--language={language}"] if language else [])]
        return _json(await self._errand(words, self._folder))

    async def sample(self, request: Request) -> Response:
        """Speak a sentence with a voice."""
        return await self._samples.of(*(request.query_params.get(name, "") for name in ("engine", "voice", "language")))

    async def join(self, request: Request) -> Response:
        """Tell the line that a new machine runs."""
        return JsonAnswer({"command": self._join()}, headers={"Cache-Control": "no-store"})


def _json(answer: bytes) -> Response:
    return Response(answer, media_type="application/json")
