"""A voice that a speech server speaks: its answers become int16 mono PCM, whatever format and rate they have."""

import io
import re
import struct
import threading
import time

import numpy as np
import soundfile

from swarm.errors import SwarmError, UsageError
from swarm.job.spec import Recipe, Setting
from swarm.voice.engine import EngineFault, FaultKind, Pcm, from_floats, unavailable
from swarm.voice.openai.options import OPTION, server_key, server_url
from swarm.voice.openai.server import ServerFault, SpeechServer

MAX_SOUND_S = 600.0
MIN_RATE, MAX_RATE = 8000, 192_000  # Hz, as clips may have
MAX_CHANNELS = 8
PLACEHOLDER = 1 << 30  # bytes: servers that stream write a length of this size or more, or 0

_MP3 = re.compile(rb"ID3|\xff[\xe2-\xff]")
_BARE = re.compile(r"audio/(pcm|l16|raw)\b", re.IGNORECASE)
_BARE_RATE = re.compile(r"rate=(\d{4,6})\b")


MAX_NAME_CHARS = 200
MAX_FIELDS = 20
RESERVED = ("model", "input", "voice", "response_format", "speed", "instructions", "seed")

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_WORD = re.compile(r"[\w .+-]{1,100}")  # no address and no path, which some servers would open


def check_name(noun: str, name: str, *, slashes: bool = False) -> str:
    """Return the name of a voice or a model, if it is no address and no path. Raises UsageError."""
    plain = name.isprintable() and len(name) <= MAX_NAME_CHARS and ".." not in name and "://" not in name
    if not plain or "\\" in name or name.startswith("/") or ("/" in name and not slashes):
        raise UsageError(f"A {noun} of a speech server cannot be called {name[:100]!r}.")
    return name


def read_fields(text: str) -> dict[str, Setting]:
    """Return the fields of the setting `fields`, such as "language=German,exaggeration=0.6". Raises UsageError."""
    pairs = [pair.partition("=") for pair in text[:4000].split(",") if pair.strip()]
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    for name, value in fields.items():
        if name in RESERVED or not _FIELD.fullmatch(name) or not _WORD.fullmatch(value) or len(fields) > MAX_FIELDS:
            raise UsageError(
                f"The setting fields takes up to {MAX_FIELDS} NAME=VALUE with commas between, such as "
                f"language=German,exaggeration=0.6, with plain words and numbers, not {name[:40]}={value[:100]!r}."
            )
    return {name: _value(value) for name, value in fields.items()}


def _value(word: str) -> Setting:
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            number = kind(word)
        except ValueError:
            continue
        return number if abs(number) < 1e15 else word  # neither NaN nor infinity passes
    return word


def make_request(recipe: Recipe, text: str, seed: int) -> dict[str, object]:
    """Return the body of the request for a text. Raises UsageError for a recipe that asks for too much."""
    settings = dict(recipe.settings)
    request: dict[str, object] = {"input": text, "response_format": settings.get("format", "wav")}
    if recipe.model:
        request["model"] = check_name("model", recipe.model, slashes=True)
    if recipe.voice:
        request["voice"] = check_name("voice", recipe.voice)
    if settings.get("speed", 1.0) != 1.0:
        request["speed"] = settings["speed"]
    if instructions := str(settings.get("instructions", ""))[:2000]:
        request["instructions"] = instructions
    if settings.get("seeds"):
        request["seed"] = seed
    return request | read_fields(str(settings.get("fields", "")))


def decode(body: bytes, kind: str, asked: str, pcm_rate: int) -> tuple[Pcm, int]:
    """Return samples, shape (samples,), and their rate in Hz. `kind` is the answer's type, `asked` the format.

    `pcm_rate` is the rate of bare samples if the answer does not say it. Raises EngineFault: EMPTY, NONFINITE,
    IMPLAUSIBLE, or DEVICE if the answer is no sound or is cut off.
    """
    if not body:
        raise EngineFault(FaultKind.EMPTY, "the speech server sent no sound")
    if not body.startswith((b"RIFF", b"fLaC", b"OggS")) and (_BARE.match(kind) or asked == "pcm"):
        rate = _BARE_RATE.search(kind)
        return _bare(body), _checked_rate(int(rate[1]) if rate else pcm_rate)
    if not body.startswith((b"RIFF", b"fLaC", b"OggS")) and not _MP3.match(body):
        raise EngineFault(
            FaultKind.DEVICE, f"the speech server sent no {asked}: its answer is {kind[:60] or 'unknown'}"
        )
    try:
        with soundfile.SoundFile(io.BytesIO(_with_length(body))) as file:
            return _read(file), int(file.samplerate)
    except soundfile.LibsndfileError as fault:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound cannot be decoded: {fault}"[:300]) from fault


def _bare(body: bytes) -> Pcm:
    if len(body) % 2:
        raise EngineFault(FaultKind.DEVICE, "the speech server's sound is cut off in the middle of a sample")
    return np.frombuffer(body, "<i2").astype(np.int16)


