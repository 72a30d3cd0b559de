"""The child process that hosts an engine: `python -m swarm.voice.host`. Its faults go back as data."""

import time
import traceback
from pathlib import Path

import msgspec

from swarm.audio.clip import make_clip
from swarm.child import Message, serve
from swarm.lease.recipe import Recipe
from swarm.voice.engine import EngineFault, FaultKind, SharingVoice, Voice
from swarm.voice.pcm import check_pcm
from swarm.voice.registry import load_engine

_MESSAGE_CHARS = 500


class Host:
    """The voices of one engine, one a slot."""

    def __init__(self) -> None:
        self._voices: dict[int, Voice] = {}

    def handle(self, message: Message) -> Message:
        """Answer `open` and `speak`."""
        opening = message["call"] == "open"
        try:
            return self._open(message) if opening else self._speak(message)
        except EngineFault as fault:
            return _fault(fault.kind, str(fault))
        except Exception as fault:  # an engine is somebody else's code
            traceback.print_exc()
            kind = FaultKind.UNAVAILABLE if opening else FaultKind.ERROR
            return _fault(kind, f"{type(fault).__name__}: {fault}")

    def _open(self, message: Message) -> Message:
        recipe = msgspec.convert(message["recipe"], Recipe)
        assets = Path(message["assets"]) if message["assets"] else None
        voice = load_engine(message["engine"]).open(recipe, message["device"], assets)
        self._voices[message["lane"]] = voice
        return {"latents": (voice.latents() or b"") if isinstance(voice, SharingVoice) else b""}

    def _speak(self, message: Message) -> Message:
        voice = self._voices[message["lane"]]
        began = time.perf_counter()
        sound = check_pcm(voice.speak(message["text"], message["seed"]))
        work_s = time.perf_counter() - began
        clip = make_clip(sound, voice.sample_rate, message["text"])
        return {
            "frame": clip.frame,
            "samples": clip.samples,
            "sample_rate": clip.sample_rate,
            "digest": clip.digest,
            "work_s": work_s,
        }


def _fault(kind: FaultKind, message: str) -> Message:
    return {"fault": kind, "message": message[:_MESSAGE_CHARS]}


if __name__ == "__main__":
    serve(Host().handle)
