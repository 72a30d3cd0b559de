"""The house rules that a reader of one file cannot see: what is pure, what is mirrored (docs/design.md, section 3)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "swarm").rglob("*.py"))
PURE = [path for path in SOURCES if path.startswith(("swarm/book/", "swarm/lease/"))]

EDGES = {"zmq", "sqlite3", "zeroconf", "asyncio", "threading", "time", "random", "subprocess", "secrets", "uuid"}
EDGES |= {"socket", "multiprocessing", "concurrent", "signal", "select", "ssl", "urllib.request", "http", "importlib"}
DISKS = {"os", "io", "pathlib", "shutil", "tempfile", "zipfile"}  # a book is a file; who speaks what is not
EDGE_PACKAGES = ("swarm.node", "swarm.audio", "swarm.watch", "swarm.commands", "swarm.system.child", "swarm.voice")
PLAIN_VALUES = ("swarm.job.card", "swarm.job.language")

ASKS_FOR_THE_PLATFORM = {
    "swarm/system/child.py": "how a child process dies with its parent; node/ may not be imported by voice/ and audio/",
    "swarm/voice/espeak.py": "how a library is opened privately",
}
# Files without a test file of their own name: where they are tested instead, or why there is nothing to test.
VALUES = "plain values without behaviour"
TESTED_ELSEWHERE = {
    "swarm/errors.py": VALUES,
    "swarm/job/book.py": VALUES,
    "swarm/book/page/passage.py": VALUES,
    "swarm/book/kinds.py": VALUES,
    "swarm/book/page/limits.py": "tests/book/test_hostile.py",
    "swarm/book/structure/composition.py": "tests/book/test_epub.py",
    "swarm/job/reading.py": VALUES,
    "swarm/book/speech/number_words.py": "tests/book/speech/test_number.py",
    "swarm/job/spec.py": VALUES,
    "swarm/lease/message.py": VALUES,
    "swarm/job/record.py": VALUES,
    "swarm/lease/coordinator/outcome.py": VALUES,
    "swarm/job/asset.py": VALUES,
    "swarm/lease/coordinator/settings.py": VALUES,
    "swarm/job/run_stats.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/worker/outcome.py": VALUES,
    "swarm/job/card.py": VALUES,
    "swarm/voice/cards.py": VALUES,
    "swarm/voice/engine.py": VALUES,
    "swarm/voice/espeak_voices.py": VALUES,
    "swarm/voice/coqui/speakers.py": VALUES,
    "swarm/voice/coqui/latents.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/coqui/load.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/coqui/plain.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/coqui/xtts.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/config.py": "tests/commands/test_options.py",
    "swarm/commands/coqui_options.py": "tests/commands/test_options.py",
    "swarm/commands/parser.py": "tests/commands/test_help.py",
    "swarm/commands/output.py": "tests/commands/test_jobs.py",
    "swarm/watch/history.py": "tests/watch/test_report.py",
    "swarm/voice/espeak.py": "tests/voice/test_engines.py",
    "swarm/voice/host/child.py": "tests/voice/host/test_process.py",
    "swarm/voice/pcm.py": "tests/voice/host/test_process.py",
    "swarm/audio/audiobook_child.py": "tests/audio/test_studio.py",
    "swarm/audio/container.py": "tests/audio/test_tagged.py",
    "swarm/audio/mp4.py": "tests/audio/test_audiobook.py",
    "swarm/audio/encoder_child.py": "tests/audio/test_encoder.py",
    "swarm/lease/worker/job_files.py": "tests/lease/worker/test_download.py",
    "swarm/job/state.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/ledger.py": "tests/lease/coordinator/test_ledger.py",
    "swarm/job/recipe.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/roster.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/snapshot.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/speed.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/served_job.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/worker/heartbeat.py": "tests/lease/worker/test_lease_worker.py",
    "swarm/lease/worker/coordinator_link.py": "tests/lease/worker/test_unaccepted.py",
    "swarm/lease/worker/slot.py": "tests/lease/worker/test_lease_worker.py",
    "swarm/commands/convert.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/commands/coordinate.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/commands/work.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/node/convert.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/coordinator/coordinate.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/worker/work.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/edition/edition.py": "tests/coordinator/test_serve.py",
    "swarm/worker/hello.py": "tests/system/test_machine.py",
    "swarm/system/interrupt.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/store/clips.py": "tests/store/test_store.py",
    "swarm/store/job_files.py": "tests/store/test_store.py",
    "swarm/worker/file_thread.py": "tests/stories/test_story_of_assets.py",
    "swarm/coordinator/file_server.py": "tests/coordinator/test_serve.py",
    "swarm/system/disk.py": "tests/store/test_store.py",
    "swarm/store/journal.py": "tests/store/test_store.py",
    "swarm/system/lock.py": "tests/store/test_store.py",
    "swarm/store/usage.py": "tests/commands/test_jobs.py",
    "swarm/system/scratch.py": "tests/store/test_store.py",
    "swarm/store/prune.py": "tests/commands/test_jobs.py",
    "swarm/net/channel.py": "tests/net/test_transport.py",
    "swarm/net/gate.py": "tests/net/test_transport.py",
    "swarm/node/say.py": VALUES,
    "swarm/net/peer_link.py": "tests/net/test_transport.py",
    "swarm/net/wire.py": "tests/net/test_transport.py",
    "swarm/book/address.py": "tests/book/speech/test_address.py",
    "swarm/book/cardinal.py": "tests/book/speech/test_cardinal.py",
    "swarm/book/selection.py": "tests/book/speech/test_selection.py",
    "swarm/lease/hope.py": "tests/lease/coordinator/test_hope.py",
    "swarm/lease/rest.py": "tests/lease/worker/test_rest.py",
    "swarm/node/redo.py": "tests/coordinator/test_redo_records.py",
    "swarm/node/rest_news.py": "tests/worker/test_rest_news.py",
    "swarm/node/transfer.py": "tests/edition/test_transfer.py",
    "swarm/voice/coqui_reason.py": "tests/voice/coqui/test_coqui_reason.py",
}


def imports(path: str) -> Iterator[str]:
    """Every module a file imports, also inside functions."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def impure(path: str) -> list[str]:
    """What a pure file imports and should not."""
    forbidden = EDGES | (DISKS if path.startswith("swarm/lease/") else set())
    return [
        name
        for name in imports(path)
        if {name, name.split(".")[0]} & forbidden or (name.startswith(EDGE_PACKAGES) and name not in PLAIN_VALUES)
    ]


