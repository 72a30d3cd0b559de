import io
import re

import pytest
from msgspec import structs
from patience import noted_calls
from rich.console import Console
from watch_replies import replies, worker

from swarm.lease.message import SlotStatus, StatusReply
from swarm.watch.live_progress import LiveProgress, drawing
from swarm.watch.view import Viewer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(reply: StatusReply, width: int, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(drawing(Viewer().make_view(reply), width, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_everything_fits_its_width_on_one_row_each() -> None:
    for width in [40, 80, 200]:
        reply = replies(
            14, title="The Long " * 40, workers=(worker("a-machine-with-a-very-long-name" * 4), worker("b"))
        )
        picture = drawn(reply, width)
        assert max(map(len, picture)) <= width - len("^C^C")
        assert len(picture) == 1 + 2 + 1 + 2, width  # book, chapters, figures, workers
        assert "46 %" in picture[0], width
        assert "40 %" in picture[2], width
        assert "12x" in picture[-1], width


def test_where_nothing_was_drawn_nothing_is_left_on_the_terminal() -> None:
    stream = Terminal()
    progress = LiveProgress(stream)
    progress.end_progress()
    assert stream.getvalue() == ""
    progress = LiveProgress(stream)
    progress.end_progress("a last word")
    assert stream.getvalue() == "a last word\n"


def test_many_workers_and_chapters_fit_the_height() -> None:
    workers = tuple(worker(f"w{n}", SlotStatus(0, "speaking", "moby", n, 1, 9, 400.0, 10.0)) for n in range(64))
    picture = drawn(replies(14, chapters=100, workers=workers), 80)
    assert len(picture) <= 24
    assert picture[-1].startswith("and 52 more workers, 640x together")


def test_the_time_left_comes_first_and_speeds_want_room() -> None:
    for width, line in [
        (80, "about 4 min left, 14 of 30 sentences, 12x real time"),
        (59, "about 4 min left, 14 of 30 sentences"),
    ]:
        assert drawn(replies(14, eta_s=240.0), width)[-2].rstrip() == line


def test_no_time_left_is_drawn_while_the_audiobook_is_written() -> None:
    reply = replies(30, state="writing", eta_s=0.0, workers=(worker("a", SlotStatus(0, "idle")),))
    assert drawn(reply, 80)[1].rstrip() == "30 of 30 sentences, writing the audiobook"
    (job,) = reply.jobs
    reply = structs.replace(reply, jobs=(structs.replace(job, note="63 % encoded"),))
    assert drawn(reply, 80)[1].rstrip() == "30 of 30 sentences, writing the audiobook, 63 % encoded"


def test_titles_are_not_taken_for_markup() -> None:
    assert "[bold]Emma[/bold] :smile:" in drawn(replies(3, title="[bold]Emma[/bold] :smile:"), 80)[0]


def test_only_changes_are_drawn_and_notes_stand_above(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    progress = LiveProgress(stream)
    progress.update(replies(14))
    once = stream.tell()
    for _ in range(50):
        progress.update(replies(14))
    assert stream.tell() == once
    progress.note("tower joined")
    progress.update(replies(15))
    progress.end_progress()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert plain.index("tower joined") < plain.rindex("15 of 30 sentences")
    assert stream.getvalue().endswith("\x1b[?25h")  # the cursor is back


def test_a_swarm_of_64_on_a_terminal_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound the work of a drawing: 3.5 ms when this was written, and four a second are a hundredth of a core."""
    monkeypatch.setenv("TERM", "xterm")
    workers = tuple(worker(f"w{n}", *[SlotStatus(s, "speaking", "moby", n % 50) for s in range(2)]) for n in range(64))
    shots = [replies(n, chapters=100, workers=workers, elapsed_s=n / 5) for n in range(40)]
    stream = Terminal()
    progress = LiveProgress(stream)
    with noted_calls() as calls:
        for shot in shots:
            progress.update(shot)
    progress.end_progress()
    assert len(stream.getvalue()) > 1000 * len(shots)
    assert len(calls) / len(shots) < 300_000  # 77,000 were counted


def test_a_terminal_that_was_closed_does_not_stop_the_book() -> None:
    """Check that no call raises, though all writes to a closed stream do."""
    stream = io.StringIO()
    progress = LiveProgress(stream)
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        stream.write("anything")
    progress.note("hello")
    progress.update(replies(14))
    progress.end_progress()