def _read(file: soundfile.SoundFile) -> Pcm:
    rate = _checked_rate(file.samplerate)
    if file.channels > MAX_CHANNELS:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound has {file.channels} channels")
    exact = file.channels == 1 and file.subtype == "PCM_16"
    most = round(MAX_SOUND_S * rate)
    samples = file.read(most + 1, dtype="int16" if exact else "float32", always_2d=True)
    if len(samples) > most:
        raise EngineFault(FaultKind.IMPLAUSIBLE, f"the speech server sent over {MAX_SOUND_S / 60:.0f} min of sound")
    if exact:
        pcm: Pcm = samples[:, 0].copy()
        return pcm
    return from_floats(samples.mean(axis=1, dtype=np.float32))


def _checked_rate(rate: int) -> int:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise EngineFault(FaultKind.DEVICE, f"the speech server's sound has {rate} Hz, not {MIN_RATE} to {MAX_RATE}")
    return rate


def _with_length(body: bytes) -> bytes:
    """Return a WAV file whose length of 0 is replaced by that of its samples; other files are returned as they are.

    Raises EngineFault(DEVICE) for a WAV file that says that it is longer.
    """
    at = 12
    while body.startswith(b"RIFF") and at + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, at)
        here = len(body) - at - 8
        if name == b"data" and here < size < PLACEHOLDER:
            raise EngineFault(FaultKind.DEVICE, f"the speech server's sound is cut off: {here:,} bytes of {size:,}")
        if name == b"data":
            return body if size else body[: at + 4] + struct.pack("<I", here) + body[at + 8 :]
        at += 8 + size + size % 2
    return body


TRIAL_TEXT = "1, 2, 3."  # any language reads digits
FIRST_S = 300.0  # the server may have to load its model before a first text
LEAST_S = 15.0  # a coordinator waits 20 s at least, and 4 times as long as usual
USUAL_FACTOR = 3.0
_KEEP = 0.85  # weight of the past in the speed, as leases weigh it

_tried: set[tuple[str, Recipe]] = set()  # recipes that the server has spoken with in this process
_trying = threading.Lock()


class ServerVoice:
    """A voice of a server. It gives up on a text before its coordinator would."""

    def __init__(self, server: SpeechServer, recipe: Recipe) -> None:
        self.sample_rate = 24_000  # Hz, until the first answer
        self._server, self._recipe = server, recipe
        self._characters = self._spent_s = 0.0

    def speak(self, text: str, seed: int) -> Pcm:
        """Have the server speak one segment. Raises EngineFault; a fault of the server is none of the text."""
        settings = dict(self._recipe.settings)
        asked = str(settings.get("format", "wav"))
        began_s = time.monotonic()
        try:
            answer = self._server.speech(make_request(self._recipe, text, seed), self._budget_s(text))
        except ServerFault as fault:
            if fault.kind is not FaultKind.ERROR:
                _tried.discard((self._server.url, self._recipe))  # it has to prove itself before the next text
            raise
        pcm, self.sample_rate = decode(answer.body, answer.kind, asked, int(settings.get("pcm_rate", 24_000)))
        self._characters = self._characters * _KEEP + len(text)
        self._spent_s = self._spent_s * _KEEP + time.monotonic() - began_s
        return pcm

    def _budget_s(self, text: str) -> float:
        """Return the seconds that a text may take: several times as long as texts of its length usually do."""
        if not self._characters:
            return FIRST_S
        return max(LEAST_S, USUAL_FACTOR * len(text) * self._spent_s / self._characters)


def open_server() -> SpeechServer:
    """Return this machine's speech server. Raises EngineFault(UNAVAILABLE) if it has none."""
    try:
        url = server_url()
        if url:
            return SpeechServer(url, server_key())
    except SwarmError as fault:
        raise unavailable(str(fault)) from fault
    raise unavailable(f"This machine has no speech server: name one with {OPTION} URL.")


def open_voice(recipe: Recipe) -> ServerVoice:
    """Return a voice once the server has spoken a few words with it, which also loads its model.

    Raises EngineFault: UNAVAILABLE if the server will not speak with this recipe, MEMORY or DEVICE if it cannot now.
    """
    server = open_server()
    try:
        make_request(recipe, TRIAL_TEXT, 1)
    except UsageError as fault:
        raise unavailable(str(fault)) from fault
    voice = ServerVoice(server, recipe)
    with _trying:
        if (server.url, recipe) not in _tried:
            _try(ServerVoice(server, recipe))
            _tried.add((server.url, recipe))
    return voice


def _try(voice: ServerVoice) -> None:
    try:
        voice.speak(TRIAL_TEXT, 1)
    except ServerFault as fault:
        if fault.passing or fault.kind is FaultKind.MEMORY:
            raise
        raise unavailable(str(fault)) from fault
    except EngineFault as fault:
        raise unavailable(str(fault)) from fault
