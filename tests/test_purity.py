"""The house rules that a reader of one file cannot see: what is pure, what is mirrored (docs/design/overview.md)."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "swarm").rglob("*.py"))
OVERVIEW = (ROOT / "docs" / "design" / "overview.md").read_text(encoding="utf-8")
DESIGN = "\n".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "design").glob("*.md")))
PURE_FILES = ("swarm/worker/scale/pilots.py",)
READS_FILES = ("swarm/book/kinds.py",)  # it runs Calibre, which turns other kinds of books into EPUB
PURE = [
    path
    for path in SOURCES
    if path.startswith(("swarm/book/", "swarm/lease/", *PURE_FILES)) and not path.startswith(READS_FILES)
]

# The arrows that a room may have: whose names its files import, besides its own. Nothing else passes, and no circle.
GROUND = {"errors", "system", "book/model", "job", "config"}
ARROWS = {
    "errors": set(),
    "system": {"errors"},
    "book/model": {"errors"},
    "job": {"book/language", "book/model"},
    "config": {"book/model", "job", "system"},
    "book/language": {"errors"},
    "book/page": {"errors", "book/model", "book/language"},
    "book/package": {"errors", "book/model", "book/page"},
    "book/structure": {"errors", "book/model", "book/language", "book/page", "book/package"},
    "book/speech": {"errors", "book/model", "book/language", "book/page"},
    "book/read_along": {"errors", "book/model", "book/page", "book/package"},
    "book": {"errors", "book/model", "book/page", "book/package", "book/structure", "book/speech"},
    "audiobook/sound": {"errors", "system", "book/model", "job"},
    "lease": {"job"},
    "lease/coordinator": {"job", "lease"},
    "lease/worker": {"config", "job", "lease"},
    "voice": GROUND,
    "voice/hibari": GROUND | {"voice"},
    "voice/espeak": {"book/model", "job", "voice"},
    "voice/metronome": {"job", "voice"},
    "voice/piper": GROUND | {"voice", "voice/espeak"},
    "voice/kokoro": GROUND | {"voice", "voice/espeak", "voice/hibari"},
    "voice/chatterbox": GROUND | {"voice"},
    "voice/qwen": GROUND | {"voice"},
    "voice/coqui": GROUND | {"voice", "book/speech"},
    "voice/openai": GROUND | {"voice"},
    "voice/host": GROUND | {"voice"},
    "watch": {"errors", "system", "book/model", "job", "lease"},
    "watch/trace": {"errors", "system", "book/model", "job", "lease", "watch"},
    "watch/trace/replay": {"errors", "system", "job", "lease/coordinator", "lease/worker", "watch/trace"},
    "net/identity": {"errors", "system", "config"},
    "net": GROUND | {"lease", "net/identity", "watch"},
    "job/store": {"errors", "system", "book/model", "job"},
    "audiobook": GROUND
    | {"audiobook/sound", "book", "book/read_along", "book/speech", "job/store", "lease/coordinator", "voice/host"}
    | {"watch"},
    "standby": GROUND | {"audiobook", "job/store", "lease", "net"},
    "coordinator": GROUND
    | {"audiobook", "audiobook/sound", "book", "book/speech", "job/store", "lease", "lease/coordinator", "net"}
    | {"net/identity", "standby", "voice/host", "voice/openai", "watch", "watch/trace"},
    "worker/files": GROUND | {"job/store", "lease", "lease/worker", "net", "voice", "voice/host"},
    "worker": GROUND
    | {"audiobook/sound", "lease", "lease/worker", "net", "net/identity", "standby", "voice", "voice/host", "watch"}
    | {"watch/trace", "worker/files"},
    "worker/scale": {"errors", "system", "lease", "net"},
    "server": GROUND
    | {"audiobook", "audiobook/sound", "book", "coordinator", "job/store", "lease", "lease/coordinator", "net"}
    | {"standby", "voice/host", "watch", "watch/trace"},
    "server/api": {"errors", "system", "coordinator", "job/store", "lease", "server", "watch"},
    "server/page": {"errors", "system", "config", "coordinator", "lease", "server", "server/api", "watch"},
    "commands": GROUND
    | {
        "audiobook",
        "audiobook/sound",
        "book",
        "book/speech",
        "coordinator",
        "job/store",
        "lease/worker",
        "net",
        "net/identity",
    }
    | {"server", "server/api", "server/page", "standby", "voice", "voice/host", "watch", "watch/trace"}
    | {"watch/trace/replay", "worker", "worker/files", "worker/scale"},
}

EDGES = {"zmq", "sqlite3", "zeroconf", "asyncio", "threading", "time", "random", "subprocess", "secrets", "uuid"}
EDGES |= {"socket", "multiprocessing", "concurrent", "signal", "select", "ssl", "urllib.request", "http", "importlib"}
DISKS = {"os", "io", "pathlib", "shutil", "tempfile", "zipfile"}  # reading a book opens its file; a lease needs none

ASKS_FOR_THE_PLATFORM = {
    "swarm/system/serving.py": "how a child process dies with its parent",
    "swarm/voice/espeak/voice.py": "how a library is opened privately",
}


@cache
def text(path: str) -> str:
    """Return the text of a file of the program."""
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def forgetful() -> Iterator[None]:
    """Forget all trees in the end: the collector of garbage would go through them in each later test."""
    yield
    nodes.cache_clear()


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
    """Return the room of a file or module of swarm: the longest part of its path that the table of arrows knows."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")[1:]
    return next(place for end in range(len(parts), 0, -1) if (place := "/".join(parts[:end])) in ARROWS)


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


def test_no_two_classes_share_a_name() -> None:
    classes = [node.name for path in SOURCES for node in nodes(path) if isinstance(node, ast.ClassDef)]
    assert [name for name, count in Counter(classes).items() if count > 1 and not name.startswith("_")] == []


def test_no_two_test_files_share_a_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


# Files that may share their name: what an engine has in its folder, and pairs that are two halves of one thing.
OF_EACH_ENGINE = {"engine.py", "voice.py", "voices.py", "card.py", "files.py", "models.py", "options.py"}
HALVES = {"abbreviation.py", "serve.py"}
MIN_LINES = 60
# Files of at most so many lines that only a file of their own folder imports, with the reason.
SMALL = {
    "swarm/system/bootstrap.py": "the Python of another environment runs it by its path",
    "swarm/commands/completions.py": "a command, as each file of this folder",
    "swarm/coordinator/check_desk.py": "each coordinator has it, and verification.py loads NumPy",
    "swarm/system/pulse.py": "containers run it as a module of its own, and it starts at once",
}


def importers(path: str) -> list[str]:
    """Return the files that import a file."""
    module = path.removesuffix(".py").replace("/", ".")
    return [other for other in SOURCES if other != path and module in imports(other)]


def test_a_small_file_that_only_its_neighbour_imports_has_a_reason() -> None:
    small = {path for path in SOURCES if not path.endswith("__init__.py") and len(text(path).splitlines()) <= MIN_LINES}
    lone = {path for path in small if [Path(each).parent for each in importers(path)] == [Path(path).parent]}
    assert lone - set(SMALL) == set()


def test_two_files_share_a_name_only_on_purpose() -> None:
    names = Counter(Path(path).name for path in SOURCES if not path.endswith("__init__.py"))
    assert {name for name, count in names.items() if count > 1} - OF_EACH_ENGINE - HALVES == set()


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


FLOWCHART = OVERVIEW.partition("```mermaid\nflowchart TB\n")[2].partition("```")[0]
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
