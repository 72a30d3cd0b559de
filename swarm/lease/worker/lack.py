"""A file of a model that is missing on a worker: what the coordinator said of it, and whether to turn to the hub."""

from dataclasses import dataclass, field

from swarm.lease.file_transfer import MAX_ASIDE, LackedFile, ModelSource, ToldFile

NO_WORD_S = 4.0  # the engine downloads if the coordinator says no word for so long; one of 0.1 never says any
LOST_WORD_S = 30.0  # the engine downloads if neither a further word nor a byte of another worker comes
MAX_WAIT_S = 3600.0  # another machine's download may take this long


@dataclass(eq=False)
class Lack:
    """A missing file, of `most` bytes at most. The coordinator `link` is asked for it from `begun_s` on."""

    link: str
    handle: str
    most: int
    begun_s: float
    until_s: float = 0.0  # the engine downloads if no word and no byte comes until then
    told: ToldFile | None = None  # it is fetched from other workers as this
    waits: bool = False  # another machine downloads it
    is_left: bool = False  # the coordinator says that the hub has to send it
    have: int = 0
    downloads: bool = False
    false: list[str] = field(default_factory=list)  # another file came under these told digests

    def __post_init__(self) -> None:
        self.until_s = self.begun_s + NO_WORD_S

    def hear(self, word: ModelSource, now: float) -> None:
        """Take in how the coordinator says that the file is to be had."""
        told = word.told
        if told is not None and (told.size > self.most or told.digest in self.false):
            return  # the told file cannot be right
        if told != self.told:
            self.told, self.have = told, 0
        self.waits, self.is_left = word.wait, told is None and not word.wait
        self.until_s = now + LOST_WORD_S

    def came(self, have: int, now: float) -> None:
        """Take in how much has come from other workers."""
        if have > self.have:
            self.have, self.until_s = have, now + LOST_WORD_S

    def refuse(self) -> None:
        """Take in that what came as it was told is another file."""
        if self.told is not None:
            self.false.append(self.told.digest)
        self.told, self.have = None, 0

    def gives_up(self, now: float) -> bool:
        """Tell whether the engine shall download the file."""
        is_late = now > self.until_s or (self.told is None and now - self.begun_s > MAX_WAIT_S)
        return self.is_left or is_late or len(self.false) >= MAX_ASIDE

    def report(self, have: int, *, offline: bool) -> LackedFile:
        """Return how far it is, for a heartbeat: `have` bytes of a download."""
        told, waits = (None, False) if self.downloads else (self.told, self.waits)
        return LackedFile(self.handle, have, self.downloads, offline, tuple(self.false), told, waits)
