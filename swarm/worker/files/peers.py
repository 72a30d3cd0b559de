"""The other workers with which a worker shares files: it fetches from some, and serves its own to others."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from swarm.errors import EnvironmentFault
from swarm.job.job_asset import BLOCK_BYTES, WINDOW, is_shared
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, ModelSource, Piece
from swarm.lease.message import FromCoordinator, Job
from swarm.lease.outcome import Load, WorkerOutcome
from swarm.lease.worker.asset_download import Download
from swarm.lease.worker.file_source import PEER
from swarm.lease.worker.worker_core import WorkerCore
from swarm.net.addresses import join_address, own_address
from swarm.net.transport import Answer, DealerSocket, PieceServer, RouterSocket
from swarm.net.worker_connections import Connections, WorkerSockets
from swarm.system.machine import Clock, Say
from swarm.voice.engine import OnProgress
from swarm.worker.files.file_cache import FileThread
from swarm.worker.files.model_files import ModelExchange

MAX_ASKERS = 8


class PeerFileServer(PieceServer[Fetch]):
    """Passes files on while it is open.

    `passed_on` tells the size of a file that others may have, 0 for another, and how many bytes of it are here.
    """

    def __init__(
        self, socket: RouterSocket, address: str, files: FileThread, passed_on: Callable[[str], tuple[int, int]]
    ) -> None:
        super().__init__(socket)
        self._files = files
        self._passed_on = passed_on
        self.served = 0  # bytes
        self._socket = socket
        try:
            self.port = socket.bind(address, 0)
        except EnvironmentFault:
            socket.close()
            raise

    async def listen(self) -> None:
        """Take questions, until cancelled."""
        while True:
            peer, message, _ = await self._socket.receive()
            if not isinstance(message, Fetch):
                continue
            is_new = peer not in self.questions.waiting
            size, _ = self._passed_on(message.digest)
            if message.offset >= size or (is_new and len(self.questions.waiting) >= MAX_ASKERS):
                self._socket.send(peer, Piece(message.digest, message.offset, 0))
            else:
                self.ask(peer, message)

    def is_here(self, asked: Fetch) -> bool:
        """Tell whether the whole block of a piece is here, or none of the file is needed any more."""
        size, have = self._passed_on(asked.digest)
        return have >= size or asked.offset < have - have % BLOCK_BYTES

    async def answer(self, peer: bytes, asked: Fetch) -> Answer:
        """Read a piece."""
        piece, frame = await self._files.read_piece(asked, shared=True)
        self.served += len(frame)
        return piece, frame

    def remind(self) -> None:
        """Tell those that wait that their pieces are not here yet; forget those that are gone."""
        for peer, (first, *_) in list(self.questions.waiting.items()):
            size, _ = self._passed_on(first.digest)  # 0 if no job needs the file any more
            if not self._socket.send(peer, Piece(first.digest, first.offset, size)) or not size:
                del self.questions.waiting[peer]

    def close_file_server(self) -> None:
        """Close the port and all connections."""
        self._socket.close()


MAX_UNSENT = 2 * WINDOW  # questions that wait for a connection


class Peer:
    """The connection to the server that a name stands for; `closed` hears the name once it ends or does not open."""

    def __init__(self, name: str, sockets: WorkerSockets, closed: Callable[[str], None]) -> None:
        self._name = name
        self._closed = closed
        self._was_connected = False
        self._unsent: list[Message] = []
        self.socket = sockets.dial_peer(self._changed)
        self.socket.connect([name.removeprefix(PEER)])

    def _changed(self) -> None:
        if self.socket.connected:
            self._was_connected, unsent, self._unsent = True, self._unsent, []
            for message in unsent:
                self.socket.send(message)
        elif self._was_connected or self.socket.refusal:
            asyncio.get_running_loop().call_soon(self._closed, self._name)

    def ask_peer(self, message: Message) -> None:
        """Send a question, once there is a connection."""
        if not self.socket.send(message) and len(self._unsent) < MAX_UNSENT:
            self._unsent.append(message)


Start = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Peers:
    """The peers of a worker. Its own server listens on `bind`, "" for all addresses; with None it has none."""

    def __init__(
        self,
        sockets: WorkerSockets,
        core: WorkerCore,
        clock: Clock,
        *,
        bind: str | None,
        connections: Connections,
        files: FileThread,
        carry_out: Callable[[WorkerOutcome], None],
        start: Start,
        say: Say,
    ) -> None:
        self._sockets = sockets
        self._core = core
        self._clock = clock
        self._bind = bind
        self._connections = connections
        self._files = files
        self._carry_out = carry_out
        self._start = start
        self._say = say
        self.models = ModelExchange(clock, files, self._coming, self._models_changed)
        self._asked: dict[str, tuple[Peer, asyncio.Task[None]]] = {}
        self.server: PeerFileServer | None = None
        self._key_epoch: object = None  # the server was opened with the swarm's keys of this key epoch
        self._serving: list[asyncio.Task[None]] = []
        self._hosts: dict[str, str] = {}  # each coordinator reaches this machine at this address

    # --- fetching

    def ask_named_peer(self, name: str, message: Message) -> None:
        """Send a question to a peer by its name, if it is one."""
        if not name.startswith(PEER):
            return
        if name not in self._asked:
            try:
                peer = Peer(name, self._sockets, self._closed)
            except EnvironmentFault:  # the peer's address is none
                asyncio.get_running_loop().call_soon(self._closed, name)
                return
            self._asked[name] = peer, self._start(self._listen(name, peer.socket))
        self._asked[name][0].ask_peer(message)

    async def _listen(self, name: str, socket: DealerSocket) -> None:
        while True:
            message, frame = await socket.receive()
            if isinstance(message, Piece):  # a worker has nothing else to say
                self._carry_out(self._core.receive(name, message, self._clock.now(), frame))

    def _closed(self, name: str) -> None:
        self._carry_out(self._core.disconnect(name, self._clock.now()))

    def _keep(self, names: Iterable[str]) -> None:
        for name in self._asked.keys() - set(names):
            peer, task = self._asked.pop(name)
            task.cancel()
            peer.socket.close()

    # --- passing on

    async def heard(self, name: str, message: FromCoordinator) -> None:
        """Open the server if others may want the files of a job; take in where a file of a model is to be fetched."""
        if isinstance(message, ModelSource):
            self.models.told(name, message)
        elif isinstance(message, Job) and any(is_shared(job_file.size) for job_file in message.job_files):
            await self._open_if_closed()

    async def _open_if_closed(self) -> None:
        if self._bind is not None and not self.server:
            self._open()
            await self._tell_addresses()

    def at_hand(self, load: Load, tell: OnProgress) -> AbstractAsyncContextManager[None]:
        """Bring what a slot's engine needs for a recipe from other workers, as `ModelExchange.at_hand` does."""
        links = [lease.link for lease in self._core.slots[load.slot].leases[:1]]
        is_up = any(self._connections[link].connected for link in links if link in self._connections)
        if not is_up or self._bind is None:
            return nullcontext()
        return self.models.at_hand(links[0], load.recipe, load.voices, tell)

    def _open(self) -> None:
        self._key_epoch = self._sockets.key_epoch()
        try:
            self.server = PeerFileServer(
                self._sockets.listen_for_peers(), self._bind or "", self._files, self._passed_on
            )
        except EnvironmentFault as fault:
            self._bind = None
            self._say(f"this machine passes no files on to others: {fault}")
        else:
            self._serving = [self._start(self.server.listen()), self._start(self.server.send_pieces())]

    def _passed_on(self, digest: str) -> tuple[int, int]:
        if item := self._core.fetched.downloads.passed_on(digest):
            return item.size, item.have
        size = self.models.size_of(digest)
        return size, size

    async def tidy_peers(self) -> None:
        """Close what is not needed any more, and tell those that wait how it stands."""
        downloads = self._core.fetched.downloads
        self._keep(downloads.peer_names())
        if self.models.is_needed:
            await self._open_if_closed()
        elif self.server and not downloads.is_shared():
            self._shut()
        if self.server and self._key_epoch != self._sockets.key_epoch():
            self._shut()  # a machine that was removed from the swarm must have no way in any more
            self._open()
        if self.server:
            self.server.remind()
        await self._tell_addresses()
        self._note_models()

    def _coming(self, digest: str) -> Download | None:
        return self._core.fetched.downloads.items.get(digest)

    def _note_models(self) -> bool:
        """Have heartbeats say which files of models are here, and which are missing; tell whether that is news."""
        names = self._connections if self.models.is_needed else ()
        models = {name: self.models.report_models(name) for name in names}
        is_news = models != self._core.models
        if is_news:
            self._core.models = models
        return is_news

    def _models_changed(self) -> None:
        self._start(self._report_models())

    async def _report_models(self) -> None:
        await self._open_if_closed()  # the server is open before others hear what they may have here
        if self._note_models():
            self._carry_out(self._core.beat(self._clock.now(), news=True))

    async def _tell_addresses(self) -> None:
        """Have heartbeats say where others reach the server, as seen on the way to each coordinator."""
        connected = self._connections.items() if self.server else ()
        coordinators = {name: each.socket.address for name, each in connected if each.connected}
        for address in coordinators.values() - self._hosts.keys():
            self._hosts[address] = await asyncio.to_thread(own_address, address, self._bind or "")
        hosts = {name: self._hosts[address] for name, address in coordinators.items()}
        port = self.server.port if self.server else 0
        addresses = {name: join_address(host, port) for name, host in hosts.items() if host and port}
        if addresses != self._core.peer_addresses:
            self._core.peer_addresses = addresses

    def moved(self) -> None:
        """Take in that more of a file is on the disk."""
        if self.server:
            self.server.look_again()

    def _shut(self) -> None:
        if self.server:
            for task in self._serving:
                task.cancel()
            self.server.close_file_server()
            self.server = None

    def leave_peers(self) -> None:
        """Leave all peers."""
        self._keep(())
        self._shut()
