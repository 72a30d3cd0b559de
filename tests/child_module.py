"""The child of test_child.py: it does to itself what each message says."""

import ctypes
import os
import signal
import sys
import threading
import time

from swarm.system.serving import serve, teller

gate = threading.Event()


def handle(message: dict) -> dict:
    match message["do"]:
        case "echo":
            return {"echo": message["value"]}
        case "tell":
            for words in message["words"]:
                teller()(words)
            return {"told": len(message["words"])}
        case "print":
            print("printed by Python")
            os.write(1, b"written by C\n")
            return {}
        case "input":
            return {"read": sys.stdin.read()}
        case "wait":
            return {"opened": gate.wait(600)}
        case "open":
            gate.set()
            return {}
        case "raise":
            raise LookupError("no such thing")
        case "exit":
            sys.exit(3)
        case "die":
            print("last words", file=sys.stderr, flush=True)
            os._exit(7)
        case "compute":
            signal.raise_signal(signal.SIGILL)  # in this thread: what follows is never reached
        case "ignore":
            return {"ignored": signal.getsignal(signal.SIGINT) == signal.SIG_IGN}
        case "large":
            return {"bytes": bytes(message["bytes"])}
        case "hold":
            teller()("holding")
            ctypes.PyDLL(None).sleep(60)  # keeps the GIL, as a badly written library does
        case "busy":
            while True:
                time.sleep(1)
    raise AssertionError(message)


if __name__ == "__main__":
    serve(handle)
