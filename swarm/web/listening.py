"""What listeners are offered: the sound of books, their files, feeds and catalogues."""

from pathlib import Path

from starlette.routing import BaseRoute

from swarm.coordinator.library import Library
from swarm.coordinator.resident import Resident
from swarm.system.machine import Clock
from swarm.web.feed_tokens import FeedTokens
from swarm.web.feeds import Feeds
from swarm.web.files import BookFiles
from swarm.web.sound import SoundApi


class Listening:
    """The answers for listeners, over one library. Raises StoreError where the tokens of feeds cannot be read."""

    def __init__(self, resident: Resident, state_dir: Path, clock: Clock) -> None:
        self.library = Library(resident)
        self._sound = SoundApi(self.library, resident)
        self.feeds = Feeds(resident, self.library, FeedTokens(state_dir), clock)
        self.files = BookFiles(resident.queue)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the interface for programs."""
        return [*self._sound.routes(), *self.feeds.routes(), *self.files.routes()]
