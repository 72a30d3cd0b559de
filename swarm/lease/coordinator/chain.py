"""From whom each worker fetches a job file: from another worker, so that it crosses the coordinator's link once.

Workers stand in a chain: each fetches from one that is ahead, and passes on what it has. The coordinator serves the
first one, and is the last resort. A worker that fell behind has its followers taken away, and tries another source.
"""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from swarm.job.job_asset import BLOCK_BYTES
from swarm.lease.coordinator.roster import Session

WINDOW_S = 5.0  # a worker's pace is measured over this time
MIN_WINDOW_S = 2.0  # a pace over a shorter time is not compared
LAG = 3.0  # a worker lags if the one that it fetches from is so many times as fast
TURN_S = 5.0  # the first of a chain may become the last after this time, since its own link may be what is slow
TURNS = 3  # more turns are taken only if the first worker is slower than an earlier one
MAX_TURNS = 30
SLOWER = 1.5
WAITS_BLOCKS = 2  # a worker that is behind its source by fewer has all that it can have
MAX_TRIES = 3  # a worker that lags behind so many sources has a slow link itself
MAX_FOLLOWERS = 3
NEAR_S = 10.0  # a worker may be so many seconds of progress ahead of its source
MAX_GUESS_S = 2.0  # progress since a heartbeat is assumed for this long at most


@dataclass
class Link:
    """One worker in the chain of one file."""

    source: str = ""  # the session that it fetches from; "": the coordinator
    have: int = 0  # bytes it had at the last heartbeat
    heard_s: float = 0.0
    turned_s: float = 0.0  # it got its present source then
    begun: int = 0  # bytes it had when the window for its pace began
    begun_s: float = 0.0
    past_pace: float = 0.0  # the pace in the window before
    lags: bool = False
    is_stranded: bool = False  # it has no source at all: those behind it turn to others, and it may follow them
    tried: set[str] = field(default_factory=set)  # sources that gave it less than they got themselves

    @property
    def pace(self) -> float:
        """Return its bytes a second."""
        took_s = self.heard_s - self.begun_s
        return max(0.0, (self.have - self.begun) / took_s) if took_s >= MIN_WINDOW_S else self.past_pace

    def note_held(self, have: int, now: float) -> None:
        """Take in how much it has."""
        self.have, self.heard_s = have, now

    def begin_window(self, now: float) -> None:
        """Take its pace anew."""
        self.past_pace = self.pace
        self.begun, self.begun_s = self.have, now

    def guess(self, now: float) -> float:
        """Return how much it has by now, if it goes on as before."""
        return self.have + self.pace * min(MAX_GUESS_S, now - self.heard_s)

    def turn_to(self, source: str, now: float) -> None:
        """Give it another source."""
        self.source, self.turned_s = source, now
        self.begin_window(now)


