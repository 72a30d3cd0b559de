"""Cross-checks: other workers speak a sample of the accepted clips again, and a worker that is outvoted rests.

A check is a lease like any other, of places that have a clip already, so that no worker can tell it from work. The
shell compares the sounds. Two workers of different owners that sound alike are believed, and all that sound otherwise
are outvoted. What was found is known of a worker's process until it or this coordinator ends: then all begins anew,
with its first clip.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import combinations
from math import inf

from swarm.job.clip_info import MAX_DOUBT
from swarm.job.record import OTHERWISE, AnyRecord, ClipDiscarded, ClipDoubted
from swarm.job.spec import TAKES
from swarm.job.state import Place, apply
from swarm.lease.coordinator.ledger import FreeRun
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.envelope import Hindrance, NotLeasing, Reason
from swarm.lease.message import CheckStatus, Clip, Revoke
from swarm.lease.outcome import Comparison, JournalEntry, Outcome

MOST_LINES = 24  # a lease is this short while clips are compared, since a check waits until another worker's lease ends
LATEST = 3  # clips of a worker that are compared at once when one of it sounds otherwise than another's
SUSPECT = 20  # so many clips of a worker are all compared after it was outvoted, and then it is trusted again
MAX_OUTVOTED = 3  # then a worker rests
REST_S = 3600.0  # then it is tried again, and rests again once it is outvoted
AGAIN_S = 600.0  # what a worker spoke in so many seconds before its rest is spoken again
MAX_OPEN = 32  # checks at a time
MAX_OPEN_OF_ONE = 6  # so many clips of one worker wait for a second sound
MAX_ASKED = 8  # leases for one check
MAX_SOUNDS = 5  # if no two of so many sounds of a sentence are alike, nobody is outvoted
MAX_REPUTATIONS = 1000  # processes that are remembered


@dataclass
class Reputation:
    """What the compared clips of one worker process showed."""

    session: str
    worker: str
    owner: str
    since_s: float
    left: int = 1  # clips until the next one that is compared: the first one is
    drawn: int = 0
    latest: deque[tuple[str, Place]] = field(default_factory=lambda: deque(maxlen=LATEST))
    outvoted: int = 0
    suspect: int = 0  # further clips that are all compared
    confirmed_s: float = -inf  # the last clip that another worker confirmed was accepted then
    rests_until_s: float = -inf


@dataclass
class SoundCheck:
    """A sentence that is spoken again: the sounds of it, the accepted clip's first, which is on the disk."""

    job: str
    place: Place
    key: str
    speakers: list[Reputation]
    frames: list[bytes] = field(default_factory=lambda: [b""])
    is_urgent: bool = False  # its speaker may be a liar: two others are asked at once
    asked: dict[str, int] = field(default_factory=dict)  # session -> its lease
    times: int = 0  # leases so far
    compared: list[int] = field(default_factory=lambda: [0])  # sounds that were compared with those before them
    alike: set[tuple[int, int]] = field(default_factory=set)

    def believed(self) -> set[int]:
        """Return the sounds that are believed: the first two of different owners that are alike, and all like them."""
        owners = {speaker.owner for speaker in self.speakers}
        for one, other in combinations(sorted(self.compared), 2):
            is_independent = self.speakers[one].owner != self.speakers[other].owner or len(owners) == 1
            if (one, other) in self.alike and is_independent:
                return {each for pair in self.alike for each in pair if {one, other} & {*pair}}
        return set()

    def awaits(self, session: str) -> bool:
        """Return whether a worker was asked and has not answered."""
        return session in self.asked and all(speaker.session != session for speaker in self.speakers)


def owner_of(session: Session) -> str:
    """Return who answers for a worker: its machine's own key, else the worker itself."""
    return session.hello.key.hex() or session.worker


