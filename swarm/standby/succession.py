"""Which standby takes over by itself when a coordinator is gone. Pure: facts and times in, questions and answers out.

The standbys that may are heirs, and their coordinator keeps the roll of them. An heir that has not heard the
coordinator for minutes asks all others of its roll. It takes over if none disagrees and so many agree that they and
it outnumber the rest, the coordinator counted as one of the rest. An heir agrees with one other at a time, so no two of
a roll can have it at once; one that is cut off from the others never has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.lease.member_message import MAX_HEIRS, Claim, Heir, Opinion, Roll, Silent

STEP_S = 30.0  # each heir of the roll waits so much longer than the one before it
ROUND_S = 5.0  # a new round of questions begins after this time
VALID_S = 15.0  # an answer counts for so long from its question on
BOUND_S = 600.0  # an heir that agreed agrees with no other for so long
FORGET_S = 600.0  # an heir without a claim for so long is struck off the roll
MAX_RUNS = 32  # runs that an heir remembers


def outnumber(agreeing: int, heirs: int) -> bool:
    """Tell whether so many heirs are more than the rest of them and the coordinator."""
    return 2 * agreeing > heirs + 1


class VoterKeeper:
    """The coordinator's side: it keeps the roll of one run.

    Another heir is added only once most know the present roll: so any two rolls that are in use share an heir among
    those that agree.
    """

    def __init__(self, run: str) -> None:
        self.roll = Roll(run, 0)
        self._claimed_s: dict[str, float] = {}
        self._known: dict[str, int] = {}  # the revision that each heir has

    def meet(self, claim: Claim, now: float) -> Roll:
        """Take in that an heir is there, and return the roll."""
        heir = claim.heir
        self._claimed_s[heir.id] = now
        if claim.run == self.roll.run:
            self._known[heir.id] = claim.revision
        kept = tuple(each for each in self.roll.heirs if now - self._claimed_s[each.id] <= FORGET_S)
        if heir.id in {each.id for each in kept}:
            kept = tuple(heir if each.id == heir.id else each for each in kept)  # an heir may have another door
        elif len(kept) < MAX_HEIRS and self._may_grow():
            kept = (*kept, heir)
        if kept != self.roll.heirs:
            self.roll = Roll(self.roll.run, self.roll.revision + 1, kept)
        self._forget()
        return self.roll

    def _may_grow(self) -> bool:
        knowing = sum(self._known.get(heir.id) == self.roll.revision for heir in self.roll.heirs)
        return outnumber(knowing + 1, len(self.roll.heirs))

    def _forget(self) -> None:
        names = {heir.id for heir in self.roll.heirs}
        self._claimed_s = {name: at_s for name, at_s in self._claimed_s.items() if name in names}
        self._known = {name: revision for name, revision in self._known.items() if name in names}


@dataclass
class Watch:
    """What an heir knows of one run of a coordinator."""

    roll: Roll
    heard_s: float
    jobs: frozenset[str] = frozenset()  # jobs not finished that no other coordinator has since
    bound: tuple[str, float] = ("", 0.0)  # the heir agreed with last, and the time
    number: int = 0  # the present round of questions
    asked_s: float = 0.0
    opinions: dict[str, tuple[float, bool]] = field(default_factory=dict)  # heir -> when it was asked, and its answer


class Succession:
    """The heir's side. `me` is its own id; without a word from a coordinator for `silence_s` it takes it for gone."""

    def __init__(self, me: str, silence_s: float) -> None:
        self._me, self._silence_s = me, silence_s
        self._watches: dict[str, Watch] = {}

    def heard(self, roll: Roll, jobs: frozenset[str], now: float) -> None:
        """Take in that a coordinator is there, with its roll and the jobs that it has to finish."""
        watch = self._watches.pop(roll.run, None) or Watch(roll, now)
        watch.roll, watch.heard_s, watch.jobs, watch.opinions = roll, now, jobs, {}
        for other in self._watches.values():
            other.jobs -= jobs
        self._watches[roll.run] = watch
        while len(self._watches) > MAX_RUNS:
            del self._watches[next(iter(self._watches))]

    def revision(self, run: str) -> int:
        """Return the revision of the roll of a run that is known here."""
        return self._watches[run].roll.revision if run in self._watches else 0

    def left(self, run: str) -> None:
        """Take in that a coordinator ended in good order: no heir takes over."""
        if run in self._watches:
            self._watches[run].jobs = frozenset()

    def questions(self, now: float) -> list[tuple[Heir, Silent]]:
        """Return what to ask other heirs now."""
        asked: list[tuple[Heir, Silent]] = []
        for watch in self._watches.values():
            if self._is_my_turn(watch, now) and now - watch.asked_s >= ROUND_S and self._agrees(watch, self._me, now):
                watch.number, watch.asked_s = watch.number + 1, now
                question = Silent(self._me, watch.roll.run, watch.roll.revision, watch.number)
                asked += [(heir, question) for heir in watch.roll.heirs if heir.id != self._me]
        return asked

    def _is_my_turn(self, watch: Watch, now: float) -> bool:
        ranks = [heir.id for heir in watch.roll.heirs]
        if not watch.jobs or self._me not in ranks:
            return False
        return now - watch.heard_s >= self._silence_s + ranks.index(self._me) * STEP_S

    def answer(self, question: Silent, now: float) -> Opinion:
        """Return this heir's opinion for another."""
        watch = self._watches.get(question.run)
        agrees = (
            watch is not None
            and watch.roll.revision == question.revision
            and question.heir in {heir.id for heir in watch.roll.heirs}
            and self._agrees(watch, question.heir, now)
        )
        return Opinion(self._me, question.run, question.number, agrees)

    def _agrees(self, watch: Watch, heir: str, now: float) -> bool:
        """Tell whether this heir agrees with one, and bind it to that one for a while."""
        if not watch.jobs or now - watch.heard_s < self._silence_s:
            return False
        other, since_s = watch.bound
        if other not in ("", heir) and now - since_s < BOUND_S:
            return False
        watch.bound = heir, now
        return True

    def take(self, opinion: Opinion, now: float) -> None:
        """Take in another heir's answer to the present round of questions."""
        watch = self._watches.get(opinion.run)
        if watch and opinion.number == watch.number and opinion.heir in {heir.id for heir in watch.roll.heirs}:
            watch.opinions[opinion.heir] = watch.asked_s, opinion.agrees

    def elected(self, now: float) -> list[str]:
        """Return the jobs that this heir is to take over now, each once."""
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
        return all(opinions) and outnumber(len(opinions) + 1, len(watch.roll.heirs))


def _fresh(opinions: Iterable[tuple[float, bool]], now: float) -> list[bool]:
    return [agrees for asked_s, agrees in opinions if now - asked_s <= VALID_S]
