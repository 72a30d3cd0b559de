"""The speech recogniser of `--verify`: whether it is here, how it is loaded, and how what it hears is compared.

Its faults are none of the voice."""

import hashlib
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from swarm.book.model.language_code import language_name
from swarm.config import ENV_OFFLINE, ENV_VERIFY, ENV_VERIFY_SAMPLE, may_download
from swarm.errors import EnvironmentFault
from swarm.system.machine import extra_line
from swarm.voice.engine import Check, EngineFault, FaultKind, Pcm, device_fault, unavailable
from swarm.voice.environment import environments_folder
from swarm.voice.host.clip_check import Judgement

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16_000  # sample rate in Hz that the recogniser expects
# What is forgiven of a voice that is heard well, and at most; a robotic voice is misheard in every second sentence.
WRONG = 0.2, 0.35  # share of letters that differ, since names and numbers are spelled in many ways
WRONG_AT_END = 2, 7  # letters that are missing or added at an end; of a natural voice none ever are
WRONG_INSIDE = 4, 12  # letters in a row that are missing or added elsewhere; of a natural voice 2 at most
LOST = 2, 8  # letters of words in a row that are not heard at all; of a natural voice a single one ever is
CLIPS_BEFORE_TRUST = 8  # clips of a voice that tell how well it is heard
MAX_HEARD = 100  # latest clips of a voice by which the next one is judged
MIN_LETTERS = 12  # the recogniser guesses shorter texts rather than hearing them

_USUAL = 0.95  # share of clips that are heard at least as well as is usual
_UNUSUAL = 1.5  # times what is usual
_HEARD_LETTERS = 4  # letters in a row that are heard as they are said: fewer may be chance
_CHINESE = ("zh", "yue")
SAMPLE = 10  # `--verify sample` listens to one sentence of so many
MORE_AFTER = 20  # sentences after a doubtful one that are listened to all the same
_DIGIT_LETTERS = 8  # a digit may stand for so many letters: "7" for "seventy"
_DIGIT = regex.compile(r"\p{N}")
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")
_BETWEEN_WORDS = regex.compile(r"[\s\p{Pd}]+")


class Verifier:
    """A recogniser that listens to clips in one language, all of them or a sample."""

    def __init__(self, model: Any, language: str, *, sample: bool = False) -> None:
        self._model, self._language = model, language
        self._fold = _simplified() if language in _CHINESE else str
        self._sample = sample
        self._hearing = Hearing()
        self._more = 0  # sentences that are listened to although they are not in the sample

    def judge(self, text: str, sound: Pcm, sample_rate: int) -> Judgement:
        """Judge whether a sound says a text: all of it, and nothing else. A text that is too short passes.

        Raises EngineFault if the device fails the recogniser.
        """
        if len(_letters(text)) < MIN_LETTERS or not self._is_chosen(text):
            return Judgement("", 0.0)
        try:
            heard = self.heard(sound, sample_rate)
        except Exception as fault:  # a recogniser is third-party code and may raise anything
            return _not_heard(fault)
        judged = self._hearing.judge(compare(self._fold(text), self._fold(heard)))
        if judged.doubt:
            self._more = MORE_AFTER
        return judged

    def _is_chosen(self, text: str) -> bool:
        if not self._sample or in_sample(text):
            return True
        self._more -= self._more > 0
        return self._more > 0

    def heard(self, sound: Pcm, sample_rate: int) -> str:
        """Return the words that the recogniser hears."""
        pieces, _ = self._model.transcribe(
            _resampled(sound, sample_rate), language=self._language, beam_size=1, condition_on_previous_text=False
        )
        return " ".join(piece.text.strip() for piece in pieces)


