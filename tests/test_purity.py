"""The house rules that a reader of one file cannot see: what is pure, what is mirrored (docs/design.md, section 3)."""

import ast
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "swarm").rglob("*.py"))
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
PURE_FILES = ("swarm/worker/scale/pilots.py", "swarm/worker/scale/pilots.py")
PURE = [path for path in SOURCES if path.startswith(("swarm/book/", "swarm/lease/", *PURE_FILES))]

# The arrows that a room may have: whose names its files import, besides its own. Nothing else passes, and no circle.
GROUND = {"errors", "system", "job", "config"}
ARROWS = {
    "errors": set(),
    "system": {"errors"},
    "job": {"errors"},
    "config": {"job"},
    "book/language": {"errors"},
    "book/page": {"errors", "job", "book/language"},
    "book/package": {"errors", "job", "book/page"},
    "book/structure": {"errors", "job", "book/language", "book/page", "book/package"},
    "book/speech": {"errors", "job", "book/language", "book/page", "book/package"},
    "book": {"errors", "system", "job", "book/page", "book/package", "book/structure", "book/speech"},
    "audio": {"errors", "system", "job"},
    "lease": {"job"},
    "lease/coordinator": {"job", "lease"},
    "lease/worker": {"config", "job", "lease"},
    "voice": {"errors", "config", "job"},
    "voice/hibari": GROUND | {"voice"},
    "voice/espeak": {"job", "voice"},
    "voice/metronome": {"job", "voice"},
    "voice/piper": GROUND | {"voice", "voice/espeak"},
    "voice/kokoro": GROUND | {"voice", "voice/espeak", "voice/hibari"},
    "voice/chatterbox": GROUND | {"voice"},
    "voice/qwen": GROUND | {"voice"},
    "voice/coqui": GROUND | {"voice", "book/speech"},
    "voice/openai": GROUND | {"voice"},
    "voice/host": GROUND | {"voice"},
    "watch": {"system", "job", "lease", "audio", "trace"},
    "trace": {"errors", "system", "job", "lease"},
    "trace/replay": {"job", "lease/coordinator", "lease/worker", "trace"},
    "net": GROUND | {"lease", "watch"},
    "store": {"errors", "system", "job"},
    "read_along": {"errors", "job", "book/page", "book/package"},
    "edition": GROUND
    | {"audio", "book", "book/speech", "lease/coordinator", "read_along", "store", "voice/host", "watch"},
    "coordinator": GROUND
    | {"audio", "book", "book/speech", "edition", "lease", "lease/coordinator", "net", "store", "trace"}
    | {"voice/host", "watch"},
    "worker": GROUND | {"audio", "lease", "lease/worker", "net", "store", "trace", "voice", "voice/host", "watch"},
    "scale": {"errors", "system", "lease", "net", "watch"},
    "web": {"errors", "system", "lease", "coordinator", "store", "watch"},
    "site": {"errors", "config", "system", "lease", "coordinator", "store", "watch", "web"},
    "node": GROUND | {"coordinator", "net", "trace", "voice", "voice/host", "watch", "worker"},
    "commands": GROUND
    | {"audio", "book", "book/speech", "coordinator", "lease/worker", "net", "node", "scale", "store", "trace"}
    | {"trace/replay", "voice", "voice/host", "watch", "web", "site", "worker"},
}

EDGES = {"zmq", "sqlite3", "zeroconf", "asyncio", "threading", "time", "random", "subprocess", "secrets", "uuid"}
EDGES |= {"socket", "multiprocessing", "concurrent", "signal", "select", "ssl", "urllib.request", "http", "importlib"}
DISKS = {"os", "io", "pathlib", "shutil", "tempfile", "zipfile"}  # reading a book opens its file; a lease needs none

