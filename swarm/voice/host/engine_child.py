"""The child process that hosts an engine, `python -m swarm.voice.host.engine_child`. It returns faults as data.

It tells what it takes of the memory of its device, and whether a model's need is free there."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any

import msgspec

from swarm.book.model.engine_text import read_engine_text, split_language, split_manner, split_voice
from swarm.errors import EnvironmentFault
from swarm.job.clip_info import SpokenClip
from swarm.job.spec import Recipe
from swarm.system.capacity import read_capacity
from swarm.system.platform import ENV_STANDS_BACK, go_first_when_memory_runs_out, peak_bytes, stand_back
from swarm.system.serving import Frame, serve, teller
from swarm.voice.built_in import BUILT_IN
from swarm.voice.engine import BatchVoice, EngineFault, FaultKind, SharingVoice, device_fault, unavailable
from swarm.voice.host.foreign import encode_facts
from swarm.voice.host.other_voices import OtherVoices
from swarm.voice.host.recogniser import find_verifier
from swarm.voice.host.registry import engine_targets, load_engine
from swarm.voice.host.takes import Asked, CheckedVoice
from swarm.voice.recipe_check import checked_card

_CUDA_BYTES = 512 << 20  # CUDA itself keeps this on a GPU for each process, and torch does not count it


def peak_on(device: str) -> int:
    """Return the most memory that this process took of a device such as "cpu:3" or "cuda:0"; 0 if it is unknown."""
    if device.startswith("cpu"):
        return peak_bytes()
    torch: Any = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return 0
    reserved = int(torch.cuda.max_memory_reserved(device))
    return reserved + _CUDA_BYTES if reserved else 0


def free_on(device: str) -> float:
    """Return the free memory of a device; infinite if it is unknown."""
    if device.startswith("cpu"):
        return read_capacity().free_bytes
    if not device.startswith("cuda") or not find_spec("torch"):
        return inf
    free, _ = importlib.import_module("torch").cuda.mem_get_info(device)
    return float(free)


def check_room(device: str, need: int) -> None:
    """Raise EngineFault(MEMORY) if a device has less free memory than is needed; 0 is a need that is not known."""
    if need and (free := free_on(device)) < need:
        raise EngineFault(
            FaultKind.MEMORY,
            f"{device} does not have enough memory for this model: it took {need / 1e9:.1f} GB before, "
            f"{free / 1e9:.1f} GB are free",
        )


_MESSAGE_CHARS = 500
MAX_FACTS_BYTES = 2 << 20
_MIN_LONGEST = 2000  # characters that every engine is given; some end or hang at texts of ten thousand


class Host:
    """The voices of one engine, one for each slot."""

    def __init__(self) -> None:
        self._speakers: dict[int, CheckedVoice] = {}
        self._others: dict[int, OtherVoices] = {}
        self._devices: dict[int, str] = {}
        self._longest = _MIN_LONGEST

    def handle(self, message: Frame) -> Frame:
        """Answer a call of `pid`, `open`, `speak`, or of an engine task (`host/engine_task.py`)."""
        if message["call"] == "pid":
            return {"pid": os.getpid()}
        opening = message["call"] != "speak"
        calls = {"open": self._open, "speak": self._speak} | _ERRANDS
        try:
            return calls[message["call"]](message)
        except EngineFault as fault:
            if fault.__cause__ is not None:
                traceback.print_exc()  # the log keeps the cause, which the sentence may not tell
            return _fault(fault.kind, str(fault))
        except Exception as fault:  # an engine is third-party code and may raise anything
            traceback.print_exc()
            kind = FaultKind.UNAVAILABLE if opening else FaultKind.ERROR
            return _fault(device_fault(fault) or kind, f"{type(fault).__name__}: {fault}")

    def _open(self, message: Frame) -> Frame:
        recipe = msgspec.convert(message["recipe"], Recipe)
        job_files = Path(message["assets"]) if message["assets"] else None
        engine = load_engine(message["engine"])
        self._speakers.pop(message["lane"], None)  # a GPU may not have memory for two voices
        card = checked_card(engine, recipe)
        self._longest = max(_MIN_LONGEST, *(2 * limit for _, limit in card.limits))
        check_room(message["device"], message.get("need", 0))
        self._devices[message["lane"]] = message["device"]
        voice = engine.open(recipe, message["device"], job_files)
        verifier = find_verifier(recipe.language, message["device"])
        self._speakers[message["lane"]] = CheckedVoice(voice, card.takes, verifier)
        self._others[message["lane"]] = OtherVoices(engine, recipe, voice, message["device"], job_files, verifier)
        latents = (voice.latents() or b"") if isinstance(voice, SharingVoice) else b""
        batch = card.batch if isinstance(voice, BatchVoice) else 1
        return {"latents": latents, "batch": batch, "took": peak_on(message["device"])}

    def _speak(self, message: Frame) -> Frame:
        lines = message["lines"]
        for text, *_ in lines:
            if len(text) > self._longest:
                length, most = len(text), self._longest
                raise EngineFault(
                    FaultKind.ERROR, f"the text has {length:,} characters; an engine gets {most:,} at most"
                )
        spoken = self._speak_all(message["lane"], [_asked(text, seeds) for text, *seeds in lines])
        faults = [each for each in spoken if isinstance(each, EngineFault)]
        if len(faults) == len(spoken):
            raise faults[0]
        clips = [None if isinstance(each, EngineFault) else _plain(each) for each in spoken]
        return {"clips": clips, "took": peak_on(self._devices[message["lane"]])}

    def _speak_all(self, lane: int, lines: Sequence[tuple[tuple[str, str], Asked]]) -> list[SpokenClip | EngineFault]:
        """Speak lines, each voice its own together. Raises EngineFault if none of a single voice can be spoken."""
        spoken: list[SpokenClip | EngineFault] = [EngineFault(FaultKind.ERROR, "it was not spoken")] * len(lines)
        voices = dict.fromkeys(voice for voice, _ in lines)
        for voice in voices:
            places = [place for place, (name, _) in enumerate(lines) if name == voice]
            try:
                speaker = self._others[lane].speaker(*voice) if any(voice) else self._speakers[lane]
                clips = speaker.speak_all([lines[place][1] for place in places])
            except EngineFault as fault:
                if len(voices) == 1:
                    raise
                clips = [fault] * len(places)
            for place, clip in zip(places, clips, strict=True):
                spoken[place] = clip
        return spoken


def _prove(message: Frame) -> Frame:
    """Speak a text, with the engine's voice for trials if it has one. Raises EngineFault."""
    engine, recipe = load_engine(message["engine"]), msgspec.convert(message["recipe"], Recipe)
    voice = engine.trial() or engine.open(recipe, "cpu:0")
    (clip,) = CheckedVoice(voice, 1, None).speak_all([Asked(message["text"], [1])])
    if isinstance(clip, EngineFault):
        raise clip
    return {"clip": _plain(clip)}


