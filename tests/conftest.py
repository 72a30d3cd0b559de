import gc
import os
import random
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import carried_books
import hypothesis
import pytest
import ready
import zmq

from swarm.net import discovery
from swarm.system.capacity import default_cpu_slots
from swarm.system.child import ONE_THREAD
from swarm.voice.coqui.card import is_installed

gc.disable()
TESTS = Path(__file__).parent
BOOKS = Path(__file__).resolve().parents[1].parent / "shared" / "books"
QUICK = "not slow and not bench"
LONG = ("slow", "lan", "chaos")  # marks of tests that take many seconds
MAX_PROCESSES = 16  # each takes 200 MiB
FOR_TESTS = {"E2A_SWARM_DEBIAN_PACKAGE", "E2A_SWARM_DEBIAN_ROOT"}
GPUS = ("nvidia[0-9]*", "kfd", "dxg")  # files in /dev of NVIDIA's GPUs, AMD's, and those of Windows below Linux

# No test sees a swarm, a state folder or settings of this machine's user. Its coordinators have a kind of their own in
# mDNS, so that neither other swarms nor the tests of other processes find them.
for variable in [name for name in os.environ if name.startswith("E2A_SWARM_") and name not in FOR_TESTS]:
    del os.environ[variable]
os.environ["E2A_SWARM_HOME"] = os.devnull  # a test that names no state folder fails
os.environ["E2A_SWARM_MODELS"] = os.devnull  # models that this machine has would change the default voices
os.environ["E2A_TESTS_SERVICE"] = discovery.SERVICE = f"_e2a-{secrets.token_hex(4)}._tcp.local."
os.environ["E2A_SWARM_WORK_OPTIONS"] = "--priority normal --on-battery"  # tests keep busy machines, and run on laptops
os.environ |= ONE_THREAD  # engines have it, too: the threads of OpenMP and BLAS spin while they wait
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of a thousand processes compiles the program anew
sys.dont_write_bytecode = False  # or this one compiles all tests anew

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # commands that tests start inherit what a background ignores
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that does other work too. CI tries some more of them.
hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    max_examples=50 if os.environ.get("CI") else 30,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")


def keep_open_contexts() -> None:
    """Have each ZeroMQ context live until it is closed: Python waits without end for the sockets of one it collects."""
    begin, kept = zmq.Context.__init__, set[zmq.Context[Any]]()

    def begin_and_keep(context: zmq.Context[Any], *args: Any, **options: Any) -> None:
        begin(context, *args, **options)
        kept.difference_update([other for other in kept if other.closed])
        kept.add(context)

    zmq.Context.__init__ = begin_and_keep  # type: ignore[method-assign]


keep_open_contexts()
ready.fork_children()  # the imports of an engine or an encoder take longer than its work


def pytest_configure(config: pytest.Config) -> None:
    """Leave the slow tests out of a run that names neither tests nor marks."""
    if config.args_source is not config.ArgsSource.ARGS and not config.option.markexpr:
        config.option.markexpr = QUICK


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Choose how many processes run the tests: four for each core, as many tests wait; none to run a single file."""
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and Path(*files).is_file():
        return 0
    return min(4 * default_cpu_slots(), MAX_PROCESSES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: object) -> None:
    """Have one process compile the tests of a new clone, which otherwise each process does for itself."""
    if not (TESTS / "lease/worker/__pycache__").is_dir():
        line = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "tests"]
        subprocess.run(line, cwd=config.rootpath, stdout=subprocess.DEVNULL, check=False)
    if ready.CAN_FORK:
        ending.enter_context(ready.shared_loader())


ending = ExitStack()  # what this process closes in the end


def pytest_unconfigure() -> None:
    """End the loader that the processes of this run have together."""
    ending.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Prepare the tests: skip what cannot run here, keep together what shares a thing, begin with what takes long."""
    skip_where_something_is_missing(items)
    random.Random(0).shuffle(items)  # so that tests which wait, as in networks, run beside tests which compute
    items.sort(key=rank)
    gc.enable()
    gc.freeze()  # or each full collection goes through thousands of tests again


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Make a scheduler that sends each test to the next free process, and a group to one, in its order.

    The marks `xdist_group` of pytest-xdist 3.8 do nothing under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(TESTS.parent / nodeid.partition("::")[0]) or nodeid

        def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
            super().mark_test_complete(node, item_index, duration)
            # Whatever a process has done would be counted again after each of its tests.
            work, scope = self.assigned_work[node], self._split_scope(self.registered_collections[node][item_index])
            if all(work[scope].values()):
                del work[scope]

    return Scheduler(config, log)


