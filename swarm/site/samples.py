"""Samples of voices, each spoken once and kept."""

import hashlib
from pathlib import Path

from starlette.responses import Response

from swarm.errors import UsageError
from swarm.site.errand import Errand

MAX_VOICE = 200  # characters of a name
MAX_SAMPLES = 200  # kept


class VoiceSamples:
    """Has samples spoken, and keeps the latest in a folder."""

    def __init__(self, errand: Errand, folder: Path) -> None:
        self._errand, self._folder = errand, folder / "samples"

    async def of(self, engine: str, voice: str, language: str) -> Response:
        """Return a sentence spoken by a voice, as an answer. Raises UsageError."""
        engine, voice, language = (text[:MAX_VOICE] for text in (engine, voice, language))
        name = hashlib.sha256(f"{engine}\0{voice}\0{language}".encode(errors="replace")).hexdigest()[:24]
        folder = self._folder / name
        found = _sample_in(folder)
        if found is None:
            self._make_room(folder)
            words = [f"--listen={voice}", f"--tts-engine={engine}", *([f"--language={language}"] if language else [])]
            await self._errand(["voices", *words], folder)
            found = _sample_in(folder)
        if found is None:
            raise UsageError("There is no sample of this voice.")
        return Response(found.read_bytes(), media_type="audio/flac")

    def _make_room(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-MAX_SAMPLES]:
            for path in old.iterdir():
                path.unlink(missing_ok=True)
            old.rmdir()


def _sample_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.flac"))), None)