def _fetch(message: Frame) -> Frame:
    """Download a model. Raises EngineFault(UNAVAILABLE)."""
    try:
        load_engine(message["engine"]).fetch(message["model"], teller())
    except EnvironmentFault as fault:
        raise unavailable(str(fault)) from fault
    return {}


def _check(message: Frame) -> Frame:
    return {"checks": list(load_engine(message["engine"]).checks())}


def _tell_facts(message: Frame) -> Frame:
    """Return what an engine that is registered here tells of itself. Raises EngineFault(UNAVAILABLE)."""
    name, targets = message["name"], engine_targets()
    if name not in targets:
        others = ", ".join(each for each in targets if each not in BUILT_IN) or "none"
        raise unavailable(f"its packages register no engine {name}; they register: {others}.")
    engine = load_engine(targets[name])
    folders = [(model.name, str(engine.model_folder(model.name))) for model in engine.models()]
    return {"target": targets[name], "facts": encode_facts(engine, MAX_FACTS_BYTES), "folders": folders}


_ERRANDS = {"prove": _prove, "fetch": _fetch, "checks": _check, "facts": _tell_facts}


def _asked(text: str, seeds: Sequence[int]) -> tuple[tuple[str, str], Asked]:
    """Return the voice and the manner of an engine text, "" for those of the recipe, and what it has to speak."""
    voice, text = split_voice(text)
    language, text = split_language(text)
    manner, text = split_manner(text)
    spoken, phonemes = read_engine_text(text)
    return (voice, manner), Asked(spoken, seeds, phonemes, language)


def _plain(clip: SpokenClip) -> Frame:
    plain: Frame = msgspec.to_builtins(clip, builtin_types=(bytes,))
    return plain


def _fault(kind: FaultKind, message: str) -> Frame:
    return {"fault": kind, "message": message[:_MESSAGE_CHARS]}


def send_no_usage_data() -> None:
    """Tell libraries that engines load to report nothing to their makers, unless the user decided otherwise."""
    for variable in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(variable, "1")


if __name__ == "__main__":
    go_first_when_memory_runs_out()
    if os.environ.get(ENV_STANDS_BACK):
        stand_back()
    send_no_usage_data()
    serve(Host().handle)
