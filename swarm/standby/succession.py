"""Which standby takes over by itself when a coordinator is gone. Pure: facts and times in, questions and answers out.

The standbys that may are candidates, and their coordinator keeps the list of them, who are the voters. A candidate that
has not heard the coordinator for minutes asks all others of its list. It takes over if none refuses and most of the
list agree, itself counted. A candidate agrees with one other at a time, so no two of a list can have it at once; one
that is cut off from the others never has it. A coordinator that most voters may have given up waits before it writes.

A candidate remembers its lists and whom it agreed with over restarts of its machine. What it remembers has to be on the
disk before a claim, a question or an answer leaves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct, structs

from swarm.lease.member_message import MAX_CANDIDATES, MAX_EPOCHS, Claim, Opinion, Silent, SuccessionCandidate, Voters

STEP_S = 30.0  # each candidate of the voters waits so much longer than the one before it
ROUND_S = 5.0  # a new round of questions begins after this time
VALID_S = 15.0  # an answer counts for so long from its question on
BOUND_S = 600.0  # a candidate that agreed agrees with no other for so long
FORGET_S = 600.0  # a candidate without a claim for so long is struck off the list of voters
RETRY_S = 600.0  # a candidate that could not finish a job leaves it to others for so long
PRESENT_S = 10.0  # a candidate counts as in reach for so long after a claim
WITHDRAW_S = 60.0  # a candidate says for so long that it does not take over after all
KEEP_S = 7 * 86400.0  # a run that was heard last so long ago is not taken over any more
MAX_RUNS = 32  # runs that a candidate remembers
NOBODY = "", 0.0


def majority(candidates: int) -> int:
    """Return how many candidates have to agree: more than half of them, and never one alone."""
    return max(2, candidates // 2 + 1)


class VoterRegistry:
    """The coordinator's side: it keeps the list of the voters of one run.

    Another candidate is added only once most know the present voters: so any two lists that are in use share one among
    those that agree. `voters` may be those of an earlier process.
    """

    def __init__(self, voters: Voters, now: float) -> None:
        self.voters = voters
        self._claimed_s = dict.fromkeys(voters.ids, now)
        self._claims: dict[str, tuple[float, Claim]] = {}  # the last claim of each candidate in this process

    def meet(self, claim: Claim, now: float) -> Voters:
        """Take in that a candidate is there, and return the voters."""
        candidate = claim.candidate
        self._claimed_s[candidate.id] = now
        self._claims[candidate.id] = now, claim
        self._strike_silent(now)
        kept = self.voters.candidates
        if candidate.id in self.voters.ids:
            # A candidate may have another address.
            kept = tuple(candidate if each.id == candidate.id else each for each in kept)
        elif len(kept) < MAX_CANDIDATES and self._may_grow():
            kept = (*kept, candidate)
        self._change(kept)
        self._forget()
        return self.voters

    def _strike_silent(self, now: float) -> None:
        """Strike off the candidates that have made no claim for long."""
        self._change(tuple(each for each in self.voters.candidates if now - self._claimed_s[each.id] <= FORGET_S))

    def _change(self, candidates: tuple[SuccessionCandidate, ...]) -> None:
        if candidates != self.voters.candidates:
            self.voters = Voters(self.voters.run, self.voters.revision + 1, candidates)

    def _forget(self) -> None:
        names = self.voters.ids
        self._claimed_s = {name: at_s for name, at_s in self._claimed_s.items() if name in names}
        self._claims = {name: each for name, each in self._claims.items() if name in names}

    def is_outdated(self, claim: Claim) -> bool:
        """Tell whether a candidate has a later list of this run: the state folder is an older one that was put back."""
        return claim.run == self.voters.run and claim.revision > self.voters.revision

    def _may_grow(self) -> bool:
        present, names = (self.voters.run, self.voters.revision), self.voters.ids
        claims = [claim for name, (_, claim) in self._claims.items() if name in names]
        return not names or 2 * sum((claim.run, claim.revision) == present for claim in claims) > len(names)

    def awaited(self, now: float) -> list[str]:
        """Return the names of the voters to be heard before it is sure that most have not given this coordinator up."""
        self._strike_silent(now)
        self._forget()
        candidates, sure = self.voters.candidates, {name for name in self._claims if self._is_sure(name, now)}
        if len(candidates) - len(sure) < majority(len(candidates)):
            return []
        return [candidate.name for candidate in candidates if candidate.id not in sure]

    def _is_sure(self, name: str, now: float) -> bool:
        claimed_s, claim = self._claims[name]
        return not claim.bound and now - claimed_s < min(PRESENT_S, claim.silence_s / 2)


class Memory(Struct, frozen=True, omit_defaults=True):
    """What a candidate remembers of one run over a restart."""

    voters: Voters
    heard_s: float
    jobs: tuple[str, ...] = ()
    bound: str = ""


@dataclass
class Watch:
    """What a candidate knows of one run of a coordinator."""

    voters: Voters
    heard_s: float
    told_s: float  # as of the last change of what is remembered; `heard_s` changes each second
    jobs: frozenset[str] = frozenset()  # jobs not finished that no other coordinator has since
    taken: frozenset[str] = frozenset()  # jobs of these that this candidate is taking over
    bound: tuple[str, float] = NOBODY  # the candidate agreed with last, and the time
    withdrew_s: float | None = None
    number: int = 0  # the present round of questions
    asked_s: float = 0.0
    asking_s: float | None = None  # since when it asks without having been elected
    # When each candidate was asked, and its answer.
    opinions: dict[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shortage:
    """Why a candidate that asks does not take over: how many have to agree, and what the others say."""

    needed: int
    voters: int
    silent_s: float  # since the coordinator was heard
    agreeing: int
    mute: tuple[str, ...]  # names of those that do not answer
    abstaining: tuple[str, ...]
    refusing: tuple[str, ...]


class Succession:
    """The candidate's side. `me` is its own id; it takes a coordinator for gone that is silent for `silence_s`."""

    def __init__(self, me: str, silence_s: float, memories: Iterable[Memory] = (), now: float = 0.0) -> None:
        self._me = me
        self._silence_s = silence_s
        self.able = True  # whether it could write an audiobook
        self._barred_s: dict[str, float] = {}  # jobs that it could not finish, and until when it leaves them to others
        self._watches = {each.voters.run: _recalled(each, now) for each in memories if now - each.heard_s < KEEP_S}

    @property
    def memories(self) -> tuple[Memory, ...]:
        """What is to be remembered over a restart."""
        return tuple(
            Memory(watch.voters, watch.told_s, tuple(sorted(watch.jobs)), watch.bound[0])
            for watch in self._watches.values()
        )

    def heard(self, voters: Voters, jobs: frozenset[str], now: float) -> None:
        """Take in that a coordinator is there, with its voters and the jobs that it has to finish."""
        watch = self._watches.pop(voters.run, None) or Watch(voters, now, now)
        if (voters, jobs) != (watch.voters, watch.jobs) or now - watch.told_s > KEEP_S / 7:
            watch.told_s = now
        watch.voters, watch.heard_s, watch.jobs, watch.opinions = voters, now, jobs, {}
        watch.withdrew_s = watch.asking_s = None
        self._add(watch)

    def _add(self, watch: Watch) -> None:
        """Keep a watch, which alone has its jobs from now on."""
        for other in self._watches.values():
            other.jobs -= watch.jobs
        self._watches[watch.voters.run] = watch
        while len(self._watches) > MAX_RUNS:
            del self._watches[next(iter(self._watches))]

    def still_heard(self, run: str, now: float) -> None:
        """Take in that the coordinator of a run sent something else."""
        if run in self._watches:
            self._watches[run].heard_s = now

    def claim(self, candidate: SuccessionCandidate, run: str, now: float) -> Claim:
        """Return what the coordinator of a run is told; "" for a run that is not known yet."""
        watch = self._watches.get(run)
        revision = watch.voters.revision if watch else 0
        return Claim(candidate, run, revision, self._silence_s, watch is not None and self._is_given_away(watch, now))

    def _is_given_away(self, watch: Watch, now: float) -> bool:
        """Tell whether this candidate takes over, or agreed that another does."""
        other, since_s = watch.bound
        return bool(watch.taken) or (other not in ("", self._me) and now - since_s < BOUND_S)

    def left(self, run: str) -> None:
        """Take in that a coordinator ended in good order: no candidate takes over."""
        if run in self._watches:
            self._watches[run].jobs = frozenset()

    def voters(self, job: str) -> tuple[SuccessionCandidate, ...]:
        """Return the voters of the run in which this candidate takes a job over."""
        return next((watch.voters.candidates for watch in self._watches.values() if job in watch.taken), ())

    # --- questions and answers

    def questions(self, now: float) -> list[tuple[SuccessionCandidate, Silent]]:
        """Return what to ask other candidates now."""
        asked: list[tuple[SuccessionCandidate, Silent]] = []
        for watch in self._watches.values():
            if now - watch.asked_s < ROUND_S:
                continue
            withdraws = self._withdraws(watch, now)
            if not withdraws and not (self._is_my_turn(watch, now) and self._bind(watch, self._me, now)):
                watch.asking_s = None
                continue
            watch.number, watch.asked_s = watch.number + 1, now
            watch.asking_s = None if withdraws else now if watch.asking_s is None else watch.asking_s
            jobs = tuple(sorted(self._open(watch, now)))[:MAX_EPOCHS]
            question = Silent(self._me, watch.voters, watch.number, jobs, withdraws)
            asked += [(candidate, question) for candidate in watch.voters.candidates if candidate.id != self._me]
        return asked

    def _withdraws(self, watch: Watch, now: float) -> bool:
        """Tell whether others are to hear that this candidate does not take over, and where they can ask it."""
        failed = watch.withdrew_s is not None and now - watch.withdrew_s < WITHDRAW_S
        return failed or (not self.able and not watch.taken and self._is_due(watch, now))

    def is_due(self, now: float) -> bool:
        """Tell whether this candidate would ask if it is able."""
        return any(self._is_due(watch, now) for watch in self._watches.values())

    def _is_due(self, watch: Watch, now: float) -> bool:
        ranks = watch.voters.ids
        if self._me not in ranks or not self._open(watch, now):
            return False
        return now - watch.heard_s >= self._silence_s + ranks.index(self._me) * STEP_S

    def _is_my_turn(self, watch: Watch, now: float) -> bool:
        return self.able and self._is_due(watch, now)

    def _open(self, watch: Watch, now: float) -> frozenset[str]:
        """Return the jobs that this candidate would take over."""
        barred = {job for job, until_s in self._barred_s.items() if now < until_s}
        return watch.jobs - watch.taken - barred

    def answer(self, question: Silent, now: float) -> Opinion:
        """Return this candidate's opinion for another."""
        voters = question.voters
        is_news = self._me in voters.ids and question.jobs and len(self._watches) < MAX_RUNS // 2
        if voters.run not in self._watches and is_news:  # this candidate was away in all of that run
            self._add(Watch(voters, now, now, frozenset(question.jobs)))
        watch = self._watches.get(voters.run)
        says = self._opinion(watch, question, now) if watch else "abstains"
        later = watch.voters if watch and watch.voters.revision > voters.revision else None
        return Opinion(self._me, voters.run, question.number, says, later)

    def _opinion(self, watch: Watch, question: Silent, now: float) -> Literal["agrees", "abstains", "refuses"]:
        self._learn(watch, question)
        if question.withdraws:
            if watch.bound[0] == question.candidate:
                watch.bound = NOBODY
            return "abstains"
        if not watch.jobs or now - watch.heard_s < self._silence_s:
            return "refuses"
        known = watch.voters.revision == question.voters.revision and question.candidate in watch.voters.ids
        return "agrees" if known and self._bind(watch, question.candidate, now) else "abstains"

    def _learn(self, watch: Watch, question: Silent) -> None:
        """Take over a later list of voters, and everywhere the present address of the one that asks."""
        if question.voters.revision > watch.voters.revision:
            watch.voters = question.voters
        asking = {each.id: each for each in question.voters.candidates if each.id == question.candidate}
        for each in self._watches.values():
            candidates = tuple(asking.get(candidate.id, candidate) for candidate in each.voters.candidates)
            each.voters = structs.replace(each.voters, candidates=candidates)

    def _bind(self, watch: Watch, candidate: str, now: float) -> bool:
        """Bind this candidate to one for a while, if it is bound to no other, and tell whether it is."""
        other, since_s = watch.bound
        if other not in ("", candidate) and now - since_s < BOUND_S and not self._yields(watch, candidate):
            return False
        if watch.taken and candidate != self._me:
            return False
        watch.bound = candidate, now
        return True

    def _yields(self, watch: Watch, candidate: str) -> bool:
        """Tell whether this candidate, bound to itself and not elected, gives way to one that comes before it."""
        ranks = watch.voters.ids
        if watch.bound[0] != self._me or watch.taken or candidate not in ranks:
            return False
        return not self.able or self._me not in ranks or ranks.index(candidate) < ranks.index(self._me)

    def take_answer(self, opinion: Opinion, now: float) -> None:
        """Take in another candidate's answer to the present round of questions."""
        watch = self._watches.get(opinion.run)
        if not watch or opinion.number != watch.number or opinion.candidate not in watch.voters.ids:
            return
        watch.opinions[opinion.candidate] = watch.asked_s, opinion.says
        if opinion.later and opinion.later.run == opinion.run and opinion.later.revision > watch.voters.revision:
            watch.voters, watch.opinions = opinion.later, {}

    # --- the end of the questions

    def elected(self, now: float) -> list[str]:
        """Return the jobs that this candidate is to take over now, each once."""
        jobs: list[str] = []
        for watch in self._watches.values():
            if self._is_elected(watch, now):
                further = self._open(watch, now)
                jobs += sorted(further)
                watch.taken |= further
                watch.asking_s = None
        return jobs

    def _is_elected(self, watch: Watch, now: float) -> bool:
        if not self._is_my_turn(watch, now) or watch.bound[0] != self._me or now - watch.bound[1] > VALID_S:
            return False
        said = list(_fresh(watch, now).values())
        return "refuses" not in said and said.count("agrees") + 1 >= majority(len(watch.voters.candidates))

    def done(self, job: str) -> None:
        """Take in that this candidate finished a job which it took over."""
        for watch in self._watches.values():
            watch.jobs -= {job}
            watch.taken -= {job}

    def failed(self, job: str, now: float) -> None:
        """Take in that this candidate could not finish a job which it took over: another one may."""
        self._barred_s[job] = now + RETRY_S
        for watch in self._watches.values():
            if job in watch.taken:
                watch.taken -= {job}
                if not watch.taken:
                    watch.bound, watch.withdrew_s, watch.asked_s = NOBODY, now, 0.0

    def shortages(self, now: float) -> list[Shortage]:
        """Return why this candidate does not take over, of each run for which it has asked for a while."""
        late = [watch for watch in self._watches.values() if watch.asking_s is not None]
        return [self._shortage(watch, now) for watch in late if now - (watch.asking_s or now) >= VALID_S]

    def _shortage(self, watch: Watch, now: float) -> Shortage:
        said, candidates = _fresh(watch, now), watch.voters.candidates
        others = [candidate for candidate in candidates if candidate.id != self._me]
        by_answer: Mapping[str | None, tuple[str, ...]] = {
            answer: tuple(each.name for each in others if said.get(each.id) == answer)
            for answer in (None, "agrees", "abstains", "refuses")
        }
        return Shortage(
            majority(len(candidates)),
            len(candidates),
            now - watch.heard_s,
            len(by_answer["agrees"]) + 1,
            by_answer[None],
            by_answer["abstains"],
            by_answer["refuses"],
        )


def _recalled(memory: Memory, now: float) -> Watch:
    """Return a watch after a restart, whose times begin anew, since the machine was away meanwhile."""
    bound = (memory.bound, now) if memory.bound else NOBODY
    return Watch(memory.voters, now, memory.heard_s, frozenset(memory.jobs), bound=bound)


def _fresh(watch: Watch, now: float) -> dict[str, str]:
    """Return what each candidate said to a question that was asked a moment ago."""
    return {name: says for name, (asked_s, says) in watch.opinions.items() if now - asked_s <= VALID_S}
