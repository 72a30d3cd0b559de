"""Writes a text in Kokoro's letters: English by hibari's dictionary, most languages by espeak-ng, some by packages."""

import unicodedata
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from swarm.job.engine_text import Phonemes, split_at_phonemes
from swarm.voice.download import models_folder
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.espeak.clauses import TIE, Sound, sounds_of
from swarm.voice.kokoro.languages import ESPEAK, PACKAGES
from swarm.voice.kokoro.letters import from_espeak, from_ipa, from_mark

Writer = Callable[[str, Sequence[Phonemes]], list[Sound]]  # sounds in the letters of the model


def writer_for(language: str, *, british: bool = False) -> Writer:
    """Return a function that writes texts of a language. Raises EngineFault(UNAVAILABLE)."""
    if language in ESPEAK:
        return lambda text, phonemes: _by_espeak(ESPEAK[language], text, phonemes)
    if language == "en":
        return _english_writer(british)
    if language not in PACKAGES:
        raise EngineFault(FaultKind.UNAVAILABLE, f"Kokoro does not speak {language}.")
    needed, module, name = PACKAGES[language]
    try:
        if language == "zh":
            _keep_from_shared_folders()
        translate = getattr(import_module(module), name)()
    except Exception as fault:  # another project's code, which may lack a dictionary or a library
        raise EngineFault(
            FaultKind.UNAVAILABLE, f"Kokoro cannot read {language} here: it needs {', '.join(needed)} ({fault})."
        ) from fault
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
