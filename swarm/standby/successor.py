"""A standby that takes over by itself: its questions to other candidates, and the command that it runs then."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec
from msgspec import Struct, structs

from swarm.config import ENV_HOME, STANDBY
from swarm.errors import EXIT_DONE, EXIT_GAPS, EnvironmentFault, StoreError
from swarm.job.store.store import list_jobs
from swarm.lease.file_transfer import is_peer_address
from swarm.lease.member_message import Claim, Opinion, Silent, SuccessionCandidate, Voters
from swarm.net.addresses import join_address, own_address
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.net.worker_connections import WorkerSockets
from swarm.standby.copy_server import leave_voters
from swarm.standby.queue_copy import QUEUE_ID, latest_copies
from swarm.standby.succession import Memory, Shortage, Succession
from swarm.system.child import COMMAND, run_command
from swarm.system.disk import Lock, guarded, read_json, replace_file, try_folder
from swarm.system.machine import Clock, Say
from swarm.system.text import clean, duration_text

INTERVAL_S = 1.0
END_S = 30.0  # a book that was taken over has so long to stop in good order when this machine leaves
MEMORY = "succession.json"
TELL_S = 60.0  # the user is told so often why no candidate takes over
LOOK_S = 60.0  # a folder that cannot be used is looked at so often
PROBE_S = 5.0  # a folder that does not answer for so long cannot be used


class Remembered(Struct, frozen=True, omit_defaults=True):
    """What a candidate has on its disk for the time after a restart."""

    port: int = 0
    folder: str = ""  # the folder for audiobooks, once it was there
    runs: tuple[Memory, ...] = ()


class HeldCopy(NamedTuple):
    """What this standby has of a job or a queue that is to be taken over."""

    title: str
    is_finished: bool


class OutputFolder:
    """The folder for audiobooks, which may be on a disk that is not mounted."""

    def __init__(self, path: Path, say: Say, *, was_there: bool) -> None:
        self._path = path
        self._say = say
        self.was_there = was_there  # then it is not made, since its disk may be away
        self.fault = ""  # why it cannot be used
        self._looked_s = 0.0
        self._probe: asyncio.Task[None] | None = None

    async def look(self, after_s: float) -> None:
        """Look whether it can be written to, unless that was done less than `after_s` ago."""
        if self._looked_s and monotonic() - self._looked_s < after_s:
            return
        fault = await self._try()
        self._looked_s = monotonic()
        if fault and fault != self.fault:
            self._say(f"takes no book over by itself as long as its --output-dir cannot be used: {fault}")
        elif self.fault and not fault:
            self._say(f"{self._path} can be written to: takes books over by itself")
        self.fault = fault

    async def _try(self) -> str:
        self._probe = self._probe or asyncio.create_task(asyncio.to_thread(self._write))
        done, _ = await asyncio.wait([self._probe], timeout=PROBE_S)
        if not done:
            return f"{self._path} does not answer. Look after its disk."
        probe, self._probe = self._probe, None
        if fault := probe.exception():
            return str(fault)
        return ""

    def _write(self) -> None:
        if self.was_there and not self._path.is_dir():
            raise EnvironmentFault(f"{self._path} is gone. Mount its disk, or make the folder again.")
        try_folder(self._path)
        self.was_there = True


class OtherCandidate:
    """The connection to another candidate."""

    def __init__(self, sockets: WorkerSockets, address: str, hear: Callable[[Opinion], None]) -> None:
        self.socket: DealerSocket = sockets.dial_peer(lambda: None)
        self.socket.connect([address])
        self.asked_s = 0.0
        self._task = asyncio.create_task(self._listen(hear))

    async def _listen(self, hear: Callable[[Opinion], None]) -> None:
        while True:
            message, _ = await self.socket.receive()
            if isinstance(message, Opinion):
                hear(message)

    def disconnect_candidate(self) -> None:
        """Close the connection."""
        self._task.cancel()
        self.socket.close()


class Successor:
    """A candidate of each coordinator that this standby copies from.

    `left` has the addresses of coordinators that ended in good order, and is emptied here.
    """

    def __init__(
        self,
        worker_id: str,
        name: str,
        silence_s: float,
        sockets: WorkerSockets,
        say: Say,
        *,
        bound: str,
        left: set[str],
        state_dir: Path,
        output_dir: Path,
    ) -> None:
        """`name` is that of this machine, `output_dir` the folder for audiobooks. Raises StoreError."""
        self._id = worker_id
        self._name = name
        self._sockets = sockets
        self._bound = bound
        self._left = left
        self._say = say
        self._state_dir = state_dir
        self._output_dir = output_dir
        self._clock = Clock()
        self._lock = Lock(state_dir / "locks" / "succession.lock")
        self._lock.acquire("taking over by itself")
        self._kept = read_json(state_dir / MEMORY, Remembered) or Remembered()
        self._keeping = asyncio.Lock()
        self._core = Succession(self._id, silence_s, self._kept.runs, self._clock.now())
        self._folder = OutputFolder(output_dir, say, was_there=self._kept.folder == str(output_dir))
        self._runs: dict[str, str] = {}  # keys are addresses of coordinators
        self._hosts: dict[str, str] = {}  # each coordinator reaches this machine at this address
        self._peers: dict[str, OtherCandidate] = {}  # keys are addresses of candidates
        self._listener: RouterSocket | None = None
        self._port = 0
        self._key_epoch: object = None
        self._listening: asyncio.Task[None] | None = None
        self._jobs: list[str] = []  # these jobs wait to be taken over
        self._told = ("", 0, 0)  # the run, the number of this candidate among its voters, and how many there are
        self._told_s = 0.0
        self._fault = ""  # why nothing can be remembered

    async def claim(self, address: str) -> Claim | None:
        """Return what the coordinator at an address is told; None while others could not reach this machine."""
        if address not in self._hosts:
            self._hosts[address] = await asyncio.to_thread(own_address, address, self._bound)
        host = self._hosts[address]
        if not host or not self._port or not await self._remember():
            return None
        candidate = SuccessionCandidate(self._id, self._name, join_address(host, self._port))
        return self._core.claim(candidate, self._runs.get(address, ""), self._clock.now())

    def heard(self, address: str, voters: Voters, jobs: Iterable[str]) -> None:
        """Take in that the coordinator at an address is there, with its voters and the jobs that it has to finish."""
        self._runs[address] = voters.run
        self._core.heard(voters, frozenset(jobs), self._clock.now())
        rank = next((rank for rank, candidate in enumerate(voters.candidates, 1) if candidate.id == self._id), 0)
        if rank and self._told != (voters.run, rank, len(voters.candidates)):
            self._told = voters.run, rank, len(voters.candidates)
            self._say(f"may take over by itself, as number {rank} of {len(voters.candidates)}")

    def still_heard(self, address: str) -> None:
        """Take in that the coordinator at an address sent something else."""
        self._core.still_heard(self._runs.get(address, ""), self._clock.now())

    async def succeed(self) -> None:
        """Ask and answer other candidates, and take over if this one is to, until cancelled."""
        taking = asyncio.create_task(self._take_over_all())
        try:
            await self._folder.look(0.0)
            while not taking.done():
                self._renew_listener()
                await self._look()
                await asyncio.sleep(INTERVAL_S)
            taking.result()
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            self._shut()
            for peer in self._peers.values():
                peer.disconnect_candidate()
            self._lock.release()

    async def _look(self) -> None:
        while self._left:
            self._core.left(self._runs.pop(self._left.pop(), ""))
        if self._folder.fault or self._core.is_due(self._clock.now()):
            await self._folder.look(LOOK_S if self._folder.fault else INTERVAL_S)
        self._core.able = not self._folder.fault
        now = self._clock.now()
        questions = self._core.questions(now)
        if await self._remember():
            for candidate, question in questions:
                await self._ask(candidate, question, now)
        for address in [address for address, peer in self._peers.items() if now - peer.asked_s > END_S]:
            self._peers.pop(address).disconnect_candidate()
        self._jobs += self._core.elected(now)
        self._tell(now)

    async def _ask(self, candidate: SuccessionCandidate, question: Silent, now: float) -> None:
        if not is_peer_address(candidate.address):
            return
        peer = self._peers.get(candidate.address)
        if peer is None:
            peer = self._peers[candidate.address] = OtherCandidate(self._sockets, candidate.address, self._hear)
        peer.asked_s = now
        host = await asyncio.to_thread(own_address, candidate.address, self._bound)
        if host and self._port:
            question = told_from(question, join_address(host, self._port))
        peer.socket.send(question)  # a candidate that does not leave yet is asked again

    def _hear(self, opinion: Opinion) -> None:
        self._core.take_answer(opinion, self._clock.now())

    def _tell(self, now: float) -> None:
        """Say at most once a minute why no candidate takes over."""
        lines = [_shortage_text(shortage) for shortage in self._core.shortages(now)]
        if self._folder.fault and self._core.is_due(now):
            lines.append(f"cannot take over from a coordinator that is gone: {self._folder.fault}")
        if lines and now - self._told_s >= TELL_S:
            self._told_s = now
            for line in lines:
                self._say(line)

    async def _remember(self) -> bool:
        """Have on the disk what this candidate has to remember over a restart; return whether it is there."""
        async with self._keeping:
            folder = str(self._output_dir) if self._folder.was_there else ""
            kept = Remembered(self._port or self._kept.port, folder, self._core.memories)
            if kept != self._kept:
                try:
                    await asyncio.to_thread(self._write_memory, kept)
                except StoreError as fault:
                    if str(fault) != self._fault:
                        self._fault = str(fault)
                        self._say(f"takes no book over by itself: {fault}")
                    return False
                self._kept, self._fault = kept, ""
            return True

    def _write_memory(self, kept: Remembered) -> None:
        path = self._state_dir / MEMORY
        with guarded(path):
            replace_file(path, msgspec.json.encode(kept))

    # --- where others ask

    def _renew_listener(self) -> None:
        """Listen for other candidates by the keys of the present key epoch."""
        if self._listener and self._key_epoch == self._sockets.key_epoch():
            return
        self._shut()
        self._key_epoch = self._sockets.key_epoch()
        self._listener = self._sockets.listen_for_peers()
        try:
            self._port = self._bind(self._listener)
        except EnvironmentFault:
            self._listener.close()
            raise
        self._listening = asyncio.create_task(self._listen(self._listener))

    def _bind(self, listener: RouterSocket) -> int:
        """Listen on the port by which others know this machine, or on another if that is taken."""
        if self._kept.port:
            with suppress(EnvironmentFault):
                return listener.bind(self._bound, self._kept.port)
        return listener.bind(self._bound, 0)

    async def _listen(self, listener: RouterSocket) -> None:
        while True:
            peer, message, _ = await listener.receive()
            if isinstance(message, Silent):
                opinion = self._core.answer(message, self._clock.now())
                if await self._remember():
                    listener.send(peer, opinion)

    def _shut(self) -> None:
        if self._listener and self._listening:
            self._listening.cancel()
            self._listener.close()
        self._listener, self._port = None, 0

    # --- taking over

    async def _take_over_all(self) -> None:
        """Take jobs over, one after the other, and queues, each of which is served from then on."""
        serving = set[asyncio.Task[None]]()
        try:
            while True:
                await asyncio.sleep(INTERVAL_S)
                for task in [task for task in serving if task.done()]:
                    serving.remove(task)
                    task.result()
                while self._jobs:
                    taking = asyncio.create_task(self._take_over(job := self._jobs.pop(0)))
                    serving.add(taking)
                    if not QUEUE_ID.fullmatch(job):
                        await taking
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)

    async def _take_over(self, job: str) -> None:
        copy = await asyncio.to_thread(self._copy_of, job)
        if copy is None:
            self._say(f"has no copy of {job}, whose coordinator is gone: leaves it to another standby")
            self._core.failed(job, self._clock.now())
        elif copy.is_finished or await self._finish(job, copy.title):
            self._core.done(job)
        else:
            self._core.failed(job, self._clock.now())

    def _copy_of(self, name: str) -> HeldCopy | None:
        """Return what is here of a job or a queue; None for nothing."""
        if QUEUE_ID.fullmatch(name):
            lists = (copy.list for copy in latest_copies(self._state_dir) if copy.list and copy.list.queue == name)
            return next((HeldCopy(f"the queue of {clean(each.host)}", False) for each in lists), None)
        known = list_jobs(self._state_dir / STANDBY)
        return next((HeldCopy(each.title, each.finished) for each in known if each.job == name), None)

    async def _finish(self, job: str, title: str) -> bool:
        """Run a command that takes a job over, and return whether it finished it."""
        self._say(f"nobody has heard the coordinator of {title} for long: taking it over")
        leave_voters(self._state_dir, self._core.voters(job))
        words = ("take-over", job, "--output-dir", str(self._output_dir))
        variables = {ENV_HOME: str(self._state_dir)}
        code = await run_command(words, variables, lambda line: self._say(f"{title}: {line}"), END_S, COMMAND)
        if code in (EXIT_DONE, EXIT_GAPS):
            return True
        self._say(
            f"{title}: it was not finished here (exit code {code}): another standby takes it over, if most agree. "
            f"By hand: `e2a-swarm take-over {job}`"
        )
        return False


def told_from(question: Silent, address: str) -> Silent:
    """Return a question with the present address of the one that asks."""
    candidates = tuple(
        structs.replace(each, address=address) if each.id == question.candidate else each
        for each in question.voters.candidates
    )
    return structs.replace(question, voters=structs.replace(question.voters, candidates=candidates))


def _shortage_text(shortage: Shortage) -> str:
    """Return a line that says who is missing for a majority."""
    silent = f"no word from the coordinator for {duration_text(shortage.silent_s)}, and this standby does not take over"
    if shortage.voters < shortage.needed:
        return f"{silent}: it knows no other one with --automatic, and two have to agree. `e2a-swarm take-over` does it"
    facts = [f"{shortage.needed} of {shortage.voters} with --automatic have to agree, so far {shortage.agreeing}"]
    if shortage.mute:
        facts.append(f"no answer from {', '.join(shortage.mute)}")
    if shortage.abstaining:
        facts.append(f"{', '.join(shortage.abstaining)} agreed with another one or has no such list")
    if shortage.refusing:
        facts.append(f"{', '.join(shortage.refusing)} heard it since, or saw it end")
    return f"{silent}: {'; '.join(facts)}"
