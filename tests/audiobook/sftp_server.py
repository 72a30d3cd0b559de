"""An SFTP server of the tests' own, on loopback: paramiko's, over a folder. It can break off as a router does."""

import contextlib
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "reader", "s3cret"


class Handle(paramiko.SFTPHandle):
    """An open file; writing beyond `server.break_after` bytes breaks the connection, once."""

    def __init__(self, flags: int, server: "SftpServer", transport: paramiko.Transport) -> None:
        super().__init__(flags)
        self.server, self.transport = server, transport

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))

    def write(self, offset: int, data: bytes) -> int:
        time.sleep(self.server.slow_s)
        if not self.transport.is_active():  # a write is lost if the connection broke meanwhile
            return paramiko.SFTP_FAILURE
        self.server.written_bytes += len(data)
        if self.server.full_after is not None and offset + len(data) > self.server.full_after:
            return paramiko.SFTP_FAILURE
        if self.server.break_after is not None and offset + len(data) > self.server.break_after:
            self.server.break_after = None
            self.transport.close()
            return paramiko.SFTP_FAILURE
        return int(super().write(offset, data))


class Folder(paramiko.SFTPServerInterface):
    """The files of a folder."""

    def __init__(self, gate: "Gate", *arguments: Any, **more: Any) -> None:
        super().__init__(gate, *arguments, **more)
        self.gate = gate

    def _path(self, path: str) -> Path:
        return self.gate.server.folder / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> Any:
        with contextlib.suppress(OSError):
            found = self._path(path).iterdir()
            return [paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in found]
        return paramiko.SFTP_NO_SUCH_FILE

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            number = os.open(self._path(path), flags, 0o644)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        handle = Handle(flags, self.gate.server, self.gate.transport)
        handle.writefile = handle.readfile = os.fdopen(
            number, ("r+b" if flags & os.O_RDWR else "wb") if writes else "rb"
        )
        return handle

    def _do(self, work: Any) -> int:
        try:
            work()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))
        return int(paramiko.SFTP_OK)

    def mkdir(self, path: str, attr: Any) -> int:
        return self._do(lambda: self._path(path).mkdir())

    def remove(self, path: str) -> int:
        return self._do(lambda: self._path(path).unlink())

    def rename(self, oldpath: str, newpath: str) -> int:
        return self._do(lambda: self._path(oldpath).replace(self._path(newpath)))

    posix_rename = rename


class Gate(paramiko.ServerInterface):
    """Lets one user in."""

    def __init__(self, server: "SftpServer", transport: paramiko.Transport) -> None:
        self.server, self.transport = server, transport

    def check_auth_password(self, username: str, password: str) -> int:
        fits = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class SftpServer:
    """Serves a folder until it is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.break_after: int | None = None
        self.full_after: int | None = None  # bytes of a file that the disk has room for
        self.written_bytes = 0
        self.slow_s = 0.0  # each 32 kB takes so long
        self.connections = 0
        self.key = paramiko.ECDSAKey.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"sftp://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def make_known(self, home: Path) -> None:
        """Write the server's key as ssh does when a user confirms it."""
        (home / ".ssh").mkdir(parents=True, exist_ok=True)
        line = f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n"
        (home / ".ssh" / "known_hosts").write_text(line)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folder)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=Gate(self, transport))
            self._transports.append(transport)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits would keep it open
        self._listener.close()
        for transport in self._transports:
            transport.close()