@cache
def group_of(file: Path) -> str:
    """Return the name of the tests that one process runs, as they share what is made once; "" if they share nothing.

    Such a thing is a fixture of the module, or what a function keeps in a cache.
    """
    folder = file.parent.relative_to(TESTS).as_posix()
    if folder in ("browser", "voice/coqui"):
        return folder
    text = file.read_text(encoding="utf-8")
    return file.stem if 'scope="module"' in text or "\n@cache\n" in text else ""


def rank(item: pytest.Item) -> tuple[int, str]:
    """Return the place of a test: what shares a thing comes first, then what takes long, stories and all others."""
    if group := group_of(item.path):
        return 0, f"{group} {item.path} {item.location[1]:5}"
    if any(map(item.get_closest_marker, LONG)):
        return 1, ""
    return (2, "") if item.path.parent.name == "stories" else (3, "")


def skip_where_something_is_missing(items: list[pytest.Item]) -> None:
    """Skip tests of Coqui's models without Coqui, and those of GPUs without a GPU, and say so."""
    lacking = {} if is_installed() else {"coqui": "Coqui is not installed: pip install '.[coqui]'"}
    if any(item.get_closest_marker("gpu") for item in items) and not has_gpu():
        lacking["gpu"] = "there is no GPU that torch can use"
    for item in items:
        for mark, reason in lacking.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


def has_gpu() -> bool:
    """Tell whether torch is installed and sees a GPU. Without a driver's file it is not asked: it takes seconds."""
    may_be_there = sys.platform != "linux" or any(found for name in GPUS for found in Path("/dev").glob(name))
    if not is_installed() or not may_be_there:
        return False
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True)
def kept_environment() -> Iterator[None]:
    """Put back the environment that a test changed: a command tells its engines by it where their models are."""
    before = dict(os.environ)
    yield
    for name in {name for name in {*before, *os.environ} if before.get(name) != os.environ.get(name)}:
        os.environ.pop(name, None)
        if name in before:
            os.environ[name] = before[name]


@pytest.fixture
def fresh_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have children be processes that load what they need, as outside of tests, in place of forks."""
    monkeypatch.setattr("swarm.system.child.subprocess", subprocess)


@pytest.fixture(scope="session")
def books() -> Path:
    """Return the folder of real books beside the checkout; skip tests that need it if it is absent."""
    if not BOOKS.is_dir():
        pytest.skip("the real books are not beside this checkout (../shared/books)")
    return BOOKS


@pytest.fixture(scope="session")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the small real books that the tests bring with them."""
    return carried_books.write_carried(tmp_path_factory.mktemp("carried"))


@pytest.fixture
def book_named(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Return a function that finds a real book by its name, `carried/...` or that of one beside the checkout."""

    def find(name: str) -> Path:
        folder = request.getfixturevalue("carried" if name.startswith("carried/") else "books")
        return folder / f"{name.removeprefix('carried/')}.epub"

    return find


@pytest.fixture
def real_books(carried: Path) -> list[Path]:
    """Return the carried books, and those beside the checkout where there are any."""
    return sorted([*carried.glob("*.epub"), *BOOKS.rglob("*.epub")])