@pytest.mark.parametrize("path", PURE)
def test_a_pure_file_knows_no_edge(path: str) -> None:
    assert impure(path) == []


@pytest.mark.parametrize("path", PURE)
def test_a_pure_file_reads_no_clock_and_opens_no_file_by_other_ways(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & {"open", "print", "input", "__import__", "eval", "exec", "compile"}
    assert not attributes & {"now", "utcnow", "today"} or "datetime" not in set(imports(path))


def test_the_purity_test_sees_what_it_should() -> None:
    assert "zmq" in set(imports("swarm/net/transport.py"))
    assert impure("swarm/net/transport.py")


def mirrors(path: str) -> list[str]:
    """The test files that may stand for a source file."""
    source = Path(path)
    folder = Path("tests", *source.parts[1:-1])
    names = [f"test_{source.stem}.py", f"test_{source.parent.name}_{source.stem}.py"]
    names += [f"test_{source.parents[1].name}_{source.stem}.py"]
    return [(folder / name).as_posix() for name in names]


def test_every_file_has_its_tests_where_one_looks_for_them() -> None:
    sources = {path for path in SOURCES if not path.endswith("__init__.py")}
    bare = {path for path in sources if not any((ROOT / mirror).is_file() for mirror in mirrors(path))}
    assert bare - set(TESTED_ELSEWHERE) == set()
    assert set(TESTED_ELSEWHERE) - sources == set(), "these are gone"


@pytest.mark.parametrize("where", sorted(set(TESTED_ELSEWHERE.values()) - {VALUES}))
def test_the_tests_that_stand_for_others_are_there(where: str) -> None:
    assert (ROOT / where).is_file()


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", SOURCES)
def test_a_file_is_small(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES)
def test_a_function_is_small(path: str) -> None:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert (node.end_lineno or 0) - first.lineno < 40, f"{node.name} in {path}"


def test_what_differs_by_platform_lives_in_one_file() -> None:
    asking = {path for path in SOURCES if "sys.platform" in (ROOT / path).read_text(encoding="utf-8")}
    assert asking - {"swarm/system/platform.py"} == set(ASKS_FOR_THE_PLATFORM)
