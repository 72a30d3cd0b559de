"""Which standby takes over by itself when a coordinator is gone. Pure: facts and times in, questions and answers out.

The standbys that may are candidates, and their coordinator keeps the list of them, who are the voters. A candidate that
has not heard the coordinator for minutes asks all others of its list. It takes over if none disagrees and so many agree
that they and it outnumber the rest, the coordinator counted as one of the rest. A candidate agrees with one other at a
time, so no two of a list can have it at once; one that is cut off from the others never has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.lease.member_message import MAX_CANDIDATES, Claim, Opinion, Silent, SuccessionCandidate, Voters

STEP_S = 30.0  # each candidate of the voters waits so much longer than the one before it
ROUND_S = 5.0  # a new round of questions begins after this time
VALID_S = 15.0  # an answer counts for so long from its question on
BOUND_S = 600.0  # a candidate that agreed agrees with no other for so long
FORGET_S = 600.0  # a candidate without a claim for so long is struck off the list of voters
MAX_RUNS = 32  # runs that a candidate remembers


def outnumber(agreeing: int, candidates: int) -> bool:
    """Tell whether so many candidates are more than the rest of them and the coordinator."""
    return 2 * agreeing > candidates + 1


class VoterRegistry:
    """The coordinator's side: it keeps the list of the voters of one run.

    Another candidate is added only once most know the present voters: so any two lists that are in use share one among
    those that agree.
    """

    def __init__(self, run: str) -> None:
        self.voters = Voters(run, 0)
        self._claimed_s: dict[str, float] = {}
        self._known: dict[str, int] = {}  # the revision that each candidate has

    def meet(self, claim: Claim, now: float) -> Voters:
        """Take in that a candidate is there, and return the voters."""
        candidate = claim.candidate
        self._claimed_s[candidate.id] = now
        if claim.run == self.voters.run:
            self._known[candidate.id] = claim.revision
        kept = tuple(each for each in self.voters.candidates if now - self._claimed_s[each.id] <= FORGET_S)
        if candidate.id in {each.id for each in kept}:
            # A candidate may have another address.
            kept = tuple(candidate if each.id == candidate.id else each for each in kept)
        elif len(kept) < MAX_CANDIDATES and self._may_grow():
            kept = (*kept, candidate)
        if kept != self.voters.candidates:
            self.voters = Voters(self.voters.run, self.voters.revision + 1, kept)
        self._forget()
        return self.voters

    def _may_grow(self) -> bool:
        knowing = sum(self._known.get(candidate.id) == self.voters.revision for candidate in self.voters.candidates)
        return outnumber(knowing + 1, len(self.voters.candidates))

    def _forget(self) -> None:
        names = self.voters.ids
        self._claimed_s = {name: at_s for name, at_s in self._claimed_s.items() if name in names}
        self._known = {name: revision for name, revision in self._known.items() if name in names}


@dataclass
class Watch:
    """What a candidate knows of one run of a coordinator."""

    voters: Voters
    heard_s: float
    jobs: frozenset[str] = frozenset()  # jobs not finished that no other coordinator has since
    bound: tuple[str, float] = ("", 0.0)  # the candidate agreed with last, and the time
    number: int = 0  # the present round of questions
    asked_s: float = 0.0
    # When each candidate was asked, and its answer.
    opinions: dict[str, tuple[float, bool]] = field(default_factory=dict)


class Succession:
    """The candidate's side. `me` is its own id; it takes a coordinator for gone that is silent for `silence_s`."""

    def __init__(self, me: str, silence_s: float) -> None:
        self._me = me
        self._silence_s = silence_s
        self._watches: dict[str, Watch] = {}

    def heard(self, voters: Voters, jobs: frozenset[str], now: float) -> None:
        """Take in that a coordinator is there, with its voters and the jobs that it has to finish."""
        watch = self._watches.pop(voters.run, None) or Watch(voters, now)
        watch.voters, watch.heard_s, watch.jobs, watch.opinions = voters, now, jobs, {}
        for other in self._watches.values():
            other.jobs -= jobs
        self._watches[voters.run] = watch
        while len(self._watches) > MAX_RUNS:
            del self._watches[next(iter(self._watches))]

    def revision(self, run: str) -> int:
        """Return the revision of the voters of a run that is known here."""
        return self._watches[run].voters.revision if run in self._watches else 0

    def left(self, run: str) -> None:
        """Take in that a coordinator ended in good order: no candidate takes over."""
        if run in self._watches:
            self._watches[run].jobs = frozenset()

    def questions(self, now: float) -> list[tuple[SuccessionCandidate, Silent]]:
        """Return what to ask other candidates now."""
        asked: list[tuple[SuccessionCandidate, Silent]] = []
        for watch in self._watches.values():
            if self._is_my_turn(watch, now) and now - watch.asked_s >= ROUND_S and self._agrees(watch, self._me, now):
                watch.number, watch.asked_s = watch.number + 1, now
                question = Silent(self._me, watch.voters.run, watch.voters.revision, watch.number)
                asked += [(candidate, question) for candidate in watch.voters.candidates if candidate.id != self._me]
        return asked

    def _is_my_turn(self, watch: Watch, now: float) -> bool:
        ranks = watch.voters.ids
        if not watch.jobs or self._me not in ranks:
            return False
        return now - watch.heard_s >= self._silence_s + ranks.index(self._me) * STEP_S

    def answer(self, question: Silent, now: float) -> Opinion:
        """Return this candidate's opinion for another."""
        watch = self._watches.get(question.run)
        agrees = (
            watch is not None
            and watch.voters.revision == question.revision
            and question.candidate in watch.voters.ids
            and self._agrees(watch, question.candidate, now)
        )
        return Opinion(self._me, question.run, question.number, agrees)

    def _agrees(self, watch: Watch, candidate: str, now: float) -> bool:
        """Tell whether this candidate agrees with one, and bind it to that one for a while."""
        if not watch.jobs or now - watch.heard_s < self._silence_s:
            return False
        other, since_s = watch.bound
        if other not in ("", candidate) and now - since_s < BOUND_S:
            return False
        watch.bound = candidate, now
        return True

    def take_answer(self, opinion: Opinion, now: float) -> None:
        """Take in another candidate's answer to the present round of questions."""
        watch = self._watches.get(opinion.run)
        if watch and opinion.number == watch.number and opinion.candidate in watch.voters.ids:
            watch.opinions[opinion.candidate] = watch.asked_s, opinion.agrees

    def elected(self, now: float) -> list[str]:
        """Return the jobs that this candidate is to take over now, each once."""
        jobs: list[str] = []
        for watch in self._watches.values():
            if self._is_elected(watch, now):
                jobs += sorted(watch.jobs)
                watch.jobs = frozenset()
        return jobs

    def _is_elected(self, watch: Watch, now: float) -> bool:
        if not self._is_my_turn(watch, now) or watch.bound[0] != self._me or now - watch.bound[1] > VALID_S:
            return False
        opinions = _fresh(watch.opinions.values(), now)
        return all(opinions) and outnumber(len(opinions) + 1, len(watch.voters.candidates))


def _fresh(opinions: Iterable[tuple[float, bool]], now: float) -> list[bool]:
    return [agrees for asked_s, agrees in opinions if now - asked_s <= VALID_S]