ASKS_FOR_THE_PLATFORM = {
    "swarm/system/serving.py": "how a child process dies with its parent",
    "swarm/voice/espeak/voice.py": "how a library is opened privately",
}
# Files without a test file of their own name: where they are tested instead, or why there is nothing to test.
VALUES = "plain values without behaviour"
TESTED_ELSEWHERE = {
    "swarm/voice/manifest.py": "tests/worker/test_model_files.py",
    "swarm/lease/worker/file_source.py": "tests/simulation/test_model_world.py",
    "swarm/lease/coordinator/download_arbiter.py": "tests/lease/coordinator/test_referee.py",
    "swarm/commands/queue_options.py": "tests/commands/test_page_fields.py",
    "swarm/book/speech/capitals.py": "tests/book/speech/test_capitals.py",
    "swarm/book/page/unlinked_note.py": "tests/book/test_made_books.py",
    "swarm/book/page/unlinked_note.py": "tests/book/test_made_books.py",
    "swarm/book/page/unlinked_note.py": "tests/book/test_made_books.py",
    "swarm/book/page/block.py": "tests/book/page/test_page_text.py",
    "swarm/book/structure/composition.py": "tests/book/test_made_books.py",
    "swarm/book/page/chapter_line.py": "tests/book/test_made_books.py",
    "swarm/book/page/likeness.py": "tests/book/structure/test_verdict.py",
    "swarm/book/language/languages/pl/__init__.py": "tests/book/language/languages/test_pl.py",
    "swarm/book/language/languages/ru/__init__.py": "tests/book/language/languages/test_ru.py",
    "swarm/book/language/languages/de/__init__.py": "tests/book/language/languages/test_de.py",
    "swarm/book/language/languages/de/__init__.py": "tests/book/language/languages/test_de.py",
    "swarm/book/language/languages/ru/__init__.py": "tests/book/language/languages/test_ru.py",
    "swarm/book/language/spelling.py": "tests/book/language/languages/test_pt.py",
    "swarm/book/language/languages/pl/polish_agreement.py": "tests/book/language/languages/test_pl.py",
    "swarm/book/structure/book_language.py": "tests/book/package/test_package_sample.py",
    "swarm/book/language/known.py": "tests/book/language/test_detection.py",
    "swarm/errors.py": VALUES,
    "swarm/book/model/book.py": VALUES,
    "swarm/book/page/passage.py": VALUES,
    "swarm/book/speech/attribution.py": VALUES,
    "swarm/book/page/stylesheet.py": "tests/book/page/test_stylesheet.py",
    "swarm/book/kinds.py": VALUES,
    "swarm/book/page/input_bounds.py": "tests/book/test_hostile.py",
    "swarm/book/structure/composition.py": "tests/book/test_epub.py",
    "swarm/book/model/reading_choice.py": VALUES,
    "swarm/book/model/reading_choice.py": "tests/coordinator/test_mend.py",
    "swarm/book/speech/attribution.py": "tests/book/speech/test_dialogue.py",
    "swarm/commands/book_options.py": "tests/stories/test_story_of_characters.py",
    "swarm/job/spec.py": VALUES,
    "swarm/lease/envelope.py": VALUES,
    "swarm/lease/message.py": VALUES,
    "swarm/lease/member_message.py": VALUES,
    "swarm/net/identity/keys.py": "tests/net/test_papers.py",
    "swarm/net/identity/swarm_key.py": "tests/net/test_keys.py",
    "swarm/coordinator/listener.py": "tests/net/test_enrolment.py",
    "swarm/worker/enrolment.py": "tests/net/test_enrolment.py",
    "swarm/lease/file_transfer.py": "tests/lease/worker/test_source.py",
    "swarm/net/worker_connections.py": "tests/worker/test_neighbours.py",
    "swarm/worker/files/peers.py": "tests/worker/test_neighbours.py",
    "swarm/worker/files/peer_file_server.py": "tests/worker/test_neighbours.py",
    "swarm/standby/successor.py": "tests/stories/test_story_of_taking_over.py",
    "swarm/commands/respeaker.py": "tests/coordinator/test_cross_check.py",
    "swarm/lease/offer.py": VALUES,
    "swarm/lease/envelope.py": VALUES,
    "swarm/job/record.py": VALUES,
    "swarm/lease/coordinator/heartbeat.py": "tests/lease/coordinator/test_returns.py",
    "swarm/lease/outcome.py": VALUES,
    "swarm/job/job_asset.py": VALUES,
    "swarm/lease/core_settings.py": VALUES,
    "swarm/lease/coordinator/deadlines.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/ledger.py": "tests/simulation/test_simulation.py",
    "swarm/lease/coordinator/served_job.py": "tests/lease/coordinator/test_queue.py",
    "swarm/lease/coordinator/ledger.py": "tests/lease/coordinator/test_batch_leases.py",
    "swarm/job/run.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/outcome.py": VALUES,
    "swarm/lease/core_settings.py": VALUES,
    "swarm/lease/states.py": "tests/docs/test_state_diagrams.py",
    "swarm/lease/states.py": "tests/docs/test_state_diagrams.py",
    "swarm/lease/states.py": "tests/docs/test_state_diagrams.py",
    "swarm/job/card.py": VALUES,
    "swarm/voice/host/choice.py": "tests/commands/test_conformance.py",
    "swarm/voice/engine.py": VALUES,
    "swarm/voice/engine.py": VALUES,
    "swarm/voice/built_in.py": VALUES,
    "swarm/voice/coqui/options.py": "tests/commands/test_options.py",
    "swarm/voice/openai/options.py": "tests/commands/test_options.py",
    "swarm/voice/espeak/voices.py": VALUES,
    "swarm/voice/coqui/card.py": VALUES,
    "swarm/voice/coqui/xtts.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/chatterbox/files.py": "tests/voice/chatterbox/test_chatterbox_engine.py",
    "swarm/voice/chatterbox/voice.py": "tests/voice/chatterbox/test_chatterbox_voice.py",
    "swarm/voice/qwen/card.py": "tests/voice/qwen/test_qwen_engine.py",
    "swarm/voice/qwen/card.py": "tests/voice/qwen/test_qwen_engine.py",
    "swarm/voice/qwen/voice.py": "tests/voice/qwen/test_qwen_voice.py",
    "swarm/voice/qwen/voice.py": "tests/voice/qwen/test_qwen_voice.py",
    "swarm/voice/coqui/load.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/coqui/plain.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/voice/coqui/xtts.py": "tests/voice/coqui/test_coqui_engine.py",
    "swarm/book/calibre.py": "tests/book/test_any_file.py",
    "swarm/book/page/bare_text.py": "tests/book/page/test_page_text.py",
    "swarm/commands/parser.py": "tests/commands/test_options.py",
    "swarm/voice/recipe_check.py": "tests/voice/host/test_registry.py",
    "swarm/config.py": "tests/commands/test_options.py",
    "swarm/worker/scale/launcher.py": "tests/stories/test_story_of_scale.py",
    "swarm/worker/scale/scaler.py": "tests/stories/test_story_of_scale.py",
    "swarm/worker/scale/launcher.py": "tests/stories/test_story_of_celery.py",
    "swarm/commands/engine_options.py": "tests/commands/test_options.py",
    "swarm/commands/parser.py": "tests/commands/test_help.py",
    "swarm/commands/options.py": "tests/stories/test_story_of_logs.py",
    "swarm/commands/output.py": "tests/commands/test_jobs.py",
    "swarm/watch/trace/happening.py": "tests/watch/test_story.py",
    "swarm/watch/history.py": "tests/watch/test_report.py",
    "swarm/voice/espeak/engine.py": "tests/voice/test_engines.py",
    "swarm/voice/espeak/voice.py": "tests/voice/test_engines.py",
    "swarm/voice/metronome/engine.py": "tests/voice/test_engines.py",
    "swarm/voice/espeak/clauses.py": "tests/voice/test_clauses.py",
    "swarm/voice/espeak/clauses.py": "tests/voice/test_word_places.py",
    "swarm/voice/piper/voices.py": "tests/voice/piper/test_piper_engine.py",
    "swarm/voice/piper/voice.py": "tests/voice/piper/test_piper_engine.py",
    "swarm/voice/piper/voice.py": "tests/voice/piper/test_piper_engine.py",
    "swarm/voice/hibari/engine.py": "tests/voice/hibari/test_hibari_engine.py",
    "swarm/voice/kokoro/voices.py": "tests/voice/kokoro/test_kokoro_phonemes.py",
    "swarm/voice/kokoro/voice.py": "tests/voice/kokoro/test_kokoro_engine.py",
    "swarm/voice/espeak/voice.py": "tests/voice/test_phonemes.py",
    "swarm/voice/hibari/voice.py": "tests/voice/test_phonemes.py",
    "swarm/voice/ipa.py": "tests/voice/test_phonemes.py",
    "swarm/voice/host/engine_task.py": "tests/voice/host/test_installer.py",
    "swarm/voice/host/foreign.py": "tests/voice/host/test_installer.py",
    "swarm/voice/host/engine_child.py": "tests/voice/host/test_process.py",
    "swarm/voice/host/other_voices.py": "tests/voice/host/test_host_child.py",
    "swarm/voice/recipe_check.py": "tests/voice/host/test_host_child.py",
    "swarm/coordinator/prepare.py": "tests/coordinator/test_prepare.py",
    "swarm/voice/pcm.py": "tests/voice/host/test_process.py",
    "swarm/audiobook/sound/book_binder.py": "tests/audiobook/sound/test_studio.py",
    "swarm/system/serving.py": "tests/system/test_system_child.py",
    "swarm/system/serving.py": "tests/system/test_system_child.py",
    "swarm/audiobook/sound/studio.py": "tests/audiobook/sound/test_studio.py",
    "swarm/audiobook/sound/studio.py": "tests/audiobook/sound/test_studio.py",
    "swarm/audiobook/sound/container.py": "tests/audiobook/sound/test_tagged.py",
    "swarm/audiobook/sound/mp4.py": "tests/audiobook/sound/test_audiobook.py",
    "swarm/lease/worker/fetched_assets.py": "tests/lease/worker/test_download.py",
    "swarm/job/state.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/deadlines.py": "tests/lease/coordinator/test_ill_will.py",
    "swarm/lease/coordinator/ledger.py": "tests/lease/coordinator/test_ledger.py",
    "swarm/job/recipe.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/roster.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/coordinator/roster.py": "tests/lease/coordinator/test_clip_pieces.py",
    "swarm/lease/coordinator/served_job.py": "tests/lease/coordinator/test_coordinator.py",
    "swarm/lease/worker/core.py": "tests/lease/worker/test_lease_worker.py",
    "swarm/lease/worker/coordinator_link.py": "tests/lease/worker/test_unaccepted.py",
    "swarm/commands/convert.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/server/api/host.py": "tests/server/api/test_app.py",
    "swarm/server/api/app.py": "tests/server/api/test_app.py",
    "swarm/server/api/feeds.py": "tests/server/page/test_books_view.py",
    "swarm/server/api/host.py": "tests/server/page/test_front.py",
    "swarm/server/page/listen_views.py": "tests/browser/test_listen_view.py",
    "swarm/server/page/advice.py": "tests/server/page/test_site_add.py",
    "swarm/server/page/cli_process.py": "tests/server/page/test_site_add.py",
    "swarm/server/page/front.py": "tests/server/page/test_gate.py",
    "swarm/server/page/site.py": "tests/server/page/test_site.py",
    "swarm/server/page/static_files.py": "tests/server/page/test_site.py",
    "swarm/server/page/log_in.py": "tests/server/page/test_gate.py",
    "swarm/server/finished_books.py": "tests/server/api/test_feeds.py",
    "swarm/server/api/feeds.py": "tests/server/api/test_feeds.py",
    "swarm/server/api/feed_documents.py": "tests/server/api/test_feeds.py",
    "swarm/server/api/feed_documents.py": "tests/server/api/test_feeds.py",
    "swarm/server/api/schema.py": "tests/server/api/test_app.py",
    "swarm/server/api/metrics.py": "tests/server/api/test_answers.py",
    "swarm/book/kinds.py": "tests/commands/test_options.py",
    "swarm/commands/book_options.py": "tests/commands/test_options.py",
    "swarm/commands/options.py": "tests/commands/test_queue_options.py",
    "swarm/commands/serve.py": "tests/stories/test_story_of_a_queue.py",
    "swarm/commands/pause.py": "tests/stories/test_story_of_a_queue.py",
    "swarm/net/client.py": "tests/net/test_seat.py",
    "swarm/coordinator/listener.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/coordinator/serve.py": "tests/coordinator/test_serve.py",
    "swarm/lease/message.py": VALUES,
    "swarm/server/queue.py": "tests/job/store/test_queue_file.py",
    "swarm/lease/member_message.py": VALUES,
    "swarm/lease/member_message.py": VALUES,
    "swarm/standby/copy_server.py": "tests/worker/test_standby.py",
    "swarm/coordinator/serve.py": "tests/stories/test_story_of_taking_over.py",
    "swarm/lease/envelope.py": VALUES,
    "swarm/commands/coordinate.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/commands/work.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/commands/local_swarm.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/coordinator/coordination.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/worker/lifetime.py": "tests/stories/test_story_of_a_swarm.py",
    "swarm/audiobook/edition.py": "tests/coordinator/test_serve.py",
    "swarm/worker/hello.py": "tests/system/test_machine.py",
    "swarm/system/event_loop.py": "tests/stories/test_story_of_one_machine.py",
    "swarm/job/store/clips.py": "tests/job/store/test_store.py",
    "swarm/job/store/asset_folder.py": "tests/job/store/test_store.py",
    "swarm/worker/files/file_cache.py": "tests/stories/test_story_of_assets.py",
    "swarm/system/disk.py": "tests/job/store/test_store.py",
    "swarm/job/store/journal.py": "tests/job/store/test_store.py",
    "swarm/system/lock.py": "tests/job/store/test_store.py",
    "swarm/job/store/summary.py": "tests/commands/test_jobs.py",
    "swarm/coordinator/forget.py": "tests/commands/test_jobs.py",
    "swarm/net/peer_link.py": "tests/net/test_transport.py",
    "swarm/net/zap_authenticator.py": "tests/net/test_transport.py",
    "swarm/net/peer_link.py": "tests/net/test_transport.py",
    "swarm/net/wire.py": "tests/net/test_transport.py",
    "swarm/net/proxied_connection.py": "tests/net/test_proxy.py",
    "swarm/net/proxied_connection.py": "tests/net/test_proxy.py",
}


