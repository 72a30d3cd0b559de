import io
import json

import pytest
from watch_replies import replies, worker

from swarm.lease.message import SlotStatus
from swarm.watch.live_progress import LiveProgress
from swarm.watch.progress import JsonProgress, PlainProgress, QuietProgress, make_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise BrokenPipeError


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_the_form_fits_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(make_progress(stream=io.StringIO()), PlainProgress)
    live = make_progress(stream=Terminal())
    assert isinstance(live, LiveProgress)
    live.end_progress()
    assert isinstance(make_progress("json", Terminal()), JsonProgress)
    assert isinstance(make_progress("quiet"), QuietProgress)


@pytest.mark.parametrize("kind", ["dumb", "unknown", "DUMB"])
def test_a_terminal_that_cannot_be_drawn_on_gets_plain_lines(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", kind)
    assert isinstance(make_progress(stream=Terminal()), PlainProgress)


def test_one_line_a_chapter_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    progress = make_progress("plain", stream)
    for accepted in range(31):
        progress.update(replies(accepted, elapsed_s=accepted * 0.5, eta_s=15 - accepted * 0.5))
    progress.update(replies(30, state="writing", elapsed_s=16))
    progress.update(replies(30, state="finished", elapsed_s=17))
    chapters = [line.partition(" (")[0] for line in lines(stream) if line.startswith("chapter")]
    assert lines(stream)[0] == "Moby Dick: 3 chapters, 30 sentences"
    assert chapters == [f"chapter {n} of 3 is spoken: Part {n}" for n in (1, 2, 3)]
    assert lines(stream)[-2:] == ["99 %, writing the audiobook, less than a minute left", "100 %, finished"]
    assert not any("100 %" in line for line in lines(stream)[:-1])


def test_a_long_chapter_gets_a_line_now_and_then_and_a_hung_one_is_not_forgotten() -> None:
    stream = io.StringIO()
    progress = make_progress("plain", stream)
    for tick in range(3600):  # an hour of 300 sentences
        progress.update(replies(tick // 12, chapters=100, elapsed_s=float(tick)))
    assert 12 <= len(lines(stream)) <= 3600 / 30 + 30 + 2
    before = len(lines(stream))
    for tick in range(3600):
        progress.update(replies(300, chapters=100, elapsed_s=3600.0 + tick))
    assert 10 <= len(lines(stream)) - before <= 13


def test_a_resumed_book_says_what_is_there_in_one_line() -> None:
    stream = io.StringIO()
    make_progress("plain", stream).update(replies(24))
    assert lines(stream) == ["Moby Dick: 3 chapters, 30 sentences; 24 spoken already, 2 chapters complete"]


def test_no_chapter_is_called_complete_where_none_is() -> None:
    stream = io.StringIO()
    make_progress("plain", stream).update(replies(4))
    assert lines(stream) == ["Moby Dick: 3 chapters, 30 sentences; 4 spoken already"]


def test_a_machine_alone_is_not_counted() -> None:
    for names, speed in [("a", "12x"), ("ab", "2 workers at 25x")]:
        stream = io.StringIO()
        progress = make_progress("plain", stream)
        for accepted in (0, 10):
            progress.update(replies(accepted, workers=tuple(map(worker, names))))
        assert lines(stream)[-1] == f"chapter 1 of 3 is spoken: Part 1 (33 %, {speed} real time, about 2 min left)"


def test_what_holds_a_job_up_is_said_once() -> None:
    stream = io.StringIO()
    progress = make_progress("plain", stream)
    for elapsed_s in range(20):
        progress.update(replies(0, state="waiting", elapsed_s=elapsed_s, note="waiting for 2 more workers"))
    assert lines(stream) == ["Moby Dick: 3 chapters, 30 sentences; waiting for 2 more workers"]


def test_json_is_one_object_a_line() -> None:
    stream = io.StringIO()
    progress = make_progress("json", stream)
    progress.note("e2a-swarm join e2a-1234")
    for accepted in range(31):
        progress.update(replies(accepted, elapsed_s=accepted))
    progress.update(replies(30, state="finished"))
    objects = [json.loads(line) for line in lines(stream)]
    assert objects[0] == {"type": "note", "text": "e2a-swarm join e2a-1234"}
    assert {each["type"] for each in objects[1:]} == {"StatusReply"}
    assert objects[-1]["jobs"][0]["state"] == "finished"
    assert len(objects) < 15


def test_quiet_shows_nothing_but_the_end() -> None:
    stream = io.StringIO()
    progress = make_progress("quiet", stream)
    progress.note("hello")
    progress.update(replies(3))
    progress.end_progress("Moby Dick.m4b")
    progress.end_progress()
    assert lines(stream) == ["Moby Dick.m4b"]


def test_the_end_is_shown_once_and_as_it_is() -> None:
    for mode in ["live", "plain"]:
        stream = io.StringIO()
        progress = make_progress(mode, stream)
        progress.update(replies(3))
        path = "/audiobooks/Moby Dick, or the Whale" * 8 + ".m4b"  # longer than a terminal is wide
        progress.end_progress(path)
        progress.end_progress()
        assert stream.getvalue().count(path) == 1, mode


def test_a_reader_that_goes_away_does_not_stop_the_book() -> None:
    for mode in ["plain", "json"]:
        stream = Gone()
        progress = make_progress(mode, stream)
        for accepted in range(30):
            progress.update(replies(accepted, elapsed_s=60.0 * accepted))
        progress.note("still here")
        progress.end_progress()
        assert stream.tries == 1, mode


def test_no_note_or_last_line_steers_the_terminal() -> None:
    for mode in ["plain", "quiet", "live"]:
        stream = Terminal()
        progress = make_progress(mode, stream)
        for ill in ("\x1b[2J", "\x9b31m", "\x07", "\r"):
            progress.note(f"serving attic{ill}!")
            progress.end_progress(f"the coordinator{ill} ended")
        assert not set(stream.getvalue()) & {"\x1b", "\x9b", "\x07", "\r"}, mode
        assert "ended" in stream.getvalue(), mode


def test_a_download_gets_a_line_for_each_tenth_of_it() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream)
    for percent in range(35, 62):
        progress.update(replies(note=f"downloading XTTS v2, {percent} %", elapsed_s=0.0))
    assert [line.rpartition(", ")[2] for line in stream.getvalue().splitlines()[1:]] == ["40 %", "50 %", "60 %"]


def test_who_only_looks_on_is_not_counted_as_speaking() -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.update(replies(0))
    workers = (worker("tower"), worker("attic"), worker("old", SlotStatus(0, "idle"), note="coqui: not here"))
    progress.update(replies(3, workers=workers))
    assert "2 workers at 25x real time" in stream.getvalue()


def test_no_chapter_of_a_book_that_left_is_kept() -> None:
    """Forget a book that left: a queue has thousands, which all pass here."""
    for mode in ["plain", "json"]:
        progress = make_progress(mode, io.StringIO())
        reply = replies(3)
        progress.update(reply)
        assert isinstance(progress, PlainProgress | JsonProgress), mode
        assert reply.jobs[0].chapters and not any(job.chapters for job in progress._pace._said.values()), mode
