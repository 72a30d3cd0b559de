"""A queue whose books are spoken by the test itself, sentence by sentence, and heard over real HTTP."""

import hashlib
import io
from pathlib import Path

import av
import numpy as np
import soundfile
from resident_bench import ResidentBench
from web_bench import WebBench

from swarm.audiobook.output_path import note_claim
from swarm.audiobook.sound.clip import Pcm
from swarm.audiobook.sound.frame import with_key
from swarm.job.record import ClipAccepted, JobFinished
from swarm.job.state import JobState, apply

RATE = 24000


def tone(hertz: float, seconds: float = 0.5) -> Pcm:
    """Return a tone that a test tells from others."""
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


class Speaking(ResidentBench):
    """A resident coordinator whose sentences a test speaks."""

    def state_of(self, number: int) -> JobState:
        edition = self.resident.served(self.queue.find_book(number))
        assert edition is not None
        return edition.state

    def speak(self, number: int, chapter: int, index: int, sound: Pcm, doubt: str = "") -> None:
        """Accept a clip of a sentence, as the server does."""
        state = self.state_of(number)
        place = (chapter, index)
        key = state.key(place, state.next_take(place))
        file = io.BytesIO()
        soundfile.write(file, sound, RATE, format="FLAC", subtype="PCM_16")
        frame = with_key(file.getvalue(), key)
        facts = {"samples": sound.size, "sample_rate": RATE, "digest": hashlib.sha256(frame).hexdigest(), "work_s": 0.1}
        record = ClipAccepted(
            chapter,
            index,
            state.next_take(place),
            key,
            len(frame),
            "w1",
            1.0,
            1.5,
            doubt=doubt,
            **facts,  # type: ignore[arg-type]
        )
        self.store.commit([(state.job, record, frame)])
        apply(state, record)

    def write_sound(self, path: Path, seconds: float = 1.0) -> Path:
        """Write an MP3, or AAC in an M4B."""
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".mp3":
            soundfile.write(path, tone(300, seconds), RATE, format="MP3")
            return path
        with av.open(str(path), "w", format="ipod") as file:
            stream = file.add_stream("aac", rate=RATE, layout="mono")
            sound = av.AudioFrame.from_ndarray(tone(300, seconds)[np.newaxis], "s16", "mono")
            sound.sample_rate = RATE
            for packet in (*stream.encode(sound), *stream.encode(None)):
                file.mux(packet)
        return path

    def claim(self, job: str, report: Path) -> None:
        """Have a job know its report."""
        note_claim(self.store.folder(job), str(report))

    def finish(self, number: int, *files: str) -> None:
        """Have a book's audiobook written, as the server does."""
        book = self.queue.find_book(number)
        edition = self.resident.served(book)
        assert edition is not None
        record = JobFinished(2.0, files)
        self.store.commit([(edition.state.job, record, b"")])
        apply(edition.state, record)
        self.resident.ended(edition, None)


class ListenBench(Speaking, WebBench):
    """A resident coordinator with its interface for programs, whose sentences a test speaks."""


def heard(content: bytes) -> Pcm:
    """Return the samples of a WAV file."""
    pcm, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == RATE
    return np.asarray(pcm, np.int16)