@cache
def text(path: str) -> str:
    """Return the text of a file of the program."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def nodes(path: str) -> list[ast.AST]:
    """Return all nodes of a file's syntax tree."""
    return list(ast.walk(ast.parse(text(path))))


@cache
def imports(path: str) -> list[str]:
    """Return all modules that a file imports, also inside functions."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            taken = [name for name in whole if (ROOT / f"{name.replace('.', '/')}.py").is_file()]
            found += taken or [node.module or ""]
    return found


def impure(path: str) -> list[str]:
    """Return the modules that a pure file imports and should not."""
    forbidden = EDGES | (DISKS if path.startswith("swarm/lease/") else set())
    return [name for name in imports(path) if {name, name.split(".")[0]} & forbidden]


def room(name: str) -> str:
    """Return the room of a file or module of swarm: its folder, or its own name if it lies in none."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")[1:]
    return "/".join(parts[: 2 if "/".join(parts[:2]) in ARROWS else 1])


def forbidden_arrows(path: str) -> list[str]:
    """Return the imports of a file from rooms that its own may not know."""
    allowed = ARROWS[room(path)] | {room(path)}
    return [name for name in imports(path) if name.startswith("swarm.") and room(name) not in allowed]


def test_a_file_imports_only_from_the_rooms_that_its_own_may_know() -> None:
    files = [path for path in SOURCES if not path.endswith("__init__.py")]
    assert [(path, arrows) for path in files if (arrows := forbidden_arrows(path))] == []


