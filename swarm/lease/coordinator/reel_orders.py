"""Decides where each reel is encoded: by the worker that spoke all its clips, or here. Pure.

A worker is asked for its own reels, the latest first, since it forgets the earliest of its clips first. What would be
encoded sooner here than there is taken from the beginning of what it was not asked for yet. A reel that is lost,
declined or late is encoded here: its clips are durable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from msgspec import Struct

from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Jobs
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.lease.envelope import Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import MAX_REELS, Encode, EncodedReel
from swarm.lease.outcome import Outcome, ReelArrival
from swarm.lease.transfer import Incoming

USUAL_S = 60.0  # seconds of sound of a reel
UNKNOWN_COST = 0.05  # seconds of work for a second of sound, before anything was encoded
QUEUED = 1  # reels that a worker has beside those that it encodes; those that are on their way do not count
LOST_S = 6.0  # an order that no heartbeat names after so long did not arrive
DUE_S, DUE_TIMES = 10.0, 4.0  # an order is late after so long, and so many times what it should take
PATIENCE_S = 60.0  # while its book is spoken, so much later: a process may have to start beside busy engines
SPARE_S = 10.0  # while its book is spoken, a reel is left to a worker that has it within so long
MAX_DECLINED = 2  # reels in a row that a worker may decline: it forgets clips, and has those of the next reels
ASIDE_S = 30.0  # a worker that declined more or was late is asked for nothing for so long, and twice as long each time
MAX_DOUBLINGS = 6
BEHIND_S = 30.0  # what waits for an encoder is worth a word if this machine needs so long for it
ASK_AGAIN_S = 5.0  # a piece that did not come is asked for again
MAX_COMING = 32 << 20  # bytes of reels that come at a time

NOTHING_YET = EncoderUse(encoders=0)

ReelName = tuple[str, str]  # job, reel
Queue = tuple[str, str]  # id of the worker that may encode what waits in it, "" for none; job


class ReelTask(Struct, frozen=True):
    """A reel whose clips are all durable."""

    worker: str  # the id of the worker that spoke all its clips; "" if it can only be encoded here
    order: Encode
    sound_s: float
    most: int  # bytes that its file has at most

    @property
    def name(self) -> ReelName:
        """The name of the reel."""
        return self.order.job, self.order.reel


@dataclass
class Cost:
    """A running estimate of the seconds of work for a second of sound."""

    s: float = 0.0  # 0 while it is unknown

    def learn(self, work_s: float, sound_s: float) -> None:
        """Take in what one reel took."""
        if work_s > 0 and sound_s > 0:
            self.s = (self.s + work_s / sound_s) / 2 if self.s else work_s / sound_s

    @property
    def expected(self) -> float:
        """The seconds that a second of sound will take."""
        return self.s or UNKNOWN_COST


@dataclass
class Encoding:
    """How a worker encodes, and for how long it is not asked."""

    cost: Cost = field(default_factory=Cost)
    aside_until_s: float = 0.0
    lapses: int = 0  # reels in a row that were declined or late

    def lapse(self, now: float, *, is_late: bool) -> None:
        """Ask it for nothing for a while, unless it only declined a reel or two of which it forgot clips."""
        self.lapses += 1
        too_many = self.lapses - (0 if is_late else MAX_DECLINED)
        if too_many > 0:
            self.aside_until_s = now + ASIDE_S * 2 ** min(too_many - 1, MAX_DOUBLINGS)


@dataclass
class ReelOrder:
    """A reel that a worker was asked for."""

    task: ReelTask
    session: str
    sent_s: float
    expected_s: float
    due_s: float
    coming: Incoming | None = None
    work_s: float = 0.0  # what it took its worker
    asked_s: float = -inf  # a piece was asked for then


@dataclass
class ReelOrders:
    """The reels of all jobs that are to be encoded, and who encodes them; `here` are those of this machine."""

    jobs: Jobs
    sessions: dict[str, Session]
    encoders: int  # how many run on this machine
    waiting: dict[Queue, dict[str, ReelTask]] = field(default_factory=dict)
    ordered: dict[ReelName, ReelOrder] = field(default_factory=dict)
    arrived: dict[ReelName, ReelTask] = field(default_factory=dict)  # they are being checked
    here: dict[ReelName, ReelTask] = field(default_factory=dict)
    failing: dict[ReelName, ReelTask] = field(
        default_factory=dict
    )  # encoders died over them: they are tried again here
    cost: Cost = field(default_factory=Cost)  # what encoding costs on this machine
    encodings: dict[str, Encoding] = field(default_factory=dict)  # the keys are the workers' processes
    distrusted: set[str] = field(default_factory=set)  # ids of workers that are asked for nothing any more
    proven: set[str] = field(default_factory=set)  # ids of workers of which a reel was compared and is good
    turns: dict[str, int] = field(default_factory=dict)  # when each job last had its turn here
    there: EncoderUse = NOTHING_YET  # what workers have encoded
    disturbed: bool = False  # a worker left since the last call of `assign`

    def add(self, task: ReelTask, now: float, out: Outcome) -> None:
        """Have a reel encoded where it is there soonest."""
        self.waiting.setdefault((task.worker, task.order.job), {})[task.order.reel] = task
        self.assign(now, out)

    def withdraw(self, name: ReelName, now: float, out: Outcome) -> None:
        """Forget a reel: it is there, or its press has no use for it any more."""
        for (_, job), tasks in self.waiting.items():
            if job == name[0]:
                tasks.pop(name[1], None)
        for kept in (self.ordered, self.arrived, self.here, self.failing):
            kept.pop(name, None)
        self.assign(now, out)

    def encoded(self, name: ReelName, work_s: float, now: float, out: Outcome) -> None:
        """Take in that a reel is there; `work_s` is what it took here, even if to compare it, 0 if nothing."""
        if task := self.here.get(name) or self.failing.get(name) or self.arrived.get(name):
            self.cost.learn(work_s, task.sound_s)
        if name in self.arrived:
            self.proven.add(self.arrived[name].worker)
        self.withdraw(name, now, out)

    def failed(self, name: ReelName, title: str, now: float, out: Outcome) -> None:
        """Leave the place of a reel to other books: encoders died over it here, and it is tried again in a while.

        Nothing else of its book is encoded here until then.
        """
        if task := self.here.pop(name, None):
            if not self._is_failing(name[0]):
                out.events.append(Reason("encoder died", title=title))
            self.failing[name] = task
            self.assign(now, out)

    def _is_failing(self, job: str) -> bool:
        return any(failing == job for failing, _ in self.failing)

    def refused(self, name: ReelName, now: float, out: Outcome) -> None:
        """Encode a reel here that came from a worker and is not what this machine makes of its clips.

        That worker is asked for nothing any more.
        """
        task = self.arrived.pop(name, None)
        if task is None:
            return
        if task.worker not in self.distrusted:
            named = next((s.hello.name for s in self.sessions.values() if s.worker == task.worker), task.worker)
            out.events.append(Reason("reel differs", worker=named))
        self.distrusted.add(task.worker)
        self._put_back(task)
        self.assign(now, out)

    def ready_s(self, more: int) -> float:
        """Return the seconds until this machine has encoded what no worker can, and so many reels more."""
        waiting = (task for (worker, _), tasks in self.waiting.items() if not worker for task in tasks.values())
        sound_s = sum(task.sound_s for task in (*self.here.values(), *self.failing.values(), *waiting)) + more * USUAL_S
        return sound_s * self.cost.expected / self.encoders

    def behind_s(self, job: str) -> float:
        """Return the seconds of sound of a job's reels that wait for an encoder; 0 if they do not wait for long."""
        waiting = [task.sound_s for tasks in self.waiting.values() for task in tasks.values()]
        if sum(waiting) * self.cost.expected < BEHIND_S * self.encoders:
            return 0.0
        return sum(task.sound_s for (_, of), tasks in self.waiting.items() if of == job for task in tasks.values())

    # --- who encodes

    def assign(self, now: float, out: Outcome) -> None:
        """Ask workers for their reels, and encode here what is left to this machine."""
        self.disturbed = False
        self.waiting = {queue: tasks for queue, tasks in self.waiting.items() if tasks}
        makers = {queue: self._maker(queue, now) for queue in self.waiting}
        for queue, tasks in self.waiting.items():
            maker = makers[queue]
            while maker and tasks and self._may_ask(maker):
                self._ask(maker, tasks.pop(next(reversed(tasks))), now, out)
        while len(self.here) < self.encoders and (found := self._next_here(makers)):
            queue, name = found
            self._encode_here(self.waiting[queue].pop(name), out)

    def _may_ask(self, maker: Session) -> bool:
        """Tell whether a worker has room for one more reel: what it has made does not keep its encoders busy."""
        unmade = len(self._unmade_of(maker))
        return unmade < maker.hello.encoders + QUEUED and len(self._orders_of(maker)) < MAX_REELS

    def _maker(self, queue: Queue, now: float) -> Session | None:
        """Return the process of the worker of a queue, if it may be asked for reels now.

        A worker's first reel is made here too, to compare it: at the end of a book it is not asked for that alone.
        """
        worker, job = queue
        is_in_vain = worker not in self.proven and job not in self.jobs.open and len(self.waiting[queue]) == 1
        if not worker or worker in self.distrusted or is_in_vain:
            return None
        for session in self.sessions.values():
            if session.worker == worker and session.hello.encoders and not session.link.is_slow:
                encoding = self.encodings.get(session.key)
                if encoding is None or encoding.aside_until_s <= now:
                    return session
        return None

    def _next_here(self, makers: dict[Queue, Session | None]) -> tuple[Queue, str] | None:
        """Return a reel to encode here: one that no worker is asked for, or the first of what is sooner here."""
        found = list[tuple[bool, int, Queue, str]]()
        for queue, tasks in self.waiting.items():
            if not tasks or self._is_failing(queue[1]):
                continue
            maker = makers[queue]
            name = next(iter(tasks))
            if maker is None or self._is_sooner_here(maker, queue[0], tasks[name]):
                found.append((maker is not None, self.turns.get(queue[1], 0), queue, name))
        return min(found)[2:] if found else None

    def _is_sooner_here(self, maker: Session, worker: str, task: ReelTask) -> bool:
        """Tell whether the first reel that waits for a worker is sooner there if it is encoded here."""
        waiting = [task for (id_, _), tasks in self.waiting.items() if id_ == worker for task in tasks.values()]
        sound_s = sum(task.sound_s for task in (*waiting, *(order.task for order in self._unmade_of(maker))))
        there_s = sound_s * self._encoding(maker).cost.expected / maker.hello.encoders
        spare_s = SPARE_S if task.order.job in self.jobs.open else 0.0
        return max(spare_s, task.sound_s * self.cost.expected) < there_s

    def _orders_of(self, session: Session) -> list[ReelOrder]:
        return [order for order in self.ordered.values() if order.session == session.key]

    def _unmade_of(self, session: Session) -> list[ReelOrder]:
        return [order for order in self._orders_of(session) if not order.coming]

    def _encoding(self, session: Session) -> Encoding:
        return self.encodings.setdefault(session.key, Encoding())

    def _ask(self, session: Session, task: ReelTask, now: float, out: Outcome) -> None:
        sound_s = task.sound_s + sum(order.task.sound_s for order in self._unmade_of(session))
        takes_s = sound_s * self._encoding(session).cost.expected
        self.ordered[task.name] = ReelOrder(task, session.key, now, now + takes_s, now + DUE_S + DUE_TIMES * takes_s)
        out.send(session.peer, task.order)

    def _encode_here(self, task: ReelTask, out: Outcome) -> None:
        self.here[task.name] = task
        self.turns[task.order.job] = max(self.turns.values(), default=0) + 1
        out.encodes.append(task.name)

    # --- what workers say

    def heard(self, session: Session, reels: Sequence[EncodedReel], now: float, out: Outcome) -> None:
        """Take in what a heartbeat says of the reels that its worker was asked for."""
        told = {(reel.job, reel.reel): reel for reel in reels}
        orders = {order.task.name: order for order in self._orders_of(session)}
        for name, reel in told.items():
            if name not in orders:
                if reel.digest:  # it is not wanted any more
                    out.send(session.peer, Fetch(reel.digest, reel.size, "reel", reel.job))
            elif reel.note:
                self._take_back(orders[name], now, is_late=False)
            elif reel.digest:
                self._fetch(session, orders[name], reel, now, out)
        for name, order in orders.items():
            if name not in told and now - order.sent_s > LOST_S:
                self._take_back(order, now)
        if orders:
            self.assign(now, out)

    def _fetch(self, session: Session, order: ReelOrder, reel: EncodedReel, now: float, out: Outcome) -> None:
        """Ask for the next piece of a reel, unless it was asked for a moment ago or too many others come."""
        if not 0 < reel.size <= order.task.most:
            self._take_back(order, now)
            return
        if order.coming is None or order.coming.digest != reel.digest:
            coming = sum(other.coming.size for other in self.ordered.values() if other.coming)
            if coming and coming + reel.size > MAX_COMING:
                order.due_s = max(order.due_s, now + DUE_S)
                return
            if order.coming is None:  # a worker that always names another digest gets no more time
                order.due_s = max(order.due_s, now + DUE_S)
            order.coming = Incoming(reel.digest, reel.size, 0, "reel", reel.job, hashes=False)
            order.asked_s, order.work_s = -inf, min(reel.work_s, now - order.sent_s)
            self._encoding(session).cost.learn(order.work_s, order.task.sound_s)
        self._ask_for_piece(session, now, out)

    def _ask_for_piece(self, session: Session, now: float, out: Outcome) -> None:
        """Ask a worker for the next piece of one reel: of several pieces it would only send the one asked for last."""
        coming = [order for order in self._orders_of(session) if order.coming]
        asked = next((order for order in coming if now - order.asked_s < ASK_AGAIN_S), None)
        if asked is None and coming:
            order = min(coming, key=lambda order: order.asked_s)
            assert order.coming
            order.asked_s = now
            out.send(session.peer, order.coming.next_fetch)

    def take_piece(self, session: Session, piece: Piece, frame: bytes, now: float, out: Outcome) -> None:
        """Take a piece of a reel, and hand the reel over once it is whole."""
        for order in self._orders_of(session):
            coming = order.coming
            if coming is None or coming.digest != piece.digest:
                continue
            took = coming.take_piece(piece, frame)
            if took == "unasked":
                return
            order.asked_s = now
            out.send(session.peer, coming.next_fetch)  # if it is whole, this lets the worker forget it
            if took == "whole":
                self._hand_over(session, order, coming, out)
                for other in self._orders_of(session):  # it waited for its turn, which may come now
                    other.due_s = max(other.due_s, now + DUE_S)
                self._ask_for_piece(session, now, out)
                self.assign(now, out)
            return

    def _hand_over(self, session: Session, order: ReelOrder, coming: Incoming, out: Outcome) -> None:
        self._encoding(session).lapses = 0
        _, pieces, sound_s, busy_s = self.there
        self.there = EncoderUse(0, pieces + 1, sound_s + order.task.sound_s, busy_s + order.work_s)
        del self.ordered[order.task.name]
        self.arrived[order.task.name] = order.task
        out.reels.append(ReelArrival(*order.task.name, session.worker, bytes(coming.data)))

    def _take_back(self, order: ReelOrder, now: float, *, is_late: bool = True) -> None:
        """Encode a reel here that its worker does not deliver."""
        del self.ordered[order.task.name]
        if session := self.sessions.get(order.session):
            self._encoding(session).lapse(now, is_late=is_late)
        self._put_back(order.task)

    def _put_back(self, task: ReelTask) -> None:
        self.waiting.setdefault(("", task.order.job), {})[task.order.reel] = task

    # --- time

    def all_use(self, here: EncoderUse) -> EncoderUse:
        """Return what all encoders have done, those of workers that encode now included."""
        busy = {order.session for order in self.ordered.values()}
        elsewhere = sum(self.sessions[key].hello.encoders for key in busy if key in self.sessions)
        _, pieces, sound_s, busy_s = self.there
        return EncoderUse(here.encoders + elsewhere, here.pieces + pieces, here.sound_s + sound_s, here.busy_s + busy_s)

    def tick(self, now: float, out: Outcome) -> None:
        """Encode here what is late, and what was with workers that are gone."""
        self.disturbed = False
        while order := next(self._overdue(now), None):
            if order.due_s > now and order.session in self.sessions:  # it is only made sooner here
                del self.ordered[order.task.name]
                self._put_back(order.task)
            else:
                self._take_back(order, now)
        if self.waiting:
            self.assign(now, out)
        if len(self.encodings) > len(self.sessions):
            self.encodings = {key: kept for key, kept in self.encodings.items() if key in self.sessions}

    def _overdue(self, now: float) -> Iterator[ReelOrder]:
        for order in self.ordered.values():
            if self._late_s(order) <= now or order.session not in self.sessions:
                yield order

    def next_due(self) -> float:
        """Return when `tick` is due; 0 for at once, infinity if nothing waits for a worker."""
        if self.disturbed and (self.ordered or self.waiting):
            return 0.0
        return min(map(self._late_s, self.ordered.values()), default=inf)

    def _late_s(self, order: ReelOrder) -> float:
        """Return when a reel is not left to its worker any longer.

        Once all is spoken and this machine has nothing else to encode, that is as soon as it would have been made here.
        """
        if order.task.order.job in self.jobs.open:
            return order.due_s + PATIENCE_S
        if order.coming or len(self.here) == self.encoders or any(self.waiting.values()):
            return order.due_s
        return min(order.due_s, order.expected_s + order.task.sound_s * self.cost.expected)
