"""A proxy between workers and a coordinator that counts the bytes coming back."""

import contextlib
import socket
import threading


class Toll:
    """A proxy that listens on a port of this machine and forwards everything to another port."""

    def __init__(self, port: int) -> None:
        self.received = 0  # bytes that the other side sent
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=[source, target, source is far], daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self.received += len(data) if counted else 0
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