def test_the_table_of_arrows_has_no_circle_and_no_arrow_that_nobody_needs() -> None:
    below = dict(ARROWS)
    while ready := [name for name, needed in below.items() if not needed & below.keys()]:
        for name in ready:
            del below[name]
    assert sorted(below) == []
    drawn = {(room(path), room(name)) for path in SOURCES for name in imports(path) if name.startswith("swarm.")}
    unused = {(name, each) for name, below in ARROWS.items() for each in below - GROUND} - drawn
    assert unused == set()


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {path.removesuffix(".py").replace("/", "."): path for path in SOURCES}
    below = {name: {each for each in imports(path) if each in modules} for name, path in modules.items()}
    while ready := [name for name, needed in below.items() if not needed & below.keys()]:
        for name in ready:
            del below[name]
    assert sorted(below) == []


def test_a_pure_file_knows_no_edge() -> None:
    assert [(path, edges) for path in PURE if (edges := impure(path))] == []


def other_ways(path: str) -> set[str]:
    """Return the names by which a file reads a clock, opens files or runs text without an import that tells."""
    called = {node.func.id for node in nodes(path) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    attributes = {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}
    clocks = attributes & {"now", "utcnow", "today"} if "datetime" in imports(path) else set()
    return called & {"open", "print", "input", "__import__", "eval", "exec", "compile"} | clocks


def test_a_pure_file_reads_no_clock_and_opens_no_file_by_other_ways() -> None:
    assert [(path, ways) for path in PURE if (ways := other_ways(path))] == []


def test_the_purity_test_sees_what_it_should() -> None:
    assert "zmq" in set(imports("swarm/net/transport.py"))
    assert impure("swarm/net/transport.py")
    assert other_ways("swarm/commands/main.py") == {"now"}
    assert other_ways("swarm/voice/probe.py") == {"print"}
    assert "swarm.net.identity.keys" in set(imports("swarm/net/transport.py"))
    assert room("swarm.lease.worker.slot") == "lease/worker"
    assert room("swarm/errors.py") == "errors"


def mirrors(path: str) -> list[str]:
    """Return the test files that may stand for a source file."""
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


def test_the_tests_that_stand_for_others_are_there() -> None:
    assert [where for where in set(TESTED_ELSEWHERE.values()) - {VALUES} if not (ROOT / where).is_file()] == []


def test_no_two_classes_share_a_name() -> None:
    classes = [node.name for path in SOURCES for node in nodes(path) if isinstance(node, ast.ClassDef)]
    assert [name for name, count in Counter(classes).items() if count > 1 and not name.startswith("_")] == []


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


def test_a_file_is_small() -> None:
    assert [path for path in SOURCES if len(text(path).splitlines()) > 400] == []


def lines_of_body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has below its docstring."""
    first = node.body[1] if ast.get_docstring(node, clean=False) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_a_function_is_small() -> None:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [(path, node) for path in SOURCES for node in nodes(path) if isinstance(node, kinds)]
    assert [(path, node.name) for path, node in functions if lines_of_body(node) > 40] == []


def test_what_differs_by_platform_lives_in_one_file() -> None:
    asking = {path for path in SOURCES if "sys.platform" in text(path)}
    assert asking - {"swarm/system/platform.py"} == set(ASKS_FOR_THE_PLATFORM)


FLOWCHART = DESIGN.partition("```mermaid\nflowchart TB\n")[2].partition("```")[0]
NODE = re.compile(r'(\w+)(?:\["([\w/]+)"\])?')
LABELS = {node: label for node, label in NODE.findall(FLOWCHART) if label}


def drawn_floors() -> dict[str, int]:
    """Return the floor of each room in the design's picture of the house, counted from the ground."""
    floors: dict[str, int] = {}
    for floor, body in re.findall(r"^  subgraph floor(\d).*?\n(.*?)^  end$", FLOWCHART, re.MULTILINE | re.DOTALL):
        rows = [row for row in body.splitlines() if not row.strip().startswith("subgraph") and row.strip() != "end"]
        floors |= {LABELS.get(node, node): int(floor) for row in rows for node, _ in NODE.findall(row)}
    return floors


def drawn_arrows() -> set[tuple[str, str]]:
    """Return the arrows of the design's picture of the house."""
    rows = [[node for node, _ in NODE.findall(row)] for row in FLOWCHART.splitlines() if "-->" in row]
    return {(LABELS.get(name, name), LABELS.get(below, below)) for row in rows for name, below in pairwise(row)}


def test_the_design_draws_the_rooms_that_there_are() -> None:
    assert set(drawn_floors()) == set(ARROWS)


def test_no_room_knows_one_of_a_floor_above_it_in_the_design() -> None:
    floors = drawn_floors()
    assert [(name, each) for name, below in ARROWS.items() for each in below if floors[each] > floors[name]] == []


def test_each_arrow_that_the_design_draws_is_allowed() -> None:
    arrows = drawn_arrows()
    assert len(arrows) > 20
    assert [(name, each) for name, each in arrows if each not in ARROWS[name]] == []


def test_each_file_that_the_design_names_is_there() -> None:
    named = set(re.findall(r"`([\w/.-]+/[\w.-]*|\w+\.py)`", DESIGN))
    paths = {name for name in named if name.endswith((".py", "/")) and not name.startswith("jobs/")}
    assert len(paths) > 50
    gone = {name for name in paths if not (ROOT / "swarm" / name).exists() and not (ROOT / name).exists()}
    assert gone - {"clips/", "assets/"} == set()


def test_each_class_that_the_design_names_is_there() -> None:
    defined = {node.name for path in SOURCES for node in nodes(path) if isinstance(node, ast.ClassDef)}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)s?`", DESIGN))
    assert len(named) > 40
    assert named - defined == set()
