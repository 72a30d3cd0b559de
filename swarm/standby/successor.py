"""A standby that takes over by itself: its questions to other candidates, and the command that it runs then."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from swarm.config import ENV_HOME, STANDBY
from swarm.errors import EnvironmentFault
from swarm.job.store.store import list_jobs
from swarm.lease.file_transfer import is_peer_address
from swarm.lease.member_message import Claim, Opinion, Silent, SuccessionCandidate, Voters
from swarm.net.addresses import join_address, own_address
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.net.worker_connections import WorkerSockets
from swarm.standby.succession import Succession
from swarm.system.child import variables_of
from swarm.system.machine import Clock, Say

PROGRAM = "import sys; from swarm.commands.main import main; sys.exit(main())"
INTERVAL_S = 1.0
END_S = 30.0  # a book that was taken over has so long to stop in good order when this machine leaves
MAX_LINE = 2000


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
        """`name` is that of this machine, `output_dir` the folder for audiobooks."""
        self._id = worker_id
        self._name = name
        self._sockets = sockets
        self._bound = bound
        self._left = left
        self._say = say
        self._state_dir = state_dir
        self._output_dir = output_dir
        self._clock = Clock()
        self._core = Succession(self._id, silence_s)
        self._runs: dict[str, str] = {}  # keys are addresses of coordinators
        self._hosts: dict[str, str] = {}  # each coordinator reaches this machine at this address
        self._peers: dict[str, OtherCandidate] = {}  # keys are addresses of candidates
        self._listener: RouterSocket | None = None
        self._port = 0
        self._key_epoch: object = None
        self._listening: asyncio.Task[None] | None = None
        self._jobs: list[str] = []  # these jobs wait to be taken over
        self._told = ("", 0, 0)  # the run, the number of this candidate among its voters, and how many there are

    async def claim(self, address: str) -> Claim | None:
        """Return what the coordinator at an address is told; None while others could not reach this machine."""
        if address not in self._hosts:
            self._hosts[address] = await asyncio.to_thread(own_address, address, self._bound)
        host = self._hosts[address]
        if not host or not self._port:
            return None
        run = self._runs.get(address, "")
        candidate = SuccessionCandidate(self._id, self._name, join_address(host, self._port))
        return Claim(candidate, run, self._core.revision(run))

    def heard(self, address: str, voters: Voters, jobs: Iterable[str]) -> None:
        """Take in that the coordinator at an address is there, with its voters and the jobs that it has to finish."""
        self._runs[address] = voters.run
        self._core.heard(voters, frozenset(jobs), self._clock.now())
        rank = next((rank for rank, candidate in enumerate(voters.candidates, 1) if candidate.id == self._id), 0)
        if rank and self._told != (voters.run, rank, len(voters.candidates)):
            self._told = voters.run, rank, len(voters.candidates)
            self._say(f"may take over by itself, as number {rank} of {len(voters.candidates)}")

    async def succeed(self) -> None:
        """Ask and answer other candidates, and take over if this one is to, until cancelled."""
        taking = asyncio.create_task(self._take_over_all())
        try:
            while not taking.done():
                self._renew_listener()
                self._look()
                await asyncio.sleep(INTERVAL_S)
            taking.result()
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            self._shut()
            for peer in self._peers.values():
                peer.disconnect_candidate()

    def _look(self) -> None:
        now = self._clock.now()
        while self._left:
            self._core.left(self._runs.pop(self._left.pop(), ""))
        for candidate, question in self._core.questions(now):
            self._ask(candidate, question, now)
        for address in [address for address, peer in self._peers.items() if now - peer.asked_s > END_S]:
            self._peers.pop(address).disconnect_candidate()
        self._jobs += self._core.elected(now)

    def _ask(self, candidate: SuccessionCandidate, question: Silent, now: float) -> None:
        if not is_peer_address(candidate.address):
            return
        peer = self._peers.get(candidate.address)
        if peer is None:
            peer = self._peers[candidate.address] = OtherCandidate(self._sockets, candidate.address, self._hear)
        peer.asked_s = now
        peer.socket.send(question)  # a candidate that does not leave yet is asked again

    def _hear(self, opinion: Opinion) -> None:
        self._core.take_answer(opinion, self._clock.now())

    # --- where others ask

    def _renew_listener(self) -> None:
        """Listen for other candidates by the keys of the present key epoch."""
        if self._listener and self._key_epoch == self._sockets.key_epoch():
            return
        self._shut()
        self._key_epoch = self._sockets.key_epoch()
        self._listener = self._sockets.listen_for_peers()
        try:
            self._port = self._listener.bind(self._bound, 0)
        except EnvironmentFault:
            self._listener.close()
            raise
        self._listening = asyncio.create_task(self._listen(self._listener))

    async def _listen(self, listener: RouterSocket) -> None:
        while True:
            peer, message, _ = await listener.receive()
            if isinstance(message, Silent):
                listener.send(peer, self._core.answer(message, self._clock.now()))

    def _shut(self) -> None:
        if self._listener and self._listening:
            self._listening.cancel()
            self._listener.close()
        self._listener, self._port = None, 0

    # --- taking over

    async def _take_over_all(self) -> None:
        """Take jobs over, one after the other."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            while self._jobs:
                await self._take_over(self._jobs.pop(0))

    async def _take_over(self, job: str) -> None:
        known = await asyncio.to_thread(list_jobs, self._state_dir / STANDBY)
        copy = next((each for each in known if each.job == job and not each.finished), None)
        if copy is None:
            return
        self._say(f"nobody has heard the coordinator of {copy.title} for long: taking it over")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", PROGRAM, "take-over", job, "--output-dir", str(self._output_dir)),
            env=variables_of() | {ENV_HOME: str(self._state_dir)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=64 * MAX_LINE,
            start_new_session=True,  # one Ctrl-C in the terminal would otherwise reach it twice
        )
        assert process.stdout
        try:
            async for line in process.stdout:
                self._say(f"{copy.title}: {line.decode(errors='replace').rstrip()[:MAX_LINE]}")
            if code := await process.wait():
                self._say(f"{copy.title}: it was not finished here (exit code {code}): `e2a-swarm take-over {job}`")
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Have a command end in good order, within bounds."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
