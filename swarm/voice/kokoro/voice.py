"""A voice of Kokoro, or a blend of some, run by ONNX Runtime, and the letters that its model was trained on.

English is written in them by hibari's dictionary, most languages by espeak-ng, some by packages of their own."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from swarm.book.model.engine_text import Phonemes, split_at_phonemes
from swarm.errors import UsageError
from swarm.job.spec import Recipe
from swarm.voice.engine import SpokenLine, TimedSound, TimedSpeech, from_floats, unavailable
from swarm.voice.espeak.clauses import TIE, Sound, cut, joined, sounds_of, word_places
from swarm.voice.ipa import DELETE_JOINTS, pairs
from swarm.voice.kokoro.voices import ESPEAK, INT8, PACKAGES, is_british, read_blend, read_style, read_weights
from swarm.voice.model_download import models_folder
from swarm.voice.onnx_session import open_session, quickest

if TYPE_CHECKING:
    import onnxruntime

    from swarm.voice.kokoro.voices import Style


# The number of each letter. Those that are left out mean nothing to the model.
_NUMBERED = (
    (1, ";:,.!?"),
    (9, '—…"()“” \u0303ʣʥʦʨᵝꭧAI'),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
)
LETTERS = {letter: first + place for first, letters in _NUMBERED for place, letter in enumerate(letters)}

# Sounds that are one letter for the model though IPA writes two. espeak ties them, books do not.
_ONE_SOUND = pairs(
    "aɪ=I aʊ=W dz=ʣ dʒ=ʤ eɪ=A oʊ=O əʊ=Q ss=S ts=ʦ tʃ=ʧ ɔɪ=Y tɕ=ʨ dʑ=ʥ"
)  # fmt: skip
_TIED = {f"{sound[0]}{TIE}{sound[1]}": letter for sound, letter in _ONE_SOUND.items()}
_MARKS = str.maketrans({"«": "“", "»": "”", "„": "“", "–": "—", "[": "(", "]": ")", "¿": "", "¡": "", "।": "."})
_WIDE_MARKS = str.maketrans("。，、！？；：", ".,,!?;:")  # Chinese and Japanese have these
_SAME = {"g": "ɡ", "'": "ˈ", "ɝ": "ɜɹ", "ɫ": "l", "ʀ": "ʁ", "ɬ": "l", "ʑ": "ʒ", "ħ": "h", "ɱ": "m"}


def from_espeak(ipa: str) -> str:
    """Write the IPA of espeak-ng, in which letters of one sound are tied, in Kokoro's letters."""
    for sound, letter in _TIED.items():
        ipa = ipa.replace(sound, letter)
    return _known(ipa.replace(TIE, ""))


def from_ipa(ipa: str) -> str:
    """Write the IPA that a book or a user gives for a word in Kokoro's letters."""
    ipa = ipa.translate(DELETE_JOINTS)
    for sound, letter in _ONE_SOUND.items():
        if sound not in ("ss", "dz", "ts"):  # these may be two sounds, and sound alike
            ipa = ipa.replace(sound, letter)
    return _known(ipa)


def from_mark(mark: str) -> str:
    """Return the punctuation mark of the model for one of a text; "" if it has none."""
    return _known(mark.translate(_MARKS).translate(_WIDE_MARKS))


def numbers_of(letters: str) -> list[int]:
    """Return the numbers of letters."""
    return [LETTERS[letter] for letter in letters if letter in LETTERS]


def _known(text: str) -> str:
    """Keep what the model knows. A letter with a mark that it does not know becomes the letter alone."""
    plain = unicodedata.normalize("NFD", text).replace("c\u0327", "ç")
    return "".join(said for letter in plain for said in _SAME.get(letter, letter) if said in LETTERS)


Writer = Callable[[str, Sequence[Phonemes]], list[Sound]]  # sounds in the letters of the model


def writer_for(language: str, *, british: bool = False) -> Writer:
    """Return a function that writes texts of a language. Raises EngineFault(UNAVAILABLE)."""
    if language in ESPEAK:
        return lambda text, phonemes: _by_espeak(ESPEAK[language], text, phonemes)
    if language == "en":
        return _english_writer(british)
    if language not in PACKAGES:
        raise unavailable(f"Kokoro does not speak {language}.")
    needed, module, name = PACKAGES[language]
    try:
        if language == "zh":
            _keep_from_shared_folders()
        translate = getattr(import_module(module), name)()
    except Exception as fault:  # another project's code, which may lack a dictionary or a library
        raise unavailable(f"Kokoro cannot read {language} here: it needs {', '.join(needed)} ({fault}).") from fault
    return lambda text, phonemes: _by_package(translate, text, phonemes)


def _keep_from_shared_folders() -> None:
    """Have jieba keep its dictionary in our own folder: in /tmp, where it would be, others could replace it."""
    jieba = import_module("jieba")
    jieba.setLogLevel("ERROR")
    folder = models_folder() / "jieba"
    folder.mkdir(parents=True, exist_ok=True)
    jieba.dt.tmp_dir = str(folder)