@dataclass
class Chain:
    """The workers that have one file of `size` bytes or fetch it, by session."""

    digest: str
    size: int
    is_model: bool = False  # a file that the coordinator has not: no source means to wait
    block: int = BLOCK_BYTES
    links: dict[str, Link] = field(default_factory=dict)
    turns: int = 0
    fastest: float = 0.0  # the best pace of the workers that were first
    liars: set[str] = field(default_factory=set)  # sessions that another worker accused of a block that did not fit

    def source_of(self, session: Session, sessions: Mapping[str, Session], now: float) -> str:
        """Return the address where a worker shall fetch the file, as its heartbeat stands; "" for the coordinator."""
        self.links = {key: link for key, link in self.links.items() if key in sessions}
        fetching = session.files.fetching[self.digest]
        link = self.links.setdefault(session.key, Link(turned_s=now, begun=fetching.have, begun_s=now))
        link.note_held(fetching.have, now)
        gives_up = self._falls_behind(link, sessions, now)
        able = self.able(session, sessions)
        if link.source not in able or gives_up or self._is_late(link.source):
            choice = self._choose(session, link, able, sessions, now)
            if choice != link.source:
                link.turn_to(choice, now)
        elif end := self._end_for(session.key, link, able, sessions, now):
            link.turn_to(end, now)
        if self.is_model:
            link.is_stranded = not link.source
        elif not link.source:
            self._take_turns(session.key, link, able, now)
        return sessions[link.source].files.peer_address if link.source else ""

    def able(self, session: Session, sessions: Mapping[str, Session]) -> set[str]:
        """Return the workers of which another one could have the file."""
        fetching = session.files.fetching.get(self.digest)
        aside = {each.peer_address for each in fetching.aside} if fetching else ()
        return {
            key
            for key, other in sessions.items()
            if session.files.may_knock_at(other.files)
            and other.files.peer_address not in aside
            and key not in self.liars
            and (
                other.files.has_file(self.digest)
                or (self.digest in other.files.fetching and other.files.fetching[self.digest].asking)
            )
        }

    def _is_late(self, key: str) -> bool:
        return key in self.links and (self.links[key].lags or self.links[key].is_stranded)

    def has_holder(self, sessions: Mapping[str, Session]) -> bool:
        """Tell whether any worker has the whole file and was not found to lie."""
        return any(other.files.has_file(self.digest) and key not in self.liars for key, other in sessions.items())

    def _have(self, key: str, sessions: Mapping[str, Session], now: float) -> float:
        if sessions[key].files.has_file(self.digest):
            return self.size
        return self.links[key].guess(now) if key in self.links else 0.0

    def _falls_behind(self, link: Link, sessions: Mapping[str, Session], now: float) -> bool:
        """Compare a worker's pace with its source's once a window is over; tell whether to try another source."""
        if now - link.begun_s < WINDOW_S:
            return False
        if link.source not in sessions:
            fastest = 0.0
        elif sessions[link.source].files.has_file(self.digest):
            fastest = max(other.pace for other in self.links.values())
        else:
            fastest = self.links[link.source].pace if link.source in self.links else 0.0
        waits = link.source in sessions and link.have + WAITS_BLOCKS * self.block > self._have(
            link.source, sessions, now
        )
        link.lags = fastest > LAG * link.pace and not waits
        link.begin_window(now)
        if not link.lags or len(link.tried) >= MAX_TRIES:
            return False
        link.tried.add(link.source)
        return True

    def _choose(self, session: Session, link: Link, able: set[str], sessions: Mapping[str, Session], now: float) -> str:
        """Choose the source with the fewest followers of those that are ahead; of these the one that has most.

        Where the coordinator has not the file, a source that is poor or has many followers is better than none.
        """
        followers = Counter(each.source for each in self.links.values())
        busy = Counter(each.source for key, each in self.links.items() if key in able and not each.lags)
        every = [
            other
            for other in able - {session.key}
            if self._have(other, sessions, now) >= link.have and not self._leads_to(other, session.key)
        ]
        free = [other for other in every if followers[other] < MAX_FOLLOWERS and other not in link.tried]
        ahead = free or (every if self.is_model else [])
        return min(
            ahead,
            key=lambda other: (self._is_late(other), busy[other], -self._have(other, sessions, now), other),
            default="",
        )

    def _end_for(self, key: str, link: Link, able: set[str], sessions: Mapping[str, Session], now: float) -> str:
        """Return the end of a chain for a worker that shares its source with one that is ahead; "" for none near it.

        Two that share a source get half each, and so do all behind them.
        """
        beside = [other for other, each in self.links.items() if each.source == link.source and other != key]
        if not link.source or not any(self._precedes(other, key) for other in beside):
            return ""
        sources = {each.source for each in self.links.values()}
        least = link.have - NEAR_S * max(link.pace, self.block)
        ends = [
            other
            for other in able - sources - link.tried - {key}
            if not self._is_late(other) and self._have(other, sessions, now) >= least and not self._leads_to(other, key)
        ]
        return max(ends, key=lambda other: (self._have(other, sessions, now), other), default="")

    def _precedes(self, key: str, other: str) -> bool:
        first, second = self.links[key], self.links[other]
        return not first.lags and (first.have, key) > (second.have, other)

    def _leads_to(self, key: str, sought: str) -> bool:
        """Tell whether a worker has the file from another one, by however many in between."""
        seen: set[str] = set()
        while key and key not in seen:
            if key == sought:
                return True
            seen.add(key)
            key = self.links[key].source if key in self.links else ""
        return False

    def _take_turns(self, key: str, link: Link, able: set[str], now: float) -> None:
        """Have the first of a chain become the last: the next one then shows what its link can do."""
        behind = [other for other, each in self.links.items() if each.source == key]
        sources = {each.source for each in self.links.values()}
        ends = [other for other in self.links if other not in sources and other in able and self._leads_to(other, key)]
        self.fastest = max(self.fastest, link.pace)
        limit = MAX_TURNS if link.pace * SLOWER < self.fastest else TURNS
        if behind and ends and now - link.turned_s >= TURN_S and self.turns < limit:
            self.turns += 1
            for first in behind:
                self.links[first].turn_to("", now)
            link.turn_to(max(ends, key=lambda end: self.links[end].have), now)


@dataclass
class Chains:
    """The chain of each file that workers pass on, by the digest by which it travels."""

    sessions: dict[str, Session]
    block: int = BLOCK_BYTES
    chains: dict[str, Chain] = field(default_factory=dict)

    def of(self, digest: str, size: int, *, is_model: bool = False) -> Chain:
        """Return the chain of a file."""
        return self.chains.setdefault(digest, Chain(digest, size, is_model, self.block))

    def keep(self, needed: Container[str]) -> None:
        """Forget the chains of files that no job needs."""
        self.chains = {digest: chain for digest, chain in self.chains.items() if digest in needed}

    def accuse(self, session: Session, digest: str) -> list[Session]:
        """Take in whom a worker says to have lied; return those of whom that is news."""
        chain = self.chains.get(digest)
        lying = {each.peer_address for each in session.files.fetching[digest].aside if each.fault == "lying"}
        if chain is None or not lying:
            return []
        accused = [
            other for other in self.sessions.values() if other.files.peer_address in lying and other is not session
        ]
        news = [other for other in accused if other.key not in chain.liars]
        chain.liars.update(other.key for other in news)
        return news
