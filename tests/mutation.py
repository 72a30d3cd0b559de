"""Edits ten files of the program, one place at a time, and counts the edits that the files' tests notice.

    python tests/mutation.py                # all ten files: an hour on two cores
    python tests/mutation.py press.py -n 4  # four edits of one file

The simulator has its own edits of the cores (tests/simulation/mutants.py); these files stand for what is around them.
Which edits are tried depends on a file's text alone, so two versions of the program are tried with the same ones.
"""

import argparse
import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
STORIES = "tests/stories/test_story_of_"
# What is edited, and the runs of tests that should notice, one after the other: stories follow the tests of the room.
FILES = {
    "swarm/audiobook/sound/reel.py": ["tests/audiobook/sound/test_reel.py tests/audiobook/sound/test_reel_file.py"],
    "swarm/audiobook/press.py": ["tests/audiobook/test_press.py", f"{STORIES}one_machine.py"],
    "swarm/audiobook/delivery.py": ["tests/audiobook/test_delivery.py", f"{STORIES}delivery.py"],
    "swarm/audiobook/output_path.py": [
        "tests/audiobook/test_output_path.py",
        f"{STORIES}names.py {STORIES}editions.py",
    ],
    "swarm/audiobook/edition.py": [
        "tests/audiobook/test_edition.py",
        f"{STORIES}one_machine.py {STORIES}editions.py {STORIES}delivery.py",
    ],
    "swarm/job/store/journal.py": ["tests/job/store/test_store.py", f"{STORIES}disks.py"],
    "swarm/net/connection_limiter.py": [
        "tests/net/test_connection_limiter.py tests/net/test_backpressure.py tests/net/test_transport.py",
        f"{STORIES}a_flood.py",
    ],
    "swarm/audiobook/report.py": ["tests/audiobook/test_report.py", f"{STORIES}one_machine.py"],
    "swarm/worker/limit_watch.py": [
        "tests/worker/test_limit_watch.py tests/worker/test_gpu_readings.py",
        f"{STORIES}devices.py",
    ],
    "swarm/worker/lifetime.py": ["tests/worker/test_lifetime.py", f"{STORIES}interrupts.py {STORIES}keys.py"],
}
LEFT_OUT = (".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "node_modules")
OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
}  # fmt: skip


class Edit(NamedTuple):
    """One place of a file, and what is done there."""

    name: str  # function, kind, old text and how many alike precede it: the same in each version
    number: int  # among the nodes of the file's tree
    kind: str


def edits_of(text: str) -> list[Edit]:
    """Return all edits of a file's functions."""
    tree, seen = ast.parse(text), Counter[str]()
    within = {id(node): function.name for function in _functions(tree) for node in ast.walk(function)}
    found = []
    for number, node in enumerate(ast.walk(tree)):
        for kind in _kinds(node) if id(node) in within else ():
            name = f"{within[id(node)]}: {kind}: {ast.unparse(node)[:160]}"
            seen[name] += 1
            found.append(Edit(f"{name} #{seen[name]}", number, kind))
    return found


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions, those inside others after these."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _kinds(node: ast.AST) -> Iterator[str]:
    """Yield what can be done to a node."""
    match node:
        case ast.Compare(ops=[operator]) | ast.BoolOp(op=operator) | ast.BinOp(op=operator) if type(operator) in OTHER:
            yield "other operator"
        case ast.If() | ast.IfExp() | ast.While():
            yield "other way"
        case ast.Constant(value=bool() | int() | float()):
            yield "other value"
        case ast.Return(value=ast.expr()):
            yield "nothing returned"
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield "left out"
        case ast.Break() | ast.Continue():
            yield "other end"