@dataclass
class CrossChecks:
    """Chooses what is spoken again and by whom, and judges by the comparisons. With a `share` of 0 nothing is."""

    jobs: Jobs
    sessions: dict[str, Session]
    share: float = 0.0
    secret: str = ""  # no worker can foresee which clip is compared
    open: dict[tuple[str, Place], SoundCheck] = field(default_factory=dict)
    reputations: dict[str, Reputation] = field(default_factory=dict)
    confirmed: set[tuple[str, Place, str]] = field(default_factory=set)
    decided: int = 0  # sentences
    outvoted: int = 0  # sounds
    work_s: float = 0.0  # what checks cost the engines

    # --- what is compared

    def accepted(self, served: ServedJob, session: Session, place: Place, now: float, out: Outcome) -> None:
        """Take in that a worker's clip was accepted, and have it compared if it is its turn."""
        if not (self.share and served.is_compared) or place in served.guests:
            return
        reputation = self._reputation(session, now)
        reputation.latest.append((served.state.job, place))
        reputation.left -= 1
        if reputation.left <= 0 and self._open(reputation, served, place, out, is_urgent=reputation.suspect > 0):
            reputation.suspect = max(0, reputation.suspect - 1)
            reputation.left = 1 if reputation.suspect else self._gap(reputation)

    def _reputation(self, session: Session, now: float) -> Reputation:
        if session.key not in self.reputations:
            self.reputations[session.key] = Reputation(session.key, session.worker, owner_of(session), now)
            while len(self.reputations) > MAX_REPUTATIONS:
                del self.reputations[next(iter(self.reputations))]
        return self.reputations[session.key]

    def _gap(self, reputation: Reputation) -> int:
        """Return after how many clips the next one is compared: half to one and a half of what the share says."""
        reputation.drawn += 1
        drawn = sha256(f"{self.secret} {reputation.session} {reputation.drawn}".encode()).digest()
        return max(1, int((0.5 + int.from_bytes(drawn[:4]) / 2**32) / self.share))

    def _open(self, reputation: Reputation, served: ServedJob, place: Place, out: Outcome, *, is_urgent: bool) -> bool:
        name, record = (served.state.job, place), served.state.accepted.get(place)
        if record is None or (*name, record.key) in self.confirmed:
            return False
        if name not in self.open:
            of_it = sum(check.speakers[0] is reputation for check in self.open.values())
            if (of_it >= MAX_OPEN_OF_ONE or len(self.open) >= MAX_OPEN) and not self._give_up(out):
                return False
            self.open[name] = SoundCheck(*name, record.key, [reputation])
        self.open[name].is_urgent |= is_urgent
        return True

    def _give_up(self, out: Outcome) -> bool:
        """Close the oldest check whose sounds are unlike and that nobody is at; return False without one."""
        leases = self.jobs.lease_index.leases
        idle = [check for check in self.open.values() if not any(lease in leases for lease in check.asked.values())]
        check = next((check for check in idle if len(check.compared) == len(check.speakers) > 1), None)
        if check is not None:
            self._close(check, out)
        return check is not None

    def _close(self, check: SoundCheck, out: Outcome) -> None:
        """Close a check that is not decided; a sentence of which no two sounds are alike is doubtful."""
        del self.open[check.job, check.place]
        served = self.jobs.get(check.job)
        record = served.state.accepted.get(check.place) if served else None
        if served and record and record.key == check.key and len(check.compared) > 1:
            self._doubt(served, check.place, out)

    # --- who speaks it again

    def run_for(self, served: ServedJob, session: Session, now: float) -> FreeRun | None:
        """Return sentences of one chapter that a worker shall speak again; None if there are none."""
        if not self.open:
            return None
        for check in self._of(served):  # its clip may have been discarded meanwhile
            if not self._is_accepted(check):
                del self.open[check.job, check.place]
        places = [check.place for check in self._of(served) if self._may_ask(served, check, session, now)]
        if not places:
            return None
        chapter = min(places)[0]
        return chapter, sorted(index for number, index in places if number == chapter)[:MOST_LINES]

    def granted(self, served: ServedJob, session: Session, run: FreeRun, lease: int) -> None:
        """Take in which lease has a worker speak them."""
        for index in run[1]:
            check = self.open[served.state.job, (run[0], index)]
            check.asked[session.key], check.times = lease, check.times + 1

    def _of(self, served: ServedJob) -> list[SoundCheck]:
        return [check for check in self.open.values() if check.job == served.state.job]

    def _is_accepted(self, check: SoundCheck) -> bool:
        """Return whether the clip that is checked is still the sentence's."""
        served = self.jobs.get(check.job)
        record = served.state.accepted.get(check.place) if served else None
        return record is not None and record.key == check.key

    def _may_ask(self, served: ServedJob, check: SoundCheck, session: Session, now: float) -> bool:
        """Return whether a worker may speak a sentence again: one of another owner, if there is any that could."""
        if session.worker in {speaker.worker for speaker in check.speakers}:
            return False
        leases = self.jobs.lease_index.leases
        at_it = {each for each, lease in check.asked.items() if lease in leases and check.awaits(each)}
        wanted = 2 if check.is_urgent and len(check.speakers) == 1 else 1
        under_way = len(at_it) + len(check.speakers) - len(check.compared)
        if session.key in at_it or under_way >= wanted:
            return False
        if len(check.speakers) >= MAX_SOUNDS or check.times >= MAX_ASKED:
            return False
        owners = {speaker.owner for speaker in check.speakers}
        others = (each for each in self.sessions.values() if owner_of(each) not in owners)
        return owner_of(session) not in owners or not any(served.can_try(each, now, check.place) for each in others)

    # --- what they spoke

    def expects(self, session: Session, clip: Clip) -> bool:
        """Return whether a worker was asked for this clip of a sentence that has one."""
        check = self.open.get((clip.job, (clip.chapter, clip.index)))
        if check is None or check.key != clip.key or not check.awaits(session.key):
            return False
        return self._is_accepted(check)  # else its clip was discarded meanwhile, and this one takes its place

    def take(self, served: ServedJob, session: Session, clip: Clip, now: float, frame: bytes, out: Outcome) -> bool:
        """Have a clip compared that was spoken for a check; return False for one that was not."""
        if not self.expects(session, clip):
            return False
        place = (clip.chapter, clip.index)
        check = self.open[clip.job, place]
        out.comparisons.append(Comparison(clip.job, *place, clip.key, session.key, frame, tuple(check.frames[1:])))
        check.speakers.append(self._reputation(session, now))
        check.frames.append(frame)
        self.work_s += clip.work_s
        served.run_stats.check(session.worker, clip.work_s)
        return True

    def compared(self, served: ServedJob, place: Place, session: str, alike: Iterable[int], now: float) -> Outcome:
        """Take in which of the earlier sounds of a sentence a worker's sound is like, the accepted clip's being 0."""
        out = Outcome()
        check = self.open.get((served.state.job, place))
        names = [speaker.session for speaker in check.speakers] if check else []
        if check is None or session not in names[1:] or (number := names.index(session, 1)) in check.compared:
            return out
        check.compared.append(number)
        check.alike |= {(other, number) for other in alike if other < number}
        if believed := check.believed():
            self._decide(served, check, believed, now, out)
        elif len(check.compared) == 2:
            check.is_urgent = True
            for speaker in check.speakers[:2]:
                self._look_closer(speaker, out)
        return out

    def _look_closer(self, reputation: Reputation, out: Outcome) -> None:
        """Have the latest clips of a worker compared, too: it sounds otherwise than another one."""
        for job, place in reputation.latest:
            if served := self.jobs.get(job):
                self._open(reputation, served, place, out, is_urgent=True)

    # --- what follows

    def _decide(self, served: ServedJob, check: SoundCheck, believed: set[int], now: float, out: Outcome) -> None:
        del self.open[check.job, check.place]
        self.decided += 1
        first, record = check.speakers[0], served.state.accepted.get(check.place)
        if record is None or record.key != check.key:
            return  # it was discarded meanwhile
        if 0 in believed:
            self.confirmed.add((check.job, check.place, check.key))
            first.confirmed_s = max(first.confirmed_s, record.accepted_s)
            first.outvoted = first.outvoted if first.suspect else 0
        else:
            self._speak_again(served, [check.place], out)
        for number in sorted({*check.compared} - believed):
            self._outvote(check.speakers[number], served, check.place, now, out)

    def _outvote(self, reputation: Reputation, served: ServedJob, place: Place, now: float, out: Outcome) -> None:
        self.outvoted += 1
        served.run_stats.outvote(reputation.worker)
        reputation.outvoted += 1
        reputation.suspect, reputation.left = SUSPECT, 1
        session = self.sessions.get(reputation.session)
        name = session.hello.name if session else reputation.worker
        text = served.state.segment(place).written[:60]
        out.events.append(Reason("sounds otherwise", worker=name, text=text))
        self._look_closer(reputation, out)
        if reputation.outvoted >= MAX_OUTVOTED:
            reputation.outvoted, reputation.rests_until_s = MAX_OUTVOTED - 1, now + REST_S
            out.events.append(Reason("rests for its sound", worker=name, seconds=REST_S))
            self._speak_latest_again(reputation, now, out)
            if session:
                self._end_leases(session, out)
                self.hold_back(session, now)

    def _end_leases(self, session: Session, out: Outcome) -> None:
        for lease in list(self.jobs.leases_of(session).values()):
            out.send(session.peer, Revoke(lease.id))
            self.jobs.of(lease).ledger.end_lease(lease)

    def refuses(self, session: Session, now: float) -> bool:
        """Return whether a worker rests since its sound is not that of others: its clips are not accepted, either."""
        reputation = self.reputations.get(session.key)
        return reputation is not None and now < reputation.rests_until_s

    def hold_back(self, session: Session, now: float) -> None:
        """Keep a worker from leases as long as it rests for its sound."""
        why = Hindrance(NotLeasing.SOUND, seconds=REST_S) if self.refuses(session, now) else None
        session.hold_back(why)

    def _speak_latest_again(self, reputation: Reputation, now: float, out: Outcome) -> None:
        """Have spoken again what a worker spoke of late, and all since another one last confirmed its sound."""
        since_s = max(reputation.since_s, min(now - AGAIN_S, reputation.confirmed_s))
        for served in self.jobs.values():
            by_it = [
                place
                for place, clip in served.state.accepted.items()
                if clip.worker == reputation.worker
                and clip.accepted_s >= since_s
                and (served.state.job, place, clip.key) not in self.confirmed
            ]
            self._speak_again(served, by_it if served.is_compared else [], out)

    def _speak_again(self, served: ServedJob, places: Iterable[Place], out: Outcome) -> None:
        """Open places again whose sound is not to be trusted; once all is spoken they are only noted as doubtful."""
        state, is_over = served.state, served.state.complete
        keys = {state.accepted[place].key for place in places}
        same = [(place, clip) for place, clip in state.accepted.items() if clip.key in keys]  # texts may recur
        for place, clip in same:
            if is_over:
                self._doubt(served, place, out)
                continue
            self._record(served, ClipDiscarded(*place, OTHERWISE, (clip.take // TAKES + 1) * TAKES), out)
            served.ledger.reopen(place)
            self.open.pop((state.job, place), None)
            out.reopened.append((state.job, place, clip.key))

    def end_complete(self, out: Outcome) -> None:
        """Close the checks of jobs that are spoken, or gone."""
        for check in list(self.open.values()):
            served = self.jobs.get(check.job)
            if served is None or served.state.complete:
                self._close(check, out)

    def _doubt(self, served: ServedJob, place: Place, out: Outcome) -> None:
        clip = served.state.accepted[place]
        doubt = "; ".join(filter(None, (clip.doubt, OTHERWISE)))[:MAX_DOUBT]
        self._record(served, ClipDoubted(*place, clip.key, doubt), out)

    def _record(self, served: ServedJob, record: AnyRecord, out: Outcome) -> None:
        apply(served.state, record)
        out.entries.append(JournalEntry(served.state.job, record))

    def status(self) -> CheckStatus | None:
        """Return what the comparisons of this run showed and cost; None where nothing is compared."""
        if not self.share:
            return None
        return CheckStatus(self.share, self.decided, self.outvoted, len(self.open), self.work_s)
