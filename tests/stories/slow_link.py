"""A slow link in front of a coordinator: it carries so many bits a second each way, with a short queue."""

import contextlib
import select
import socket
import threading
import time

CHUNKS_A_SECOND = 20
# On a busy machine this thread may be so late without a link that has data carrying less.
CATCH_UP_S = 1.0
QUEUE_BYTES = 64 * 1024  # the end of the link takes in so many before they are carried


class SlowLink:
    """Listens on `port`, and carries every connection to another port of this machine.

    with SlowLink(coordinator.port, bits_s=128_000) as link:
        worker.start("work", "--coordinator", f"127.0.0.1:{link.port}")
    """

    def __init__(self, to: int, bits_s: int) -> None:
        self.bytes_s = bits_s / 8
        self.to = to
        self.carried = 0  # bytes to the coordinator
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> "SlowLink":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for end in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self._open += [near, far]
                for one, other, up in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=(one, other, up), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, up: bool) -> None:
        due_s = 0.0
        with contextlib.suppress(OSError):
            while True:
                late_s = CATCH_UP_S if select.select([one], [], [], 0)[0] else 0.0
                if not (data := one.recv(max(256, int(self.bytes_s / CHUNKS_A_SECOND)))):
                    break
                due_s = max(due_s, time.monotonic() - late_s) + len(data) / self.bytes_s
                time.sleep(max(0.0, due_s - time.monotonic()))
                other.sendall(data)
                self.carried += len(data) if up else 0
            other.shutdown(socket.SHUT_WR)
