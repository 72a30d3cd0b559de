"""A hostile peer for tests: noise.py HOST PORT sends all kinds of rubbish, then says what it did.

The greetings are those of ZMTP 3.1 (RFC 37): signature, version, mechanism, padding.
"""

import contextlib
import os
import socket
import sys
import time

HALF_OPEN, NOISY, ROUNDS = 200, 50, 4
SENDING_S = 0.05  # the coordinator reads little of what proves nothing
SIGNATURE = b"\xff" + bytes(8) + b"\x7f"


def greeting(mechanism: bytes) -> bytes:
    """Return the 64 bytes that begin a conversation."""
    return (SIGNATURE + b"\x03\x01" + mechanism.ljust(20, b"\0") + b"\0").ljust(64, b"\0")


def large_frame(size: int, *, command: bool) -> bytes:
    """Return the header of a long frame and a part of its body."""
    return bytes([6 if command else 2]) + size.to_bytes(8, "big") + os.urandom(1 << 20)


def command(name: bytes, body: bytes) -> bytes:
    """Return a command of the handshake."""
    content = bytes([len(name)]) + name + body
    return (bytes([4, len(content)]) if len(content) < 256 else b"\x06" + len(content).to_bytes(8, "big")) + content


MESSAGES = (
    os.urandom(100_000),
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000,
    b"\0" * 100_000,
    greeting(b"NULL") + command(b"READY", b"\x0bSocket-Type\0\0\0\x06DEALER"),
    greeting(b"PLAIN") + command(b"HELLO", b"\x05admin\x05admin"),
    greeting(b"CURVE") + large_frame(1 << 40, command=True),
    greeting(b"CURVE") + large_frame(2**63 - 1, command=False),
    greeting(b"CURVE") + command(b"HELLO", os.urandom(194)),
    greeting(b"CURVE") + command(b"HELLO", b"\x01\0" + os.urandom(60_000)),
    greeting(b"CURVE") + command(b"INITIATE", os.urandom(300)),
    greeting(b"NULL") + large_frame(1 << 30, command=False),
)


def talk(address: tuple[str, int], message: bytes) -> socket.socket:
    """Connect, send the bytes, and keep the connection, unless it is refused or hung up."""
    line = socket.socket()
    line.settimeout(0.5)
    with contextlib.suppress(OSError):
        line.connect(address)
        line.settimeout(SENDING_S)
        line.sendall(message)
    return line


def main() -> None:
    """Send all kinds of rubbish again and again, while hundreds of connections stay open."""
    address = (sys.argv[1], int(sys.argv[2]))
    held = [talk(address, SIGNATURE if number % 2 else b"") for number in range(HALF_OPEN)]
    sent = 0
    for _ in range(ROUNDS):
        lines = [talk(address, message) for message in MESSAGES for _ in range(NOISY // len(MESSAGES))]
        sent += len(lines)
        time.sleep(0.5)
        for line in lines:
            line.close()
    for line in held:
        line.close()
    print(f"{len(held)} half-open, {sent} noisy", flush=True)


if __name__ == "__main__":
    main()
