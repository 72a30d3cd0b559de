"""Commands of the program that the page runs."""

import json
import sys
from pathlib import Path

import pytest

from swarm.coordinator.prepare import CONVERTING_BYTES, READING_BYTES
from swarm.errors import UsageError
from swarm.server.page import cli_process as room
from swarm.server.page.advice import read_answer
from swarm.server.page.cli_process import CliProcesses


async def test_a_book_and_voices_are_told_as_the_page_reads_them(tmp_path: Path) -> None:
    run = CliProcesses(tmp_path)
    book = tmp_path / "--help.txt"
    book.write_text("Some words of a short book.\n\nAnd some more.\n" * 9)
    contents = read_answer(await run(["inspect", "--json", "--", str(book)], tmp_path))
    assert (contents["language"], len(contents["chapters"]), contents["totals"]["words"] > 50) == ("en", 1, True)
    voices = read_answer(await run(["voices", "--json", "--language=en"], tmp_path))["engines"]
    assert "heart" in [voice["name"] for engine in voices if engine["default"] for voice in engine["voices"]]


async def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        await CliProcesses(tmp_path)(["inspect", "--json", "--", str(tmp_path / "nowhere.epub")], tmp_path)


async def test_a_command_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE_S", 0.01)
    monkeypatch.setattr(room, "COMMAND", "import time; time.sleep(600)")
    with pytest.raises(UsageError, match="took longer"):
        await CliProcesses(tmp_path)(["inspect"], tmp_path)


async def test_only_the_last_sentence_of_a_complaint_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "a line\ne2a-swarm: the first\nmore\ne2a-swarm: the second one,\n  on two lines"
    monkeypatch.setattr(room, "COMMAND", f"import sys; sys.stderr.write({json.dumps(said)}); sys.exit(1)")
    with pytest.raises(UsageError, match=r"^the second one,   on two lines$"):
        await CliProcesses(tmp_path)(["inspect"], tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds to such a limit")
async def test_a_book_is_inspected_within_the_memory_that_a_strangers_book_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(room, "COMMAND", "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[0])")
    run = CliProcesses(tmp_path)
    told = [int(await run(words, tmp_path)) for words in (["inspect", "a.epub"], ["inspect", "a.mobi"], ["voices"])]
    assert told == [READING_BYTES, CONVERTING_BYTES, resource.getrlimit(resource.RLIMIT_AS)[0]]
    monkeypatch.setattr(room, "COMMAND", "x = bytes(3 << 30)")
    with pytest.raises(UsageError, match=r"a\.epub is refused: it takes more memory"):
        await run(["inspect", "a.epub"], tmp_path)