def in_sample(text: str) -> bool:
    """Tell whether a text is in the sample, which is the same on every machine and for every take."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % SAMPLE == 0


def _not_heard(fault: Exception) -> Judgement:
    """Return a doubt that blames the recogniser. Raises EngineFault for a fault of the device."""
    words = f"the recogniser of --verify failed ({type(fault).__name__}: {str(fault)[:200]})"
    if kind := device_fault(fault):
        raise EngineFault(kind, words) from fault
    return Judgement(f"not listened to: {words}", 0.0)


@cache
def _simplified() -> Callable[[str], str]:
    """Return a function that writes Chinese in simplified characters, since a recogniser may write either kind."""
    try:
        import opencc
    except ImportError:
        return str
    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


@dataclass(frozen=True)
class Misheard:
    """How what is heard differs from what was said. Letters are too many, or too few if they are below 0."""

    wrong: float  # share of all letters
    beginning: int
    inside: int  # the worst place
    end: int
    lost: int = 0  # letters of the words in a row that are not heard at all, at the worst place


class Tolerance:
    """How much may be wrong with a clip of a voice, by what was wrong with its earlier ones."""

    def __init__(self, least: float, most: float) -> None:
        self._least, self._most = least, most
        self._seen: deque[float] = deque(maxlen=MAX_HEARD)

    @property
    def value(self) -> float:
        """What may be wrong now."""
        if len(self._seen) < CLIPS_BEFORE_TRUST:
            return self._most
        usual = sorted(self._seen)[int(len(self._seen) * _USUAL)]
        return max(self._least, min(self._most, _UNUSUAL * usual))

    @property
    def is_least(self) -> bool:
        """Whether the voice is known to be heard so well that nothing more is forgiven than the least."""
        return self.value == self._least

    def learn(self, wrong: float) -> None:
        """Take in what was wrong with a clip that was good enough."""
        self._seen.append(wrong)


class Hearing:
    """The judge of what is heard of one voice: by its letters on the whole, at both of its ends, and in between."""

    def __init__(self) -> None:
        self._wrong, self._at_end, self._inside = Tolerance(*WRONG), Tolerance(*WRONG_AT_END), Tolerance(*WRONG_INSIDE)

    def judge(self, heard: Misheard) -> Judgement:
        """Judge whether a text was said, and learn from it how well the voice is heard."""
        at_end = self._at_end.value
        doubts = [
            (heard.wrong / self._wrong.value, f"{heard.wrong:.0%} of it is heard as something else"),
            (abs(heard.beginning) / at_end, _counted(heard.beginning, "at its beginning")),
            (abs(heard.inside) / self._inside.value, _counted(heard.inside, "inside")),
            (abs(heard.end) / at_end, _counted(heard.end, "at its end")),
        ]
        lost = heard.lost / LOST[not self._wrong.is_least], f"whole words of {heard.lost} letters are not heard"
        said = [words for badness, words in doubts if badness > 1]
        doubt = "; ".join(said or ([lost[1]] if lost[0] > 1 else []))  # their letters are counted above as well
        if not doubt:
            self._wrong.learn(heard.wrong)
            self._at_end.learn(max(abs(heard.beginning), abs(heard.end)))
            self._inside.learn(abs(heard.inside))
        return Judgement(doubt, max(*doubts, lost)[0])


def _counted(letters: int, place: str) -> str:
    return f"{abs(letters)} letters {'too many are' if letters > 0 else 'are not'} heard {place}"


def compare(said: str, heard: str) -> Misheard:
    """Return how what is heard differs from what was said.

    A gap with digits may differ by more letters, since a recogniser writes "1794" for many.
    """
    from rapidfuzz.distance import Levenshtein

    one, other = _letters(said), _letters(heard)
    gaps = _gaps(one, other)
    wrong = sum(max(0, Levenshtein.distance(*gap) - _excused(gap)) for gap in gaps) / max(1, len(one), len(other))
    # A lost sentence may be a small share of a long text, so the worst place counts as well.
    inside = max(map(_excess, gaps[1:-1]), key=abs, default=0)
    return Misheard(wrong, _excess(gaps[0]), inside, _excess(gaps[-1]), _lost(said, other))


def _lost(said: str, heard: str) -> int:
    """Return the letters of the words in a row that are not heard at all, at the worst place.

    A misheard word keeps some of its letters, while a lost one has none. Beside digits nothing counts as lost.
    """
    words = [_letters(word) for word in _BETWEEN_WORDS.split(said)]
    unheard = _unheard("".join(words), heard)
    worst = row = at = 0
    for word in words:
        row = row + len(word) if unheard.issuperset(range(at, at + len(word))) else 0
        worst, at = max(worst, row), at + len(word)
    return worst


def _unheard(said: str, heard: str) -> set[int]:
    """Return the places of the letters that are said and have none in their stead in what is heard."""
    from rapidfuzz.distance import Levenshtein

    found: set[int] = set()
    for is_equal, group in groupby(Levenshtein.opcodes(said, heard), lambda each: each.tag == "equal"):
        differing = list(group)
        gap = (
            said[differing[0].src_start : differing[-1].src_end],
            heard[differing[0].dest_start : differing[-1].dest_end],
        )
        if not is_equal and not _excused(gap):
            found.update(*(range(each.src_start, each.src_end) for each in differing if each.tag == "delete"))
    return found


def _excess(gap: tuple[str, str]) -> int:
    """Return how many letters too many are heard in a gap, or below 0 how many too few."""
    more = len(gap[1]) - len(gap[0])
    excess = max(0, abs(more) - _excused(gap))
    return excess if more > 0 else -excess


def _excused(gap: tuple[str, str]) -> int:
    """Return how many letters the digits of a gap may stand for."""
    return _DIGIT_LETTERS * len(_DIGIT.findall("".join(gap)))


def _gaps(said: str, heard: str) -> list[tuple[str, str]]:
    """Return what is said and what is heard between stretches that are heard as they are said, and at both ends."""
    from rapidfuzz.distance import Levenshtein

    gaps, said_to, heard_to = [], 0, 0
    for block in Levenshtein.opcodes(said, heard).as_matching_blocks():
        if block.size >= _HEARD_LETTERS:
            gaps.append((said[said_to : block.a], heard[heard_to : block.b]))
            said_to, heard_to = block.a + block.size, block.b + block.size
    return [*gaps, (said[said_to:], heard[heard_to:])]


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


def _resampled(sound: Pcm, sample_rate: int) -> "NDArray[np.float32]":
    """Resample a sound to the recogniser's rate by linear interpolation, which is good enough to recognise words."""
    times_s = np.arange(len(sound) * RATE // sample_rate) / RATE
    wave = np.interp(times_s, np.arange(len(sound)) / sample_rate, sound.astype(np.float32))
    return (wave / 32768).astype(np.float32)


USUAL = "base"  # a model of faster-whisper
PROOF_S = 1800.0  # for the first load, which downloads the model
PROVE = (sys.executable, "-P", "-m", "swarm.voice.host.recogniser")

_PACKAGES = ("faster_whisper", "rapidfuzz")
_CODES = {"nb": "no", "fil": "tl", "jv": "jw"}  # languages for which the recogniser has its own codes


def recogniser_name() -> str:
    """Return the recogniser that --verify uses: a model of faster-whisper, or a folder."""
    return os.environ.get(ENV_VERIFY, "") or USUAL


def is_installed() -> bool:
    """Return whether the packages of the recogniser are installed."""
    return all(find_spec(package) for package in _PACKAGES)


def check_installed() -> None:
    """Raise EnvironmentFault if no recogniser is installed."""
    if not is_installed():
        line = extra_line("verify")
        raise EnvironmentFault(f"--verify needs a speech recogniser, which is not installed here: {line}")


def check_verify() -> None:
    """Load the recogniser once, in a process of its own, before anything is spoken. Raises EnvironmentFault."""
    check_installed()
    if fault := prove():
        raise EnvironmentFault(
            f"{fault} The voice is not concerned: leave out --verify to speak unheard, or name a folder with a model "
            f"of faster-whisper in {ENV_VERIFY}."
        )


def prove(*, offline: bool = False) -> str:
    """Return why the recogniser does not load on this machine's CPU; "" if it does. May take minutes to download it."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    env = {**os.environ, "PYTHONPATH": path, ENV_VERIFY: recogniser_name()} | ({ENV_OFFLINE: "1"} if offline else {})
    try:
        done = subprocess.run(
            PROVE, capture_output=True, timeout=PROOF_S, check=True, env=env, stdin=subprocess.DEVNULL
        )
        return str(json.loads(done.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as fault:
        return f"The recogniser {recogniser_name()} of --verify does not load: {fault}."[:500]


def check_recogniser() -> Check:
    """Check whether --verify can be used here, without downloading anything."""
    if not is_installed():
        return Check("recogniser", "-", f"not installed; {extra_line('verify')} brings one for --verify")
    if not (fault := prove(offline=True)):
        return Check("recogniser", "ok", f"{recogniser_name()} is here: --verify can listen")
    if "is not on this machine" in fault and may_download():
        return Check("recogniser", "ok", f"{recogniser_name()} is not here yet: the first --verify downloads it")
    return Check("recogniser", "warn", fault, f"reinstall it, {extra_line('verify')}, or leave out --verify.")


def find_verifier(language: str, device: str) -> Verifier | None:
    """Load a recogniser on a slot's device; return None without --verify, or if it does not know the language.

    Raises EngineFault: UNAVAILABLE, or MEMORY or DEVICE if the device cannot for now.
    """
    name = os.environ.get(ENV_VERIFY, "")
    if not name:
        return None
    found = make_verifier(name, language, device, sample=bool(os.environ.get(ENV_VERIFY_SAMPLE)))
    if found is None:
        print(f"The recogniser {name} does not know {language_name(language)}: clips are not verified.")  # noqa: T201
    return found


def make_verifier(name: str, language: str, device: str, *, sample: bool = False, threads: int = 1) -> Verifier | None:
    """Load a recogniser by its name; return None if it does not know the language. Raises EngineFault."""
    model = load_model(name, device, threads)
    code = _CODES.get(language, language)
    if code not in model.supported_languages:  # type: ignore[attr-defined]  # it would hear wrong words everywhere
        return None
    return Verifier(model, code, sample=sample)


def _install_line() -> str:
    """Return the command that installs a recogniser where this process runs: an engine may have its own environment."""
    if environments_folder() not in Path(sys.prefix).parents:
        return extra_line("verify")
    return f"e2a-swarm engines install {Path(sys.prefix).parent.name} --recogniser"


def load_model(name: str, device: str, threads: int = 1) -> object:
    """Load a model of faster-whisper by its name or its folder. Raises EngineFault, as `find_verifier` does."""
    kind, _, number = device.partition(":")
    place = {"device": "cuda", "device_index": int(number or 0), "compute_type": "float16"}
    if kind != "cuda":
        place = {"device": "cpu", "compute_type": "int8", "cpu_threads": threads}
    try:
        from faster_whisper import WhisperModel

        return WhisperModel(_path_of(name), **place)
    except FileNotFoundError as fault:
        why = "the hub of Hugging Face is out of reach" if may_download() else "nothing is downloaded (--offline)"
        raise unavailable(f"The recogniser {name} of --verify is not on this machine, and {why}.") from fault
    except Exception as fault:  # a missing package or model, no network, no memory, and others
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200].rstrip('. ')}."
        if isinstance(fault, ImportError):
            why = f"it is not installed beside the engine: {_install_line()}"
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        raise EngineFault(kind, f"The recogniser {name} of --verify does not load: {why}") from fault


def _path_of(name: str) -> str:
    """Return the folder of a model, and download it if need be. Raises FileNotFoundError if that fails, ValueError."""
    from faster_whisper import download_model

    is_folder = "/" in name or os.sep in name  # else a folder of that name in the current one is no model
    return name if is_folder else str(download_model(name, local_files_only=not may_download()))


def _say_fault() -> None:
    """Print as JSON why the recogniser does not load here; "" if it does."""
    words = ""
    try:
        load_model(recogniser_name(), "cpu:0")
    except EngineFault as fault:
        words = str(fault)
    print(json.dumps(words))  # noqa: T201


if __name__ == "__main__":
    _say_fault()
