import compileall
import gc
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from types import ModuleType

import carried_books
import hypothesis
import pytest
from spread import begin_with_long_tests
from zmq_contexts import keep_open_contexts

from swarm.system.capacity import default_cpu_slots
from swarm.system.child import ONE_THREAD
from swarm.voice.coqui.card import is_installed

TESTS, PROGRAM = Path(__file__).parent, Path(__file__).parents[1] / "swarm"
BOOKS = Path(__file__).resolve().parents[1].parent / "shared" / "books"
MAX_PROCESSES = 16  # each takes 200 MiB
GPUS = ("nvidia[0-9]*", "kfd", "dxg")  # files in /dev of NVIDIA's GPUs, AMD's, and those of Windows below Linux

os.environ["E2A_SWARM_MODELS"] = os.devnull  # models that this machine has would change the default voices
os.environ |= ONE_THREAD  # engines have it, too: the threads of OpenMP and BLAS spin while they wait
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of a thousand processes compiles the program anew
sys.dont_write_bytecode = False  # or this one compiles all tests anew

keep_open_contexts()
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a shell's background; commands that tests start would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that does other work too.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Choose how many processes run the tests: three for each core, as many tests wait; none to run a single file."""
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and Path(*files).is_file():
        return 0
    return min(3 * default_cpu_slots(), MAX_PROCESSES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: object) -> None:
    """Compile the program and the tests once, as in a new clone each process would do it: 40 s of a core."""
    if "fork" not in get_all_start_methods():
        return
    cores = default_cpu_slots()
    files = [*PROGRAM.rglob("*.py"), *TESTS.rglob("test_*.py")]
    compiling = [
        get_context("fork").Process(target=compile_files, args=(files[first::cores], config)) for first in range(cores)
    ]
    for process in compiling:
        process.start()
    for process in compiling:
        process.join()


def compile_files(files: list[Path], config: pytest.Config) -> None:
    """Compile files where they are not compiled; tests as pytest does it, so that a failure tells more."""
    from _pytest.assertion import rewrite  # no public name does this; where it fails, each process does it for itself

    for file in files:
        compiled = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
        if PROGRAM in file.parents:
            compileall.compile_file(file, quiet=2)
            note_constants(file)
        elif rewrite._read_pyc(file, compiled) is None:
            rewrite.try_makedirs(compiled.parent)
            source, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, source, compiled)


def note_constants(file: Path) -> None:
    """Have hypothesis keep the constants of a file, among which it draws examples: 2 s of a core in each process."""
    with suppress(ImportError):  # no public name does this; where it fails, each process does it for itself
        from hypothesis.internal.constants_ast import constants_from_module

        module = ModuleType(file.stem)
        module.__file__ = str(file)
        constants_from_module(module)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without looking for garbage: there is none, and each look goes through thousands of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Prepare the tests: skip what cannot run here, and begin with what takes long."""
    skip_where_something_is_missing(items)
    begin_with_long_tests(items)
    gc.freeze()  # or each full collection goes through thousands of tests again


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