def edited(text: str, edit: Edit) -> str:
    """Return a file's text after an edit."""
    tree = ast.parse(text)
    node: Any = list(ast.walk(tree))[edit.number]
    made = deepcopy(node)
    match edit.kind:
        case "other operator" if isinstance(node, ast.Compare):
            made.ops = [OTHER[type(node.ops[0])]()]
        case "other operator":
            made.op = OTHER[type(node.op)]()
        case "other way":
            made.test = ast.UnaryOp(ast.Not(), node.test)
        case "other value":
            made.value = not node.value if isinstance(node.value, bool) else node.value + 1
        case "nothing returned":
            made.value = None
        case "left out":
            made = ast.Pass()
        case "other end":
            made = ast.Continue() if isinstance(node, ast.Break) else ast.Break()

    class Exchange(ast.NodeTransformer):
        def visit(self, each: ast.AST) -> ast.AST:
            return made if each is node else self.generic_visit(each)

    return ast.unparse(ast.fix_missing_locations(Exchange().visit(tree)))


def sample(files: list[Path], count: int) -> list[tuple[Path, Edit]]:
    """Choose edits by their names alone."""
    found = [(path, edit) for path in files for edit in edits_of(path.read_text(encoding="utf-8"))]
    return sorted(found, key=lambda each: hashlib.sha256(each[1].name.encode()).hexdigest())[:count]


def notices(copy: Path, tests: list[str]) -> bool:
    """Tell whether one of the runs of tests fails in a copy of the program."""
    line = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTEST_ADDOPTS": "--timeout 120"}
    for run in tests:
        with tempfile.TemporaryDirectory() as folder:
            env["TMPDIR"] = folder
            began = subprocess.Popen(
                [*line, *run.split()],
                cwd=copy, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            with suppress(subprocess.TimeoutExpired):
                began.wait(600)
            failed = began.poll() != 0
            with suppress(ProcessLookupError):
                os.killpg(began.pid, 9)
            began.wait()
            if failed:
                return True
    return False


def try_edit(copy: Path, source: Path, edit: Edit, tests: list[str]) -> bool:
    """Tell whether tests notice an edit, and take it back."""
    path = copy / source
    text = path.read_text(encoding="utf-8")
    try:
        _write(path, edited(text, edit))
        return notices(copy, tests)
    finally:
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """Write a file, and forget what was compiled of it: a change within one second may have the same size."""
    path.write_text(text, encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def run(names: list[str], count: int, processes: int, say: Callable[[str], object]) -> None:
    """Try the edits of the named files, or of all, and say which of them went unnoticed."""
    with tempfile.TemporaryDirectory() as folder:
        whole: set[str] = set()
        copies = SimpleQueue[Path]()
        for number in range(processes):
            copies.put(Path(shutil.copytree(ROOT, Path(folder, str(number)), ignore=shutil.ignore_patterns(*LEFT_OUT))))

        def attempt(source: Path, edit: Edit, tests: list[str]) -> bool:
            copy = copies.get()
            try:
                if tests[0] not in whole:
                    whole.add(tests[0])
                    say(f"{'FAIL as they are' if notices(copy, tests) else 'pass as they are'}: {' '.join(tests)}")
                caught = try_edit(copy, source, edit, tests)
            finally:
                copies.put(copy)
            say(f"{'caught ' if caught else 'MISSED '} {source}: {edit.name}")
            return caught

        def attempts(key: str, tests: list[str]) -> list[Future[bool]]:
            chosen = sample([ROOT / source for source in key.split()], count)
            return [pool.submit(attempt, path.relative_to(ROOT), edit, tests) for path, edit in chosen]

        with ThreadPoolExecutor(processes) as pool:
            tries = {
                key: attempts(key, tests)
                for key, tests in FILES.items()
                if not names or any(key.endswith(name) for name in names)
            }
            counts = {key: (sum(each.result() for each in tried), len(tried)) for key, tried in tries.items()}
    for key, (caught, tried) in counts.items():
        say(f"{caught:3} of {tried:3}  {key}")
    say(f"{sum(caught for caught, _ in counts.values())} of {sum(tried for _, tried in counts.values())} caught")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="the ends of their paths; all where none is named")
    parser.add_argument("-n", type=int, default=12, metavar="EDITS", help="of each file (default: 12)")
    parser.add_argument("-p", type=int, default=2, metavar="PROCESSES", help="at a time (default: 2)")
    options = parser.parse_args()
    run(options.files, options.n, options.p, lambda line: print(line, flush=True))