def _by_espeak(identifier: str, text: str, phonemes: Sequence[Phonemes]) -> list[Sound]:
    given = {word.start for word in phonemes}
    found = []
    for sound in sounds_of(identifier, text, phonemes, tie=TIE):
        write = from_mark if sound.mark else from_ipa if sound.start in given else from_espeak
        found.append(Sound(write(sound.ipa), sound.start, sound.end, sound.mark))
    return found


def _english_writer(british: bool) -> Writer:
    from swarm.voice.hibari.voice import english_letters

    translate = english_letters(british=british)
    return lambda text, phonemes: [Sound(translate(text, phonemes), 0, len(text))]


def _by_package(translate: Any, text: str, phonemes: Sequence[Phonemes]) -> list[Sound]:
    found, at = [], 0
    for written, ipa in split_at_phonemes(unicodedata.normalize("NFC", text), phonemes):
        if ipa or written.strip():
            said = from_ipa(ipa) if ipa else translate(written)
            said = said[0] if isinstance(said, tuple) else said
            found.append(Sound(str(said), at, at + len(written)))
        at += len(written)
    return found


SAMPLE_RATE = 24_000
DURATIONS = "/encoder/Clip_output_0"  # the name of a value inside the model
EARLY_STEPS = 2  # a letter is heard so long before its duration begins
MAX_LETTERS = 500  # a longer text is cut into pieces: the model knows 510 places


class KokoroVoice(TimedSpeech):
    """A voice with the language that it speaks."""

    sample_rate = SAMPLE_RATE

    def __init__(self, session: "onnxruntime.InferenceSession", style: "Style", write: Writer, speed: float) -> None:
        self._session, self._style, self._write = session, style, write
        self._speed = np.asarray([speed], np.float32)

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, and tell when its words begin if it is spoken in one piece; the seed changes nothing.

        Raises EngineFault.
        """
        letters, spoken = joined(self._write(line.text.replace("\0", " "), line.phonemes))
        pieces = [piece for piece in cut(letters, MAX_LETTERS) if any(map(str.isalpha, piece))]
        sounds = [self._sound(piece) for piece in pieces]
        if not sounds:
            return TimedSound(np.zeros(0, np.int16), ())
        pcm = from_floats(np.concatenate([wave for wave, _ in sounds]))
        starts = sounds[0][1]
        if pieces != [letters] or not len(starts):
            return TimedSound(pcm, ())
        places = word_places(line.text, spoken)
        return TimedSound(pcm, [(word, int(starts[len(numbers_of(letters[:at]))])) for word, at in places])

    def _sound(self, letters: str) -> tuple["np.typing.NDArray[np.float32]", "np.typing.NDArray[np.float32]"]:
        """Return the samples of a piece, and the first sample of each letter; none if the model does not tell."""
        numbers = numbers_of(letters)
        style = self._style[min(len(numbers), len(self._style)) - 1]
        inputs = {"tokens": np.asarray([[0, *numbers, 0]], np.int64), "style": style[None], "speed": self._speed}
        wave, *durations = (each.reshape(-1) for each in self._session.run(None, inputs))
        if not durations or len(durations[0]) != len(numbers) + 2:
            return wave, np.zeros(0, np.float32)
        # The ends are counted in steps of the model; the silences at both ends have some, too.
        ends = np.cumsum(durations[0], dtype=np.float32)
        step = np.float32(len(wave) / max(1.0, float(ends[-1])))
        return wave, np.maximum(ends[:-1] - EARLY_STEPS, 0) * step


@lru_cache(maxsize=1)
def _session(model: str, device: str) -> "onnxruntime.InferenceSession":
    """Load a model onto a device; the voices of a book's characters share it.

    A GPU is slower than a core with weights in 8 bits, so they stay on the core that feeds it.
    """
    weights = with_durations(read_weights(model))
    device = "cpu" if model == INT8 else device
    if model == INT8 and isinstance(weights, bytes):
        weights = quickest(weights)
    return open_session(weights, device, "Kokoro")


def with_durations(weights: bytes | Path) -> bytes | Path:
    """Return a model that also tells the duration of each letter, if it is the one that is known to compute them."""
    from onnx import GraphProto, ModelProto, ValueInfoProto

    content = weights.read_bytes() if isinstance(weights, Path) and weights.is_file() else weights
    if isinstance(content, Path) or DURATIONS.encode() not in content:
        return weights
    # Messages of this format are joined by writing one behind the other.
    more = ModelProto(graph=GraphProto(output=[ValueInfoProto(name=DURATIONS)]))
    return content + bytes(more.SerializeToString())


def open_voice(recipe: Recipe, device: str) -> KokoroVoice:
    """Load the model of a recipe onto a device. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    model = recipe.model or INT8
    try:
        blend = read_blend(recipe.voice)
    except UsageError as fault:
        raise unavailable(str(fault)) from fault
    styles = [share * read_style(model, voice) for voice, share in blend.items()]
    if len({style.shape for style in styles}) > 1:
        raise unavailable(f"Kokoro's voices {recipe.voice} cannot be blended.")
    write = writer_for(recipe.language, british=is_british(next(iter(blend))))
    session = _session(model, device)
    speed = float(dict(recipe.settings).get("speed", 1.0))
    return KokoroVoice(session, np.sum(styles, axis=0, dtype=np.float32), write, speed)
