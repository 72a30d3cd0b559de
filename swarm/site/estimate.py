"""What a book will take: the time of the machines that are connected, the books before it, and its price."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from swarm.coordinator.resident import Resident
from swarm.site.contents import BookContents, read_voices, waiting_s, work_s
from swarm.site.errand import Errand
from swarm.site.price import Price


class BookEstimate(Struct, frozen=True):
    """The estimate of a book."""

    work_s: float | None  # None: nothing is known of the speed of the machines
    wait_s: float  # the books before this one take so long
    price: str  # "" if the engine costs nothing


class Estimator:
    """Makes estimates by what was measured, and the prices of engines that the user told. Raises UsageError."""

    def __init__(self, resident: Resident, errand: Errand, folder: Path, prices: Mapping[str, Price]) -> None:
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
