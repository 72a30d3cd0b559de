"""Compares what the engines are told of books by two versions: counts the changed sentences, and shows some.

python benchmarks/spoken.py --against FOLDER BOOK.epub ...     FOLDER has another checkout
python benchmarks/spoken.py --against FOLDER --show 200        shows up to 200 changes of each book
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from making import BOOKS
from process import head, row

ROOT = Path(__file__).resolve().parents[1]
CHILD = """
import json, sys
from pathlib import Path
from swarm.book.any_file import read_book
from swarm.book.speech.script import make_script
from swarm.voice.host.registry import default_engine, find_card
from swarm.book.model.engine_text import make_engine_text
book = read_book(Path(sys.argv[1]))
script = make_script(book, find_card(sys.argv[2] or default_engine(book.language)), book.language)
for chapter in script:
    for segment in chapter.segments:
        print(json.dumps(make_engine_text(segment.spoken, segment.phonemes)))
"""


def told(book: Path, engine: str, checkout: Path) -> list[str]:
    """Return the engine texts that a checkout makes of a book; a single line with the error if it makes none."""
    command = [sys.executable, "-c", CHILD, str(book), engine]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    if done.returncode:
        return [done.stderr.strip().rpartition("\n")[2]]
    return [json.loads(line) for line in done.stdout.splitlines()]


def changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the runs of engine texts that differ, as they were and as they are."""
    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield before[start:end], after[new_start:new_end]


def main() -> None:
    """Print a row for each book, then the changes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", nargs="*", type=Path, default=sorted(BOOKS.rglob("*.epub")))
    parser.add_argument("--against", type=Path, metavar="FOLDER", required=True, help="the checkout to compare with")
    parser.add_argument("--engine", default="", help="the engine that is told; default: the one that fits the language")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="changes of each book that are shown")
    arguments = parser.parse_args()
    found = {}
    head("book", "segments before", "after", "changed")
    for book in (path.absolute() for path in arguments.books):
        before, after = (told(book, arguments.engine, checkout) for checkout in (arguments.against, ROOT))
        found[book.stem] = list(changes(before, after))
        changed = sum(max(len(old), len(new)) for old, new in found[book.stem])
        row(book.stem, f"{len(before):,}", f"{len(after):,}", f"{changed:,}")
    for name, differences in found.items():
        for old, new in differences[: arguments.show]:
            print(f"\n{name}", *(f"- {text}" for text in old), *(f"+ {text}" for text in new), sep="\n")


if __name__ == "__main__":
    main()
